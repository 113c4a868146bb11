-- One link's copies. Times are milliseconds since 1970 (UTC), ids are raw bytes.

CREATE TABLE progress (
    id                INTEGER PRIMARY KEY CHECK (id = 1), -- there is one row
    epoch_counter     INTEGER,                            -- owner's epoch of the last applied batch: counter
    epoch_identity    BLOB,                               -- and its 16 random bytes
    cursor            INTEGER NOT NULL,                   -- last applied sequence of the owner's log
    digest            BLOB    NOT NULL,                   -- digest of everything held
    count             INTEGER NOT NULL                    -- copies held
) STRICT;
INSERT INTO progress (id, cursor, digest, count) VALUES (1, 0, zeroblob(32), 0);

CREATE TABLE copies (
    id                INTEGER PRIMARY KEY,                -- local row, in order of arrival
    record            BLOB    NOT NULL UNIQUE,            -- the record at its home office
    kind              INTEGER NOT NULL,                   -- 0 contact, 1 business, 2 household
    version_epoch     INTEGER NOT NULL,                   -- version: epoch counter
    version_counter   INTEGER NOT NULL,                   -- version: counter
    name              TEXT    NOT NULL,                   -- display name
    search            TEXT    NOT NULL,                   -- folded text of name, e-mail addresses and telephone numbers
    body              BLOB    NOT NULL,                   -- the record in wire form
    received_ms       INTEGER NOT NULL                    -- when this version arrived
) STRICT;
CREATE INDEX copies_by_name ON copies (name, record);

CREATE TABLE withdrawn (
    id                INTEGER PRIMARY KEY,                -- local row
    record            BLOB    NOT NULL UNIQUE,            -- a record whose copy was deleted
    version_epoch     INTEGER,                            -- version that was held, if one was: epoch counter
    version_counter   INTEGER,                            -- version that was held, if one was: counter
    epoch_counter     INTEGER NOT NULL,                   -- owner's epoch of the withdrawal
    sequence          INTEGER NOT NULL                    -- end of the batch that withdrew it
) STRICT;
