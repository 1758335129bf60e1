-- Of a LoRA adapter, whose folder is the path: where its base model is. Empty of all other models.
ALTER TABLE models ADD COLUMN base_path text NOT NULL DEFAULT '';
