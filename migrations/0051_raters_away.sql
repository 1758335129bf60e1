-- Raters that have left hand their open tasks on to those that are done with their own.

ALTER TABLE rating_campaigns ADD COLUMN away_after interval;  -- null: they stay where they are
ALTER TABLE raters ADD COLUMN last_seen timestamptz NOT NULL DEFAULT now();
