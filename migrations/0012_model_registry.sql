-- Models that were removed although runs of theirs are stored: nothing new is run with them until they are added again.
ALTER TABLE models ADD COLUMN removed timestamptz;

-- How the checkpoint asks to be sampled, as JSON for people; empty: not known.
ALTER TABLE models ADD COLUMN generation_settings text NOT NULL DEFAULT '';
