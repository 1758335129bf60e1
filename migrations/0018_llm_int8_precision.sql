-- LLM.int8() as a precision.

ALTER TABLE runs DROP CONSTRAINT runs_precision_name_check;
ALTER TABLE runs ADD CONSTRAINT runs_precision_name_check
  CHECK (precision_name IN ('float32', 'bfloat16', 'float16', 'int8', 'llm-int8'));
