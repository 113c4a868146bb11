-- Mails that wait, went, or will not go; texts that an administrator wrote; the daily digest. No address stands here: it is looked up
-- when a mail is sent.

ALTER TABLE office ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC'; -- IANA name of the zone in whose morning the digest is sent
CREATE INDEX records_by_change ON records (changed_ms);

CREATE TABLE mails (
    id                INTEGER PRIMARY KEY,                -- local row, in the order of writing
    kind              INTEGER NOT NULL,                   -- 0 invitation, 1 password reset, 2 to 4 access asked, granted, refused, 5 digest, 6 test
    user_row          INTEGER NOT NULL REFERENCES users (id), -- who gets it
    record            BLOB,                               -- 16-byte id of the record it is about
    other_row         INTEGER REFERENCES users (id),      -- the user it speaks of: who asked, granted or refused
    request           INTEGER,                            -- local row of the request for access
    note              TEXT    NOT NULL DEFAULT '',        -- what that user wrote; emptied once the mail is out
    secret            TEXT,                               -- token of its link; emptied once the mail is out
    from_ms           INTEGER,                            -- digest: it tells changes after this
    until_ms          INTEGER,                            -- digest: and up to this
    expires_ms        INTEGER,                            -- from then on its link is of no use
    state             INTEGER NOT NULL,                   -- 0 waiting, 1 sent, 2 failed, 3 dropped
    reason            TEXT    NOT NULL DEFAULT '',        -- why the last attempt failed, or why it was dropped
    attempts          INTEGER NOT NULL DEFAULT 0,         -- attempts since it was written or asked to be tried again
    began_ms          INTEGER,                            -- the first of these attempts
    next_try_ms       INTEGER NOT NULL,                   -- the next attempt, while it waits
    message_id        TEXT    NOT NULL DEFAULT '',        -- Message-ID, the same in every attempt; empty before the first
    created_ms        INTEGER NOT NULL,                   -- when it was written
    ended_ms          INTEGER                             -- when it was sent, failed or was dropped
) STRICT;
CREATE INDEX mails_waiting ON mails (next_try_ms, id) WHERE state = 0;
CREATE INDEX mails_by_user ON mails (user_row, created_ms);

CREATE TABLE mail_texts (
    id                INTEGER PRIMARY KEY,                -- local row
    kind              INTEGER NOT NULL UNIQUE,            -- kind of mail, as in mails
    subject           TEXT    NOT NULL,                   -- template of the subject
    plain             TEXT    NOT NULL,                   -- template of the plain text
    html              TEXT    NOT NULL,                   -- template of the HTML part
    changed_ms        INTEGER NOT NULL                    -- when it was written
) STRICT;

CREATE TABLE digests (
    id                INTEGER PRIMARY KEY,                -- local row
    day               INTEGER NOT NULL UNIQUE,            -- day in the office's time zone, counted from 1970-01-01
    until_ms          INTEGER NOT NULL                    -- changes up to this are told on that day
) STRICT;

CREATE TABLE digest_offs (
    id                INTEGER PRIMARY KEY,                -- local row
    user_row          INTEGER NOT NULL REFERENCES users (id), -- who does not want to be told of
    record_row        INTEGER NOT NULL REFERENCES records (id), -- changes of this record
    UNIQUE (user_row, record_row)
) STRICT;
CREATE INDEX digest_offs_by_record ON digest_offs (record_row);
