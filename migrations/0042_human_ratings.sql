-- Answers rated by people, who are not told whose they are. What is here outlives the jobs that the answers are of.

CREATE TABLE rating_campaigns (
  campaign_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created timestamptz NOT NULL DEFAULT now(),
  closed timestamptz,
  pairs boolean NOT NULL,  -- two answers at a time
  raters_per_answer integer NOT NULL CHECK (raters_per_answer > 0),
  criteria json NOT NULL  -- [text]
);

CREATE TABLE rating_runs (
  campaign_id bigint NOT NULL REFERENCES rating_campaigns,
  run_id bigint NOT NULL,
  model_name text NOT NULL,
  dataset_id bigint NOT NULL,
  PRIMARY KEY (campaign_id, run_id)
);

CREATE TABLE raters (
  rater_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  campaign_id bigint NOT NULL REFERENCES rating_campaigns,
  name text NOT NULL,
  token_sha256 text NOT NULL UNIQUE,
  UNIQUE (campaign_id, name)
);

-- What a rater is shown at once, in order of `position`. Keys are random, and all that a rater sees of a task or an answer.
CREATE TABLE rating_tasks (
  task_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rater_id bigint NOT NULL REFERENCES raters,
  position integer NOT NULL,
  task_key text NOT NULL UNIQUE,
  rated timestamptz,  -- null: not yet, or taken back
  seconds double precision NOT NULL DEFAULT 0,
  UNIQUE (rater_id, position)
);
CREATE INDEX rating_tasks_rated ON rating_tasks (rater_id, rated);

CREATE TABLE rating_answers (
  task_id bigint NOT NULL REFERENCES rating_tasks,
  place integer NOT NULL,
  run_id bigint NOT NULL,
  item_ordinal integer NOT NULL,
  answer_key text NOT NULL,
  PRIMARY KEY (task_id, place)
);

-- They count while their task is rated.
CREATE TABLE reviews (
  task_id bigint NOT NULL REFERENCES rating_tasks,
  place integer NOT NULL,
  criterion text NOT NULL,
  rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
  PRIMARY KEY (task_id, place, criterion),
  FOREIGN KEY (task_id, place) REFERENCES rating_answers (task_id, place)
);
