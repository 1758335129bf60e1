-- Pages by a verdict that many predictions have are read in the order of the primary key; only for the few that say that something
-- went wrong is it worth that every commit keeps an index.
DROP INDEX scores_verdict;
CREATE INDEX scores_rare_verdict ON scores (run_id, grader, verdict, item_ordinal, sample_index)
  WHERE verdict IN ('error', 'unanswered', 'unparsable');
