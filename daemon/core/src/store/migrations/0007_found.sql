-- How records are found: by pieces of what they are called, and by name without reading those that are hidden.

-- The pieces of three letters of `records.search`; the program keeps them in step, and what is taken out leaves nothing in its pages.
CREATE VIRTUAL TABLE records_found USING fts5 (
    search, content = 'records', content_rowid = 'id', columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO records_found (records_found, rank) VALUES ('secure-delete', 1);
INSERT INTO records_found (records_found) VALUES ('rebuild');

DROP INDEX records_by_name;
CREATE INDEX records_by_name ON records (name, record, archived, kind, owner, private, assigned, everyone, search);
CREATE INDEX records_at_large ON records (id) WHERE private = 0 AND (assigned = 0 OR everyone > 0);
