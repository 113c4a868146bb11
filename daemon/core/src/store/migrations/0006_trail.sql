-- The audit, found by who, what, on what and when, newest first; and what the office writes into it beyond its deeds.

ALTER TABLE office ADD COLUMN log_views INTEGER NOT NULL DEFAULT 0; -- whether showing a record whole is written into the audit
ALTER TABLE office ADD COLUMN log_downloads INTEGER NOT NULL DEFAULT 0; -- whether exporting records is written into the audit

ALTER TABLE audit ADD COLUMN user_name TEXT NOT NULL DEFAULT ''; -- the user who acted or for whom somebody acted, empty for none
UPDATE audit SET user_name = substr(actor, 6) WHERE actor LIKE 'user:%';
ALTER TABLE audit ADD COLUMN by_name TEXT NOT NULL DEFAULT ''; -- the administrator who acted for that user, empty for none

DROP INDEX audit_by_object;
CREATE INDEX audit_by_time ON audit (at_ms, id);
CREATE INDEX audit_by_user ON audit (user_name, at_ms, id);
CREATE INDEX audit_by_other ON audit (by_name, at_ms, id);
CREATE INDEX audit_by_verb ON audit (verb, at_ms, id);
CREATE INDEX audit_by_object ON audit (object, at_ms, id);
CREATE INDEX audit_not_done ON audit (at_ms, id) WHERE outcome <> 'done';
