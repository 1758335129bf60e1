-- Whose job it is, and what goes first.
ALTER TABLE jobs
  ADD COLUMN owner text NOT NULL DEFAULT '',
  ADD COLUMN priority integer NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100);

-- Whether a lease may take a part of a pending shard, the rest of which becomes a shard of its own. Not where the user said how
-- many items a shard has.
ALTER TABLE runs ADD COLUMN may_cut boolean NOT NULL DEFAULT false;

-- When the latest lease began.
ALTER TABLE shards ADD COLUMN leased timestamptz;

-- What a worker has room for, and what it was leased last, which it therefore loads or has loaded.
ALTER TABLE workers
  ADD COLUMN memory_bytes bigint NOT NULL DEFAULT 0 CHECK (memory_bytes >= 0),
  ADD COLUMN tensor_parallel integer NOT NULL DEFAULT 1 CHECK (tensor_parallel >= 1);

-- How the work of users is weighed, and how much of them runs at most; who is not here has a weight of 1 and no limit.
CREATE TABLE owner_shares (
  owner text PRIMARY KEY,
  weight double precision NOT NULL DEFAULT 1 CHECK (weight > 0 AND weight <= 1000),
  most_shards integer CHECK (most_shards > 0),    -- leased at once
  most_workers integer CHECK (most_workers > 0),  -- that have leases of the owner's at once
  changed timestamptz NOT NULL DEFAULT now()
);
