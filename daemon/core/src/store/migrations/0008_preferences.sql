-- What users choose for themselves, and what the office asks when a record is made.

ALTER TABLE users ADD COLUMN accepts_cases INTEGER NOT NULL DEFAULT 1; -- accepts cases as a specialist from any owner: without it links bring nothing
ALTER TABLE office ADD COLUMN ask_responsible INTEGER NOT NULL DEFAULT 0; -- whether it is asked who is responsible for a new record
