-- What one office owns and knows. Times are milliseconds since 1970 (UTC), flags are 0 or 1, ids are raw bytes.

CREATE TABLE office (
    id                INTEGER PRIMARY KEY CHECK (id = 1), -- there is one row
    name              TEXT    NOT NULL,                   -- the office's name for people
    epoch_counter     INTEGER NOT NULL,                   -- this life of the database: counter
    epoch_identity    BLOB    NOT NULL,                   -- and its 16 random bytes
    office_security   INTEGER NOT NULL DEFAULT 0,         -- whether users see only contacts assigned to them
    safe_ms           INTEGER NOT NULL,                   -- safe clock: never runs slower than the machine, never goes back
    safe_wall_ms      INTEGER NOT NULL,                   -- wall clock at that reading
    created_ms        INTEGER NOT NULL                    -- when the office was set up
) STRICT;

CREATE TABLE users (
    id                INTEGER PRIMARY KEY,                -- local row
    name              TEXT    NOT NULL UNIQUE,            -- permanent sign-in name, lower case
    display_name      TEXT    NOT NULL,                   -- name for people
    email             TEXT    NOT NULL DEFAULT '',        -- e-mail address, may be empty
    account           INTEGER NOT NULL,                   -- 0 practitioner, 1 admin, 2 assistant
    specialist        INTEGER NOT NULL DEFAULT 0,         -- holds the record-sharing right
    super_user        INTEGER NOT NULL DEFAULT 0,         -- sees everything but private records
    enterprise_view   INTEGER NOT NULL DEFAULT 0,         -- sees over department borders
    disabled          INTEGER NOT NULL DEFAULT 0,         -- can't act any more
    created_ms        INTEGER NOT NULL                    -- when the user was added
) STRICT;

CREATE TABLE records (
    id                INTEGER PRIMARY KEY,                -- local row, in order of creation
    record            BLOB    NOT NULL UNIQUE,            -- 16-byte id that other offices see
    kind              INTEGER NOT NULL,                   -- 0 contact, 1 business, 2 household
    owner             INTEGER NOT NULL REFERENCES users (id), -- the one owner
    assigned          INTEGER NOT NULL DEFAULT 1,         -- whether a user is assigned; unassigned contacts are seen by all
    private           INTEGER NOT NULL DEFAULT 0,         -- sharing needs an explicit confirmation
    archived          INTEGER NOT NULL DEFAULT 0,         -- out of use, not shared
    version_epoch     INTEGER NOT NULL,                   -- version: epoch counter
    version_counter   INTEGER NOT NULL,                   -- version: counts changes from 1
    name              TEXT    NOT NULL,                   -- display name
    search            TEXT    NOT NULL,                   -- folded text of name, e-mail addresses and telephone numbers
    uid               TEXT    NOT NULL DEFAULT '',        -- UID of the imported card, empty for none
    cases             INTEGER NOT NULL,                   -- related items: cases
    policies          INTEGER NOT NULL,                   -- related items: policies
    investments       INTEGER NOT NULL,                   -- related items: investments
    opportunities     INTEGER NOT NULL,                   -- related items: opportunities
    body              BLOB    NOT NULL,                   -- the record in wire form
    card              BLOB,                               -- the imported card byte for byte, until the record is edited
    changed_ms        INTEGER NOT NULL                    -- last change
) STRICT;
CREATE INDEX records_by_owner ON records (owner, archived, name, record, kind, private, assigned);
CREATE INDEX records_by_name ON records (name, record);
CREATE INDEX records_by_uid ON records (uid);
CREATE INDEX records_in_numbers ON records (record, kind, private, cases, policies, investments, opportunities);

CREATE TABLE invites (
    id                INTEGER PRIMARY KEY,                -- local row
    token_hash        BLOB    NOT NULL UNIQUE,            -- SHA-256 of the single-use token
    expires_ms        INTEGER NOT NULL,                   -- end of its life
    used_by           BLOB,                               -- office that used it
    created_ms        INTEGER NOT NULL                    -- when it was made
) STRICT;

