-- How records are seen and found: by pieces of what they are called, by name without reading those that are hidden, and by proxies.

-- The pieces of three letters of `records.search`; the program keeps them in step, and what is taken out leaves nothing in its pages.
CREATE VIRTUAL TABLE records_found USING fts5 (
    search, content = 'records', content_rowid = 'id', columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO records_found (records_found, rank) VALUES ('secure-delete', 1);
INSERT INTO records_found (records_found) VALUES ('rebuild');

DROP INDEX records_by_name;
CREATE INDEX records_by_name ON records (name, record, archived, kind, owner, private, assigned, everyone, search);
CREATE INDEX records_at_large ON records (id) WHERE private = 0 AND (assigned = 0 OR everyone > 0);

ALTER TABLE office ADD COLUMN warn_duplicates INTEGER NOT NULL DEFAULT 1; -- whether a new record that looks like another one is asked about

CREATE TABLE contact_points (
    id                INTEGER PRIMARY KEY,                -- local row
    record_row        INTEGER NOT NULL REFERENCES records (id), -- the record
    way               INTEGER NOT NULL,                   -- 0 e-mail address, 1 telephone number
    point             TEXT    NOT NULL,                   -- the address folded, or the last nine digits of the number
    UNIQUE (record_row, way, point)
) STRICT;
CREATE INDEX contact_points_by_point ON contact_points (point, way, record_row);

-- Of the records that are there: each line of what they are found by, read as the program reads it.
WITH RECURSIVE lines (record_row, line, rest) AS (
    SELECT id, '', search || char(10) FROM records
    UNION ALL
    SELECT record_row, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1) FROM lines WHERE rest <> ''
), emails (record_row, point) AS (
    SELECT record_row, CASE WHEN line LIKE 'mailto:%' THEN substr(line, 8) ELSE line END FROM lines
), phones (record_row, point) AS (
    SELECT record_row, replace(replace(replace(replace(replace(replace(replace(
        CASE WHEN line LIKE 'tel:%' THEN substr(line, 5) ELSE line END, '+', ''), '-', ''), '(', ''), ')', ''), ' ', ''), '.', ''), '/', '')
    FROM lines
)
INSERT INTO contact_points (record_row, way, point)
    SELECT record_row, 0, point FROM emails WHERE point LIKE '_%@_%' AND point NOT LIKE '% %'
    UNION SELECT record_row, 1, substr(point, -9) FROM phones WHERE length(point) >= 6 AND point NOT GLOB '*[^0-9]*';

CREATE TABLE proxies (
    id                INTEGER PRIMARY KEY,                -- local row
    proxy_row         INTEGER NOT NULL REFERENCES users (id), -- the user who sees
    owner_row         INTEGER NOT NULL REFERENCES users (id), -- the user whose records are seen, private ones left out
    since_ms          INTEGER NOT NULL,                   -- when it was made so
    UNIQUE (proxy_row, owner_row)
) STRICT;
CREATE INDEX proxies_by_owner ON proxies (owner_row, proxy_row);
