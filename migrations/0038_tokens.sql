-- What callers show to be let in. Of a token only a digest is kept: it is shown once, when it is made.
CREATE TABLE api_tokens (
  token_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  lookup text NOT NULL UNIQUE,         -- the part of the token by which its row is found
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),  -- of the whole token
  user_name text NOT NULL CHECK (user_name <> ''),
  roles text NOT NULL CHECK (roles <> ''),      -- "read,submit"
  methods text NOT NULL DEFAULT '',    -- patterns with commas between them; empty: every method
  created_by text NOT NULL,
  created timestamptz NOT NULL DEFAULT now(),
  expires timestamptz,                 -- null: never
  revoked timestamptz,
  last_used timestamptz                -- to the minute
);

-- Who did what. No row is ever changed.
CREATE TABLE audit_log (
  audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  user_name text NOT NULL,
  token_id bigint,                     -- null: by no token
  method text NOT NULL,
  object text NOT NULL,
  peer text NOT NULL,
  outcome text NOT NULL
);
CREATE INDEX audit_log_user ON audit_log (user_name, audit_id);
