-- What became of the program that was made of a prediction; empty where a protocol makes none.

ALTER TABLE predictions ADD COLUMN program_outcome text NOT NULL DEFAULT '';