CREATE TABLE peers (
    id                INTEGER PRIMARY KEY,                -- local row
    office            BLOB    NOT NULL UNIQUE,            -- 32-byte office id
    name              TEXT    NOT NULL,                   -- what the office calls itself
    addresses         TEXT    NOT NULL,                   -- host:port, one a line, in order of preference
    chain             BLOB    NOT NULL,                   -- its key sets as received, in wire form
    state             INTEGER NOT NULL,                   -- 0 words to be compared, 1 paired, 2 blocked, 3 removed
    confirmed_here    INTEGER NOT NULL DEFAULT 0,         -- our admin compared the words
    confirmed_there   INTEGER NOT NULL DEFAULT 0,         -- their admin compared the words
    words             TEXT    NOT NULL DEFAULT '',        -- the words to compare
    heard_counter     INTEGER,                            -- highest epoch heard from it: counter
    heard_identity    BLOB,                               -- and identity
    heard_sequence    INTEGER NOT NULL DEFAULT 0,         -- last statement applied from it in that epoch
    heard_hash        BLOB    NOT NULL,                   -- hash of that statement
    issued_sequence   INTEGER NOT NULL DEFAULT 0,         -- last statement issued to it in our epoch
    issued_hash       BLOB    NOT NULL,                   -- hash of that statement
    last_heard_ms     INTEGER,                            -- when it was last heard from
    created_ms        INTEGER NOT NULL                    -- when it was first met
) STRICT;

CREATE TABLE links (
    id                INTEGER PRIMARY KEY,                -- local row
    link              BLOB    NOT NULL UNIQUE,            -- 32-byte link id
    peer              INTEGER NOT NULL REFERENCES peers (id), -- the other office
    side              INTEGER NOT NULL,                   -- 0 our user's records are shared, 1 our user reads
    local_user        TEXT    NOT NULL,                   -- user of this office, as named in the Request
    remote_user       TEXT    NOT NULL,                   -- user of the other office, as named in the Request
    state             INTEGER NOT NULL,                   -- derived from the statements: 0 unknown, 1 waiting, 2 active, 3 frozen, 4 ended
    end_reason        INTEGER,                            -- derived: why it ended
    request           BLOB    NOT NULL,                   -- hash of the Request
    secret            BLOB    NOT NULL,                   -- the Request's secret
    level             INTEGER NOT NULL,                   -- agreed level: 0 read, 1 write, 2 full control
    scope_fields      INTEGER NOT NULL,                   -- agreed scope: one bit a field
    scope_related     INTEGER NOT NULL,                   -- agreed scope: one bit a kind of related item
    purpose           TEXT    NOT NULL,                   -- agreed purpose
    not_after_ms      INTEGER,                            -- agreed end
    lease_s           INTEGER NOT NULL,                   -- how long a copy stays readable without renewal (seconds)
    head              INTEGER NOT NULL DEFAULT 0,         -- owner's side: last sequence of the log
    shares            INTEGER NOT NULL DEFAULT 0,         -- owner's side: counts changes of what is shared, edits left out
    cursor            INTEGER NOT NULL DEFAULT 0,         -- owner's side: last sequence the reader acknowledged
    digest            BLOB    NOT NULL,                   -- owner's side: digest the reader acknowledged
    lease_until_ms    INTEGER,                            -- reader's side: end of the lease on the safe clock
    created_ms        INTEGER NOT NULL,                   -- when the Request was made or arrived
    active_ms         INTEGER,                            -- when it became Active
    ended_ms          INTEGER                             -- when its end was learnt of
) STRICT;
CREATE INDEX links_by_peer ON links (peer, state);
CREATE INDEX links_by_user ON links (local_user, side, state);

