-- Prompt template, system prompt, BOS handling and sampling of a run. What was run before had none of them and was greedy.

ALTER TABLE runs
  ADD COLUMN prompt_template text NOT NULL DEFAULT 'none' CHECK (prompt_template IN ('none', 'chat', 'alpaca')),
  ADD COLUMN system_prompt text NOT NULL DEFAULT '',
  ADD COLUMN bos text NOT NULL DEFAULT 'default' CHECK (bos IN ('default', 'always', 'never')),
  ADD COLUMN temperature double precision NOT NULL DEFAULT 0 CHECK (temperature >= 0),
  ADD COLUMN top_p double precision NOT NULL DEFAULT 1 CHECK (top_p > 0 AND top_p <= 1),
  ADD COLUMN top_k integer NOT NULL DEFAULT 0 CHECK (top_k >= 0),
  ADD COLUMN seed bigint NOT NULL DEFAULT 0 CHECK (seed >= 0),
  ADD COLUMN samples integer NOT NULL DEFAULT 1 CHECK (samples BETWEEN 1 AND 1000);
