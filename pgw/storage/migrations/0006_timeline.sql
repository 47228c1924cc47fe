-- What happened to payments, in the order of commits. Each entry's hash is keyed, and over itself and the one
-- before it; `sealed_by` names the key.
CREATE TABLE timeline (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    payment_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    document TEXT NOT NULL CHECK (json_valid(document)),
    sealed_by TEXT NOT NULL CHECK (length(sealed_by) = 8),
    hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;

CREATE INDEX timeline_of_payment ON timeline (payment_id, number);

-- Against our own mistakes: who can write the file can drop these, and is found by the hashes.
CREATE TRIGGER what_happened_stands BEFORE UPDATE ON timeline
BEGIN
    SELECT RAISE(ABORT, 'what happened stands');
END;

CREATE TRIGGER what_happened_is_kept BEFORE DELETE ON timeline
BEGIN
    SELECT RAISE(ABORT, 'what happened is kept');
END;

-- The newest entry, so that one that is cut off at the end is missed. Sealed when a gateway first opens it.
CREATE TABLE timeline_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL CHECK (number >= 0),
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    sealed_by TEXT NOT NULL,
    seal TEXT NOT NULL
) STRICT;

INSERT INTO timeline_head VALUES (1, 0, printf('%064d', 0), '', '');
