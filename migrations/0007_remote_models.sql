-- Models behind endpoints, of which nobody knows the size: `remote` is how they are asked, without any key.

ALTER TABLE models
  ADD COLUMN remote json,
  DROP CONSTRAINT models_parameters_check,
  DROP CONSTRAINT models_context_length_check,
  DROP CONSTRAINT models_vocabulary_size_check;
ALTER TABLE models
  ADD CONSTRAINT models_remote_check CHECK ((format = 'openai') = (remote IS NOT NULL)),
  ADD CONSTRAINT models_size_check CHECK (
    CASE WHEN remote IS NULL THEN parameters > 0 AND context_length > 0 AND vocabulary_size > 0
         ELSE parameters >= 0 AND context_length >= 0 AND vocabulary_size >= 0 END);

-- What a worker asks endpoints with; empty when it serves no remote model.
ALTER TABLE workers ADD COLUMN remote_engine text NOT NULL DEFAULT '';

-- Of remote models, whose token ids are not known: as the endpoint counts them.
ALTER TABLE predictions ADD COLUMN generated_tokens bigint NOT NULL DEFAULT 0;
