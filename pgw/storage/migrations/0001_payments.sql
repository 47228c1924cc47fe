-- Times are milliseconds since 1970 in UTC, amounts minor units of their currency.

CREATE TABLE merchants (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    last_seq INTEGER NOT NULL DEFAULT 0 CHECK (last_seq >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    digest TEXT PRIMARY KEY CHECK (length(digest) = 64),
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    demo INTEGER NOT NULL CHECK (demo IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    status TEXT NOT NULL CHECK (status IN ('Created', 'Authorized', 'Approved', 'Declined', 'Unknown', 'Failed')),
    amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 999999999999),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    -- Stored, since ISO 4217 changes: what an amount meant when it was accepted it means for good.
    exponent INTEGER NOT NULL CHECK (exponent BETWEEN 0 AND 4),
    capture INTEGER NOT NULL CHECK (capture IN (0, 1)),
    captured INTEGER NOT NULL CHECK (captured BETWEEN 0 AND amount),
    refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND captured),
    card_last_four TEXT NOT NULL CHECK (length(card_last_four) = 4),
    card_brand TEXT NOT NULL,
    card_expiry_month INTEGER NOT NULL CHECK (card_expiry_month BETWEEN 1 AND 12),
    card_expiry_year INTEGER NOT NULL,
    description TEXT,
    reference TEXT,
    metadata TEXT NOT NULL CHECK (json_valid(metadata)),
    bank TEXT NOT NULL,
    decline_code TEXT CHECK ((status = 'Declined') = (decline_code IS NOT NULL)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    type TEXT NOT NULL CHECK (type IN ('payment')),
    status TEXT NOT NULL CHECK (status IN ('Created', 'Completed', 'Failed')),
    payment_id TEXT NOT NULL REFERENCES payments (id),
    payment_status TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    exponent INTEGER NOT NULL,
    failure_code TEXT CHECK ((status = 'Failed') = (failure_code IS NOT NULL)),
    failure_detail TEXT CHECK ((failure_code IS NULL) = (failure_detail IS NULL)),
    request_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_open ON jobs (payment_status, id) WHERE status = 'Created';

CREATE TABLE attempts (
    reference TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id),
    bank TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('Intended', 'Answered', 'NotProcessed', 'Doubtful')),
    tries INTEGER NOT NULL CHECK (tries >= 0),
    authorization_code TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What changed of a job at each event; what never changes of it is in its row.
CREATE TABLE events (
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    type TEXT NOT NULL CHECK (type IN ('job.created', 'job.updated', 'job.completed', 'job.failed')),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    status TEXT NOT NULL,
    payment_status TEXT NOT NULL,
    failure_code TEXT,
    failure_detail TEXT,
    occurred_at INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_of_job ON events (job_id, seq);
CREATE UNIQUE INDEX events_end_a_job_once ON events (job_id) WHERE type IN ('job.completed', 'job.failed');

-- The number of the newest group of writes: read back where a COMMIT did not say whether it took place.
CREATE TABLE newest_group (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL) STRICT;
INSERT INTO newest_group (id, number) VALUES (1, 0);

CREATE TRIGGER a_job_ends_once BEFORE UPDATE ON jobs
WHEN OLD.status <> 'Created'
BEGIN
    SELECT RAISE(ABORT, 'a job ends once');
END;

CREATE TRIGGER a_decision_stands BEFORE UPDATE OF status ON payments
WHEN OLD.status IN ('Declined', 'Failed') AND NEW.status <> OLD.status
BEGIN
    SELECT RAISE(ABORT, 'a decision stands');
END;
