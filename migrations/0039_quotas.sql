-- How much of a user's there may be; null: no limit. The user "*" is whoever has no row.
CREATE TABLE quotas (
  user_name text PRIMARY KEY CHECK (user_name <> ''),
  queued_items bigint CHECK (queued_items >= 0),
  open_jobs bigint CHECK (open_jobs >= 0),
  stored_items bigint CHECK (stored_items >= 0),
  changed timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX jobs_owner ON jobs (owner, job_id);
