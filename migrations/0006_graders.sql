-- Which grader's verdicts a run's scores are, verdicts that tell why there is no right answer, and runs from elsewhere.

ALTER TABLE runs
  ADD COLUMN grader text,
  ADD COLUMN grader_version integer,
  ADD COLUMN rescored timestamptz,
  ADD COLUMN origin json;  -- of imported runs: {"format", "version", "sha256", "imported", ...}
UPDATE runs SET grader = manifest->'protocol'->>'grader',
  grader_version = (manifest->'protocol'->>'grader_version')::integer;
ALTER TABLE runs
  ALTER COLUMN grader SET NOT NULL,
  ALTER COLUMN grader_version SET NOT NULL;

ALTER TABLE scores DROP CONSTRAINT scores_verdict_check;
ALTER TABLE scores ADD CONSTRAINT scores_verdict_check
  CHECK (verdict IN ('correct', 'wrong', 'error', 'unanswered', 'unparsable'));

ALTER TABLE run_groups
  ADD COLUMN unanswered bigint NOT NULL DEFAULT 0,
  ADD COLUMN unparsable bigint NOT NULL DEFAULT 0,
  ADD CHECK (unanswered >= 0 AND unparsable >= 0 AND correct + errors + unanswered + unparsable <= items);

-- Data sets whose items came with an export: their sha256 is what the export says, until the files themselves are imported.
ALTER TABLE datasets ADD COLUMN exported boolean NOT NULL DEFAULT false;
