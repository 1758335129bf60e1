-- One row says all that is set for a user: how much there may be of his (checked when a job is submitted), and how his work is
-- weighed and how much of it runs at once (checked when it is leased). The user "*" is whoever has no row.
ALTER TABLE quotas
  ADD COLUMN weight double precision NOT NULL DEFAULT 1 CHECK (weight > 0 AND weight <= 1000),
  ADD COLUMN most_shards integer CHECK (most_shards > 0),
  ADD COLUMN most_workers integer CHECK (most_workers > 0);

UPDATE quotas q SET weight = s.weight, most_shards = s.most_shards, most_workers = s.most_workers
FROM owner_shares s WHERE s.owner = q.user_name;
-- Who had no row of his own was held to everybody's limits, and still is.
INSERT INTO quotas (user_name, queued_items, open_jobs, stored_items, weight, most_shards, most_workers)
SELECT s.owner, e.queued_items, e.open_jobs, e.stored_items, s.weight, s.most_shards, s.most_workers
FROM owner_shares s LEFT JOIN quotas e ON e.user_name = '*'
WHERE s.owner <> '' AND NOT EXISTS (SELECT 1 FROM quotas q WHERE q.user_name = s.owner);

-- Coordinators of the release before read and write the same rows by the old name.
DROP TABLE owner_shares;
CREATE VIEW owner_shares AS
SELECT user_name AS owner, weight, most_shards, most_workers, changed FROM quotas;
ALTER VIEW owner_shares ALTER COLUMN weight SET DEFAULT 1;
ALTER VIEW owner_shares ALTER COLUMN changed SET DEFAULT now();
