-- Both tables are made anew for their CHECKs; what refers to them by name goes on doing so.
PRAGMA legacy_alter_table = ON;

-- `capturing` and `refunding` are what open jobs have reserved.
CREATE TABLE payments_2 (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    status TEXT NOT NULL CHECK (status IN ('Created', 'Authorized', 'PartiallyCaptured', 'Approved', 'Declined',
        'Voided', 'PartiallyRefunded', 'Refunded', 'Unknown', 'Failed')),
    amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 999999999999),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    -- Stored, since ISO 4217 changes: what an amount meant when it was accepted it means for good.
    exponent INTEGER NOT NULL CHECK (exponent BETWEEN 0 AND 4),
    capture INTEGER NOT NULL CHECK (capture IN (0, 1)),
    captured INTEGER NOT NULL CHECK (captured >= 0),
    refunded INTEGER NOT NULL CHECK (refunded >= 0),
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
    updated_at INTEGER NOT NULL,
    authorization_reference TEXT NOT NULL,
    capturing INTEGER NOT NULL CHECK (capturing >= 0),
    refunding INTEGER NOT NULL CHECK (refunding >= 0),
    is_voiding INTEGER NOT NULL CHECK (is_voiding IN (0, 1)),
    void_reason TEXT CHECK ((status = 'Voided') = (void_reason IS NOT NULL)),
    expires_at INTEGER CHECK (expires_at IS NULL OR status = 'Authorized'),
    CHECK (captured + capturing <= amount),
    CHECK (refunded + refunding <= captured),
    CHECK (capturing = 0 OR refunded + refunding = 0),
    CHECK (NOT is_voiding OR captured + capturing = 0)
) STRICT, WITHOUT ROWID;

-- Else each payment would be searched for among all attempts: SQLite makes no index of its own for such a table.
CREATE INDEX attempts_of_payment ON attempts (payment_id);

-- A payment without an attempt would be a defect; it ends the migration, and is never left behind.
INSERT INTO payments_2
SELECT payments.id, merchant_id, status, amount, currency, exponent, capture, captured, refunded, card_last_four,
    card_brand, card_expiry_month, card_expiry_year, description, payments.reference, metadata, payments.bank,
    decline_code, payments.created_at, payments.updated_at, attempts.reference, 0, 0, 0, NULL,
    iif(status = 'Authorized', payments.updated_at + 7 * 86400000, NULL)
FROM payments LEFT JOIN attempts ON attempts.payment_id = payments.id;
DROP INDEX attempts_of_payment;
DROP TABLE payments;
ALTER TABLE payments_2 RENAME TO payments;

-- What an open capture or void holds comes back into it with that one's end, so it is never waded through.
CREATE INDEX payments_expiring ON payments (expires_at)
    WHERE expires_at IS NOT NULL AND capturing = 0 AND is_voiding = 0;

CREATE TRIGGER a_decision_stands BEFORE UPDATE OF status ON payments
WHEN OLD.status IN ('Declined', 'Failed', 'Voided', 'Refunded') AND NEW.status <> OLD.status
BEGIN
    SELECT RAISE(ABORT, 'a decision stands');
END;

CREATE TRIGGER what_was_moved_stands BEFORE UPDATE OF captured, refunded ON payments
WHEN NEW.captured < OLD.captured OR NEW.refunded < OLD.refunded
BEGIN
    SELECT RAISE(ABORT, 'what was moved stands');
END;

-- `is_final` is of captures, `reason` the merchant's own of a refund, `failure_decline_code` the bank's.
CREATE TABLE jobs_2 (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    type TEXT NOT NULL CHECK (type IN ('payment', 'capture', 'void', 'refund')),
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
    updated_at INTEGER NOT NULL,
    is_final INTEGER NOT NULL CHECK (is_final = 0 OR is_final = 1 AND type = 'capture'),
    reason TEXT CHECK (reason IS NULL OR type = 'refund'),
    void_reason TEXT CHECK ((type = 'void') = (void_reason IS NOT NULL)),
    failure_decline_code TEXT CHECK (failure_decline_code IS NULL OR status = 'Failed')
) STRICT, WITHOUT ROWID;

INSERT INTO jobs_2 SELECT *, 0, NULL, NULL, NULL FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_2 RENAME TO jobs;

PRAGMA legacy_alter_table = OFF;

CREATE INDEX jobs_open ON jobs (id) WHERE status = 'Created';
-- Of payments there is one job each: an index of operations alone costs those nothing. It has all that sums need.
CREATE INDEX operations_of_payment ON jobs (payment_id, type, created_at, id, status, amount)
    WHERE type <> 'payment';
CREATE UNIQUE INDEX one_capture_or_void_at_a_time ON jobs (payment_id)
    WHERE status = 'Created' AND type IN ('capture', 'void');

CREATE TRIGGER a_job_ends_once BEFORE UPDATE ON jobs
WHEN OLD.status <> 'Created'
BEGIN
    SELECT RAISE(ABORT, 'a job ends once');
END;

