-- What users choose for themselves, what the office asks when a record is made, and how long it keeps one after its relationship ended.

ALTER TABLE users ADD COLUMN accepts_cases INTEGER NOT NULL DEFAULT 1; -- accepts cases as a specialist from any owner: without it links bring nothing
ALTER TABLE office ADD COLUMN ask_responsible INTEGER NOT NULL DEFAULT 0; -- whether it is asked who is responsible for a new record
ALTER TABLE office ADD COLUMN keep_years INTEGER NOT NULL DEFAULT 5; -- years for which a record is kept after its relationship was ended
ALTER TABLE records ADD COLUMN ended_ms INTEGER; -- when the relationship with the client was ended, null while it goes on
ALTER TABLE records ADD COLUMN reminded_ms INTEGER; -- when somebody was reminded that the record will be deleted
CREATE INDEX records_ended ON records (ended_ms) WHERE ended_ms IS NOT NULL;
