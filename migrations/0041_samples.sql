-- Pages of a run's predictions by verdict, of a group's items, and of a job's events: each begins where it is asked to.
CREATE INDEX scores_verdict ON scores (run_id, grader, verdict, item_ordinal, sample_index);
CREATE INDEX items_group ON items (dataset_id, group_name, ordinal);
CREATE INDEX events_job ON events (job_id, event_id) WHERE job_id IS NOT NULL;
