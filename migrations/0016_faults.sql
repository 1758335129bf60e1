-- A paused job's shards are leased to nobody until it is resumed. A submission that is sent again, because its answer was lost,
-- is known by the key that its client made.
ALTER TABLE jobs
  ADD COLUMN paused timestamptz,
  ADD COLUMN submission_key text UNIQUE,
  ADD COLUMN submission_sha256 text,
  ADD CHECK ((submission_key IS NULL) = (submission_sha256 IS NULL));

-- A shard whose leases ran out twice may be what ends its workers. It is leased to a worker that holds nothing else; a worker for
-- which it is reserved finishes what it holds and gets nothing new meanwhile.
ALTER TABLE shards
  ADD COLUMN reserved_for text,
  ADD COLUMN reserved_until timestamptz;
CREATE INDEX shards_suspect ON shards (run_id, first_ordinal) WHERE state = 'pending' AND failures >= 2;
CREATE INDEX shards_worker ON shards (worker_id) WHERE state = 'leased';
