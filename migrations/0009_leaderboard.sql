-- What is known of models, what others published, and sums over the scores that hang together.

CREATE TABLE model_facts (
  name text PRIMARY KEY,  -- of a model that is registered, or may be one day
  title text NOT NULL,
  family text NOT NULL,
  foundation text NOT NULL,
  parameters bigint NOT NULL CHECK (parameters >= 0),  -- 0, like the empty text: not known
  instruction_data text NOT NULL,
  instruction_examples bigint NOT NULL CHECK (instruction_examples >= 0),
  method text NOT NULL CHECK (method IN ('', 'pretrained', 'supervised', 'rlhf')),
  tuning text NOT NULL CHECK (tuning IN ('', 'full', 'lora')),
  prompt_template text NOT NULL,
  precision_name text NOT NULL,
  license text NOT NULL,
  source text NOT NULL,
  aliases json NOT NULL,  -- [text]
  changed timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE baselines (
  baseline_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  source text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('problem_solving', 'alignment', 'writing')),
  file text NOT NULL,
  sha256 text NOT NULL,
  imported timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE baseline_rows (
  baseline_id bigint NOT NULL REFERENCES baselines ON DELETE CASCADE,
  line bigint NOT NULL,
  model text NOT NULL,
  source text NOT NULL,
  foundation text NOT NULL,
  parameters bigint NOT NULL CHECK (parameters >= 0),
  scores json NOT NULL,  -- {column: number}
  PRIMARY KEY (baseline_id, line)
);

-- Items that hang together because they share a passage: the ordinal of the first of them. Null: an item by itself.
ALTER TABLE items ADD COLUMN cluster integer;

-- The passages are compared as json writes them, since PostgreSQL cannot decode those that hold U+0000. Inside of other texts the
-- pattern does not occur: there the quotes have a backslash before them.
UPDATE items i SET cluster = c.cluster
FROM (SELECT dataset_id, ordinal,
        min(ordinal) OVER same AS cluster, count(*) OVER same AS size
      FROM (SELECT dataset_id, ordinal,
              substring(body::text FROM '[{,]"passage":("(?:[^"\\]|\\.)*")') AS passage
            FROM items WHERE body::text LIKE '%"passage":"%') p
      WHERE passage IS NOT NULL
      WINDOW same AS (PARTITION BY dataset_id, passage)) c
WHERE i.dataset_id = c.dataset_id AND i.ordinal = c.ordinal AND c.size > 1;

-- Clusters of more than one prediction that a run may have: the items of a passage, or the samples of an item. Kept up to date by
-- every commit.
CREATE TABLE run_clusters (
  run_id bigint NOT NULL REFERENCES runs,
  cluster integer NOT NULL,  -- items.cluster, or the item's ordinal
  group_name text NOT NULL,
  items bigint NOT NULL,
  correct bigint NOT NULL,
  values_sum numeric NOT NULL,
  PRIMARY KEY (run_id, cluster)
);

-- Sums over the clusters of a group, predictions by themselves included; see common/domain/group_count.h.
ALTER TABLE run_groups
  ADD COLUMN clusters bigint NOT NULL DEFAULT 0,
  ADD COLUMN n_n numeric NOT NULL DEFAULT 0,
  ADD COLUMN n_correct numeric NOT NULL DEFAULT 0,
  ADD COLUMN correct_correct numeric NOT NULL DEFAULT 0,
  ADD COLUMN n_values numeric NOT NULL DEFAULT 0,
  ADD COLUMN values_values numeric NOT NULL DEFAULT 0;

CREATE TEMPORARY TABLE scored ON COMMIT DROP AS
  SELECT r.run_id, i.group_name,
    CASE WHEN r.samples > 1 THEN coalesce(i.cluster, i.ordinal) ELSE i.cluster END AS cluster,
    (s.verdict = 'correct')::integer AS correct,
    coalesce(s.partial::numeric, (s.verdict = 'correct')::integer) AS value
  FROM runs r
  JOIN scores s ON s.run_id = r.run_id AND s.grader = r.grader
  JOIN items i ON i.dataset_id = r.dataset_id AND i.ordinal = s.item_ordinal;

INSERT INTO run_clusters (run_id, cluster, group_name, items, correct, values_sum)
  SELECT run_id, cluster, min(group_name), count(*), sum(correct), sum(value) FROM scored
  WHERE cluster IS NOT NULL GROUP BY run_id, cluster;

UPDATE run_groups g SET clusters = c.clusters, n_n = c.n_n, n_correct = c.n_correct,
  correct_correct = c.correct_correct, n_values = c.n_values, values_values = c.values_values
FROM (SELECT run_id, group_name, count(*) AS clusters, sum(n * n) AS n_n, sum(n * c) AS n_correct,
        sum(c * c) AS correct_correct, sum(n * v) AS n_values, sum(v * v) AS values_values
      FROM (SELECT run_id, group_name, items AS n, correct AS c, values_sum AS v FROM run_clusters
            UNION ALL
            SELECT run_id, group_name, 1, correct, value FROM scored WHERE cluster IS NULL) one
      GROUP BY run_id, group_name) c
WHERE g.run_id = c.run_id AND g.group_name = c.group_name;

-- The newest run of a model on a data set.
CREATE INDEX runs_leaderboard ON runs (dataset_id, model_name, run_id DESC);
