-- Scores between right and wrong. Sums are numeric: exact, so that they do not depend on the order of commits.

ALTER TABLE scores ADD COLUMN partial double precision CHECK (partial BETWEEN 0 AND 1);

ALTER TABLE run_groups
  ADD COLUMN values_sum numeric NOT NULL DEFAULT 0,
  ADD COLUMN squares_sum numeric NOT NULL DEFAULT 0;
UPDATE run_groups SET values_sum = correct, squares_sum = correct;
