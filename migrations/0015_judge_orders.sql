-- Judges that are to be asked as soon as a job with answers has ended.

CREATE TABLE judge_orders (
  job_id bigint PRIMARY KEY REFERENCES jobs,  -- of the answers
  request json NOT NULL,
  judge_job bigint REFERENCES jobs,  -- once it is submitted
  error text,  -- why there will be none
  CHECK (judge_job IS NULL OR error IS NULL)
);
CREATE INDEX judge_orders_open ON judge_orders (job_id) WHERE judge_job IS NULL AND error IS NULL;
