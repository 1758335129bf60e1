-- Models of which only results are known: nothing runs them, and their size may not be known either.

ALTER TABLE models DROP CONSTRAINT models_size_check;
ALTER TABLE models ADD CONSTRAINT models_size_check CHECK (
  CASE WHEN remote IS NULL AND format <> 'imported'
       THEN parameters > 0 AND context_length > 0 AND vocabulary_size > 0
       ELSE parameters >= 0 AND context_length >= 0 AND vocabulary_size >= 0 END);