CREATE TABLE statements (
    id                INTEGER PRIMARY KEY,                -- local row, in order of issue or arrival
    hash              BLOB    NOT NULL UNIQUE,            -- statement hash
    peer              INTEGER NOT NULL REFERENCES peers (id), -- the other office
    link              BLOB,                               -- link it is about
    outgoing          INTEGER NOT NULL,                   -- 1 issued here, 0 received
    kind              INTEGER NOT NULL,                   -- kind number
    epoch_counter     INTEGER NOT NULL,                   -- issuer's epoch
    sequence          INTEGER NOT NULL,                   -- issuer's sequence towards the audience
    signed            BLOB    NOT NULL,                   -- the statement in wire form
    waits             INTEGER NOT NULL,                   -- outgoing: 1 until the peer answered
    outcome           INTEGER,                            -- outgoing: the peer's answer (1 stored, 2 unsupported, 3 refused)
    at_ms             INTEGER NOT NULL                    -- when it was issued or arrived
) STRICT;
CREATE INDEX statements_by_link ON statements (link);
CREATE INDEX statements_waiting ON statements (peer, sequence) WHERE waits = 1;

CREATE TABLE lists (
    id                INTEGER PRIMARY KEY,                -- local row
    statement         BLOB    NOT NULL,                   -- the Receipt the list belongs to, or the removal it will belong to
    peer              INTEGER NOT NULL REFERENCES peers (id), -- the office it goes to or came from
    chunk             INTEGER NOT NULL,                   -- which chunk, from 0
    leaves            BLOB    NOT NULL,                   -- record ids and version ids, 48 bytes each
    waits             INTEGER NOT NULL,                   -- 1 until the peer has it
    UNIQUE (statement, chunk)
) STRICT;
CREATE INDEX lists_waiting ON lists (peer, id) WHERE waits = 1;

CREATE TABLE link_log (
    id                INTEGER PRIMARY KEY,                -- local row
    link              INTEGER NOT NULL REFERENCES links (id), -- the link, owner's side
    record            BLOB    NOT NULL,                   -- the record
    sequence          INTEGER NOT NULL,                   -- place in the link's log; a later change of the record moves it
    put               INTEGER NOT NULL,                   -- 1 shared, 0 withdrawn
    held_epoch        INTEGER,                            -- version the reader is known to hold: epoch counter
    held_counter      INTEGER,                            -- version the reader is known to hold: counter
    gone_epoch        INTEGER,                            -- version withdrawn and acknowledged, not yet on a receipt: epoch counter
    gone_counter      INTEGER,                            -- version withdrawn and acknowledged, not yet on a receipt: counter
    gone_sequence     INTEGER,                            -- place in the log of that withdrawal
    UNIQUE (link, record)
) STRICT;
CREATE UNIQUE INDEX link_log_by_sequence ON link_log (link, sequence);
CREATE INDEX link_log_by_record ON link_log (record);

CREATE TABLE removals (
    id                INTEGER PRIMARY KEY,                -- local row
    link              BLOB    NOT NULL,                   -- the link
    upto              INTEGER NOT NULL,                   -- 0 for the whole link, else the last log sequence covered
    epoch_counter     INTEGER NOT NULL,                   -- owner's epoch of the withdrawals covered
    side              INTEGER NOT NULL,                   -- 0 the other office removes, 1 this office removes
    state             INTEGER NOT NULL,                   -- 0 to be done, 1 list prepared, 2 removed, 3 erased, 4 receipt does not match
    expected          INTEGER NOT NULL DEFAULT 0,         -- copies that exist as far as this office knows
    count             INTEGER,                            -- copies the receipt names
    root              BLOB,                               -- Merkle root over them
    receipt           BLOB,                               -- hash of the Receipt
    asked_ms          INTEGER NOT NULL,                   -- when the removal was asked for
    done_ms           INTEGER,                            -- when the receipt was made or arrived
    UNIQUE (link, upto, epoch_counter)
) STRICT;
CREATE INDEX removals_open ON removals (side, state);

CREATE TABLE audit (
    id                INTEGER PRIMARY KEY,                -- number of the line, without gaps
    at_ms             INTEGER NOT NULL,                   -- when
    actor             TEXT    NOT NULL,                   -- who
    verb              TEXT    NOT NULL,                   -- what, dotted: link.accept
    object            TEXT    NOT NULL,                   -- on what: ids and user names only, never contents
    outcome           TEXT    NOT NULL,                   -- done, or the code of the refusal
    detail            TEXT    NOT NULL DEFAULT ''         -- counts and reasons, never contents
) STRICT;
CREATE INDEX audit_by_object ON audit (object, id);
