-- What keeps the programs of models apart from the workers' machines: of one mode for each run.

ALTER TABLE workers ADD COLUMN sandbox text NOT NULL DEFAULT '';
ALTER TABLE runs
  ADD COLUMN runs_programs boolean NOT NULL DEFAULT false,
  ADD COLUMN sandbox text;  -- of runs with programs: that of the worker that started it

-- Of runs that have started, nobody noted it.
UPDATE runs r SET runs_programs = true FROM datasets d
WHERE d.dataset_id = r.dataset_id AND d.benchmark = 'human_eval' AND r.state = 'pending';
