-- Runs that judge the answers of another run, and verdicts where there is neither right nor wrong.

ALTER TABLE runs
  ADD COLUMN judged_run bigint REFERENCES runs,
  ADD COLUMN rubric text,  -- what judges are shown
  ADD CONSTRAINT runs_judge_check CHECK ((judged_run IS NULL) = (rubric IS NULL));
CREATE INDEX runs_judged ON runs (judged_run) WHERE judged_run IS NOT NULL;

ALTER TABLE scores DROP CONSTRAINT scores_verdict_check;
ALTER TABLE scores ADD CONSTRAINT scores_verdict_check
  CHECK (verdict IN ('correct', 'wrong', 'error', 'unanswered', 'unparsable', 'rated', 'ungraded'));
