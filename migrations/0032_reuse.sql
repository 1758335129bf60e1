-- Identical work is done once. A prediction knows what was asked, to the last token and setting, and where it was computed if not
-- in its own run. Predictions from before are never taken again: nobody noted what was asked.

ALTER TABLE predictions
  ADD COLUMN request_digest uuid,
  ADD COLUMN reused_run bigint;

ALTER TABLE runs
  ADD COLUMN reuse boolean NOT NULL DEFAULT false,
  ADD COLUMN reuse_key text,  -- of runs that may be taken from; see coordinator/reuse/reuse_key.h
  ADD COLUMN items_reused bigint NOT NULL DEFAULT 0,
  ADD COLUMN reused_tokens bigint NOT NULL DEFAULT 0,
  -- What the planner expected of all workers together, in seconds, and from what.
  ADD COLUMN estimated_device_seconds double precision NOT NULL DEFAULT 0,
  ADD COLUMN estimate_basis text NOT NULL DEFAULT '';
CREATE INDEX runs_reuse ON runs (reuse_key, run_id DESC) WHERE reuse_key IS NOT NULL;
