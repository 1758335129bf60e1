-- The whole state of the service. Timestamps are the database's. Text that may hold any byte (what a model wrote, what it was
-- asked) is bytea, and an item's text is json, not jsonb: PostgreSQL's text and jsonb cannot hold U+0000.

CREATE TABLE models (
  name text PRIMARY KEY,
  path text NOT NULL,
  format text NOT NULL,
  architecture text NOT NULL,
  weights_sha256 text NOT NULL,
  tokenizer_sha256 text NOT NULL,
  parameters bigint NOT NULL CHECK (parameters > 0),
  context_length bigint NOT NULL CHECK (context_length > 0),
  vocabulary_size bigint NOT NULL CHECK (vocabulary_size > 0),
  stored_type text NOT NULL,
  characters_per_token double precision NOT NULL CHECK (characters_per_token > 0),
  added timestamptz NOT NULL DEFAULT now()
);

-- A dataset never changes; a name points to one and may move on to another.
CREATE TABLE datasets (
  dataset_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  benchmark text NOT NULL,
  sha256 text NOT NULL,
  items bigint NOT NULL,
  examples bigint NOT NULL,
  groups bigint NOT NULL,
  imported timestamptz NOT NULL DEFAULT now(),
  UNIQUE (benchmark, sha256)
);

CREATE TABLE dataset_names (
  name text PRIMARY KEY,
  dataset_id bigint NOT NULL REFERENCES datasets,
  changed timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE items (
  dataset_id bigint NOT NULL REFERENCES datasets,
  ordinal integer NOT NULL CHECK (ordinal >= 0),
  item_id text NOT NULL,
  group_name text NOT NULL,
  split text NOT NULL CHECK (split IN ('test', 'dev')),
  body json NOT NULL,  -- {"fields": {name: text}, "choices": [label], "target": text}
  PRIMARY KEY (dataset_id, ordinal),
  UNIQUE (dataset_id, item_id)
);

CREATE TABLE jobs (
  job_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state text NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'running', 'completed', 'cancelled', 'failed')),
  submitted timestamptz NOT NULL DEFAULT now(),
  finished timestamptz
);

-- The counters are kept up to date by every commit, so that progress is one row's read.
CREATE TABLE runs (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id bigint NOT NULL REFERENCES jobs,
  state text NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'running', 'completed', 'cancelled', 'failed')),
  error text NOT NULL DEFAULT '',
  model_name text NOT NULL REFERENCES models,
  dataset_id bigint NOT NULL REFERENCES datasets,
  dataset_name text NOT NULL,
  protocol text NOT NULL,
  protocol_version integer NOT NULL,
  shots integer NOT NULL CHECK (shots >= 0),
  precision_name text NOT NULL CHECK (precision_name IN ('float32', 'bfloat16', 'float16')),
  item_limit bigint NOT NULL CHECK (item_limit >= 0),
  manifest json NOT NULL,
  engine text,  -- that of the worker that started the run; no other may go on with it
  estimated_tokens bigint NOT NULL,
  items bigint NOT NULL CHECK (items > 0),
  items_done bigint NOT NULL DEFAULT 0,
  items_failed bigint NOT NULL DEFAULT 0,
  prompt_tokens bigint NOT NULL DEFAULT 0,
  cached_tokens bigint NOT NULL DEFAULT 0,
  generated_tokens bigint NOT NULL DEFAULT 0,
  started timestamptz,
  finished timestamptz,
  CHECK (items_done <= items AND items_failed <= items_done),
  CHECK ((started IS NULL) = (engine IS NULL))
);
CREATE INDEX runs_job ON runs (job_id, run_id);
CREATE INDEX runs_active ON runs (job_id) WHERE state IN ('pending', 'running');
CREATE INDEX runs_speed ON runs (model_name, precision_name, finished) WHERE state = 'completed';

CREATE SEQUENCE lease_ids;

-- pending -> leased -> done; leased -> pending (given back, or tried again); leased -> split (two new shards take its place);
-- pending | leased -> cancelled. attempt, lease_id and worker_id are those of the latest lease.
CREATE TABLE shards (
  shard_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES runs,
  state text NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'leased', 'done', 'split', 'cancelled')),
  item_ordinals integer[] NOT NULL CHECK (cardinality(item_ordinals) > 0),
  first_ordinal integer NOT NULL GENERATED ALWAYS AS (item_ordinals[1]) STORED,
  attempt integer NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  lease_id bigint,
  worker_id text,
  deadline timestamptz,
  CHECK ((state = 'leased') = (deadline IS NOT NULL)),
  CHECK (state NOT IN ('leased', 'done') OR lease_id IS NOT NULL)
);
CREATE INDEX shards_pending ON shards (run_id, first_ordinal) WHERE state = 'pending';
CREATE INDEX shards_leased ON shards (deadline) WHERE state = 'leased';
CREATE INDEX shards_run ON shards (run_id);

-- A fixed number of hash partitions: submitting a run makes no table (which would lock the parent against every commit), and a
-- read of one run still looks at one small index. No foreign keys: rows are written only by the transaction that holds
-- the lock on their shard.
CREATE TABLE predictions (
  run_id bigint NOT NULL,
  item_ordinal integer NOT NULL,
  sample_index integer NOT NULL,
  prompt bytea NOT NULL,
  prompt_sha256 text NOT NULL,
  prompt_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  shots_used integer NOT NULL,
  over_max_input boolean NOT NULL,
  truncated boolean NOT NULL,
  output bytea NOT NULL,
  output_token_ids integer[] NOT NULL,
  finish_reason text NOT NULL CHECK (finish_reason IN ('none', 'stop', 'length', 'context')),
  choice_loglikelihoods double precision[] NOT NULL,
  error text NOT NULL,
  shard_id bigint NOT NULL,
  lease_id bigint NOT NULL,
  committed timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, item_ordinal, sample_index)
) PARTITION BY HASH (run_id);

CREATE TABLE scores (
  run_id bigint NOT NULL,
  item_ordinal integer NOT NULL,
  sample_index integer NOT NULL,
  grader text NOT NULL,
  grader_version integer NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('correct', 'wrong', 'error')),
  extracted bytea NOT NULL,
  PRIMARY KEY (run_id, item_ordinal, sample_index, grader)
) PARTITION BY HASH (run_id);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE predictions_%s PARTITION OF predictions '
                   'FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
    EXECUTE format('CREATE TABLE scores_%s PARTITION OF scores '
                   'FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
  END LOOP;
END $$;

-- What metrics are computed from, kept up to date by every commit.
CREATE TABLE run_groups (
  run_id bigint NOT NULL REFERENCES runs,
  group_name text NOT NULL,
  items bigint NOT NULL,
  correct bigint NOT NULL,
  errors bigint NOT NULL,
  PRIMARY KEY (run_id, group_name),
  CHECK (correct >= 0 AND errors >= 0 AND correct + errors <= items)
);

CREATE TABLE workers (
  worker_id text PRIMARY KEY,
  hostname text NOT NULL,
  engine_version text NOT NULL,
  device text NOT NULL,
  threads integer NOT NULL,
  gflops json NOT NULL,  -- {precision: GFLOP/s}
  first_seen timestamptz NOT NULL DEFAULT now(),
  last_seen timestamptz NOT NULL DEFAULT now()
);

-- What happened, for people: one row for each transition that is out of the ordinary or that a user asked for.
CREATE TABLE events (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  happened timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL,
  job_id bigint,
  run_id bigint,
  shard_id bigint,
  message text NOT NULL
);
CREATE INDEX events_run ON events (run_id, event_id);
