-- What happened to payments, in the order of commits. Each entry's hash is keyed, and over itself and the one
-- before it.
CREATE TABLE timeline (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    payment_id TEXT NOT NULL,
    job_id TEXT,
    document TEXT NOT NULL CHECK (json_valid(document)),
    hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;

CREATE INDEX timeline_of_payment ON timeline (payment_id, number);
