-- Benchmarks that users declare. A run keeps the declaration that it was planned with; the program's own have none here.

CREATE TABLE benchmarks (
  sha256 text PRIMARY KEY,  -- of the text
  name text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  description text NOT NULL,
  body bytea NOT NULL,  -- YAML
  added timestamptz NOT NULL DEFAULT now(),
  UNIQUE (name, version)
);

ALTER TABLE runs ADD COLUMN benchmark_sha256 text REFERENCES benchmarks;
CREATE INDEX runs_benchmark ON runs (benchmark_sha256) WHERE benchmark_sha256 IS NOT NULL;

-- The digest of what a user's benchmark said of the data when the files were read; empty for the program's own.
ALTER TABLE datasets ADD COLUMN reading_sha256 text NOT NULL DEFAULT '';
