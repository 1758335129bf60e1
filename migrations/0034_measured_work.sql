-- What the engines of workers did for each run, by kind of worker: what estimates are made from.

CREATE TABLE measured_work (
  run_id bigint NOT NULL,
  worker_kind text NOT NULL,
  weights_sha256 text NOT NULL,
  precision_name text NOT NULL,
  busy_seconds double precision NOT NULL,
  prompt_tokens bigint NOT NULL,
  generated_tokens bigint NOT NULL,
  loads bigint NOT NULL,
  load_seconds double precision NOT NULL,
  PRIMARY KEY (run_id, worker_kind)
);
CREATE INDEX measured_work_model ON measured_work (weights_sha256, precision_name);
CREATE INDEX measured_work_kind ON measured_work (worker_kind, run_id DESC);
