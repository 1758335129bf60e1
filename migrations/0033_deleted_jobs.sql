-- What is left of jobs that were deleted or archived.

CREATE TABLE deleted_jobs (
  deleted_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id bigint NOT NULL,
  deleted timestamptz NOT NULL DEFAULT clock_timestamp(),
  archive_sha256 text,  -- of the rows that were archived; null: deleted for good
  summary text NOT NULL,
  restored timestamptz
);
CREATE INDEX deleted_jobs_job ON deleted_jobs (job_id);
