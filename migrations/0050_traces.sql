-- Where in a trace the submission was: the work on the job belongs to the same trace. NULL: it was submitted before there were traces.
ALTER TABLE jobs ADD COLUMN traceparent text;
COMMENT ON COLUMN jobs.traceparent IS 'of the call that submitted the job, as in W3C''s Trace Context';