-- The second barrier: judged by the jobs themselves, whatever an actor took the payment for.
CREATE TRIGGER an_operation_is_on_what_the_bank_authorized AFTER INSERT ON jobs
WHEN NEW.type <> 'payment'
BEGIN
    SELECT RAISE(ABORT, 'an operation is on what the bank authorized')
    FROM payments WHERE id = NEW.payment_id AND status IN ('Created', 'Unknown', 'Declined', 'Failed');
END;

CREATE TRIGGER captures_never_exceed_what_is_authorized AFTER INSERT ON jobs
WHEN NEW.type = 'capture'
BEGIN
    SELECT RAISE(ABORT, 'captures never exceed what is authorized')
    FROM payments WHERE id = NEW.payment_id AND (capture OR amount < (
        SELECT sum(jobs.amount) FROM jobs
        WHERE payment_id = NEW.payment_id AND type <> 'payment' AND type = 'capture' AND status <> 'Failed'));
    SELECT RAISE(ABORT, 'nothing is captured beside a void or a refund')
    FROM jobs WHERE payment_id = NEW.payment_id AND type <> 'payment' AND type IN ('void', 'refund')
        AND status <> 'Failed';
    SELECT RAISE(ABORT, 'nothing is captured after a final capture')
    FROM jobs WHERE payment_id = NEW.payment_id AND type <> 'payment' AND type = 'capture' AND is_final
        AND status <> 'Failed' AND id <> NEW.id;
END;

CREATE TRIGGER a_void_wants_nothing_captured AFTER INSERT ON jobs
WHEN NEW.type = 'void'
BEGIN
    SELECT RAISE(ABORT, 'a void wants nothing captured')
    FROM payments WHERE id = NEW.payment_id AND capture;
    SELECT RAISE(ABORT, 'a void wants nothing captured')
    FROM jobs WHERE payment_id = NEW.payment_id AND type <> 'payment' AND type IN ('void', 'capture')
        AND status <> 'Failed' AND id <> NEW.id;
END;

CREATE TRIGGER refunds_never_exceed_captures AFTER INSERT ON jobs
WHEN NEW.type = 'refund'
BEGIN
    SELECT RAISE(ABORT, 'refunds never exceed captures')
    FROM payments WHERE id = NEW.payment_id AND captured < (
        SELECT sum(jobs.amount) FROM jobs
        WHERE payment_id = NEW.payment_id AND type <> 'payment' AND type = 'refund' AND status <> 'Failed');
    SELECT RAISE(ABORT, 'nothing is refunded beside an open capture or void')
    FROM jobs WHERE payment_id = NEW.payment_id AND type <> 'payment' AND type IN ('capture', 'void')
        AND status = 'Created';
END;

-- What a payment says of its operations is what their jobs say. So no actor writes a payment as it was before
-- another one changed it: its write is refused. What an authorization took itself has no capture.
CREATE VIEW payments_amiss AS
SELECT id FROM payments
WHERE (capturing, refunding, is_voiding, refunded, iif(capture, 0, captured)) IS NOT (
    SELECT coalesce(sum(jobs.amount) FILTER (WHERE type = 'capture' AND jobs.status = 'Created'), 0),
        coalesce(sum(jobs.amount) FILTER (WHERE type = 'refund' AND jobs.status = 'Created'), 0),
        count(*) FILTER (WHERE type = 'void' AND jobs.status = 'Created'),
        coalesce(sum(jobs.amount) FILTER (WHERE type = 'refund' AND jobs.status = 'Completed'), 0),
        coalesce(sum(jobs.amount) FILTER (WHERE type = 'capture' AND jobs.status = 'Completed'), 0)
    FROM jobs WHERE payment_id = payments.id AND type <> 'payment');

CREATE TRIGGER a_payment_is_as_its_operations_begin AFTER INSERT ON jobs
WHEN NEW.type <> 'payment'
BEGIN
    SELECT RAISE(ABORT, 'a payment is as its operations left it') FROM payments_amiss WHERE id = NEW.payment_id;
END;

CREATE TRIGGER a_payment_is_as_its_operations_end AFTER UPDATE OF status ON jobs
WHEN NEW.type <> 'payment'
BEGIN
    SELECT RAISE(ABORT, 'a payment is as its operations left it') FROM payments_amiss WHERE id = NEW.payment_id;
END;

-- As it was when the event was committed, since a webhook says at every try what it said at first.
ALTER TABLE events ADD COLUMN expires_at INTEGER;

-- Whose outcome is unknown, be it a payment or an operation.
CREATE INDEX attempts_unknown ON attempts (job_id) WHERE outcome IN ('Doubtful', 'Reversing', 'NotReversible');

CREATE TABLE flags_2 (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    code TEXT NOT NULL CHECK (code IN ('LateDecision', 'ReversalRefused', 'StillUnknown', 'ExpiryRefused')),
    detail TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    acknowledged_at INTEGER,
    PRIMARY KEY (job_id, code)
) STRICT, WITHOUT ROWID;

INSERT INTO flags_2 SELECT * FROM flags;
DROP TABLE flags;
ALTER TABLE flags_2 RENAME TO flags;

CREATE INDEX flags_raised ON flags (job_id) WHERE acknowledged_at IS NULL;
