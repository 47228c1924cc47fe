-- An attempt rests here while it is not at work: `due_at` is when it is to be taken up.
CREATE TABLE attempts_2 (
    reference TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id),
    bank TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('Intended', 'Answered', 'NotProcessed', 'Doubtful', 'Reversing',
        'Reversed', 'NotReversible', 'Settled')),
    tries INTEGER NOT NULL CHECK (tries >= 0),
    authorization_code TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    due_at INTEGER CHECK (due_at IS NULL OR outcome IN ('Intended', 'Doubtful', 'Reversing', 'Settled')),
    inquiries INTEGER NOT NULL CHECK (inquiries >= 0),
    failure TEXT CHECK (failure IS NOT NULL OR outcome NOT IN ('Reversing', 'Reversed', 'NotReversible')),
    settled_because TEXT CHECK ((outcome = 'Settled') = (settled_because IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- What was in doubt before there were look-ups is looked up now.
INSERT INTO attempts_2
SELECT reference, payment_id, job_id, bank, outcome, tries, authorization_code, created_at, updated_at,
    iif(outcome = 'Doubtful', updated_at, NULL), 0, NULL, NULL
FROM attempts;
DROP TABLE attempts;
ALTER TABLE attempts_2 RENAME TO attempts;

CREATE INDEX attempts_due ON attempts (due_at) WHERE due_at IS NOT NULL;

CREATE TRIGGER a_tainted_reference_is_never_sent_again BEFORE UPDATE OF outcome ON attempts
WHEN NEW.outcome = 'Intended' AND OLD.outcome <> 'Intended'
BEGIN
    SELECT RAISE(ABORT, 'a tainted reference is never sent again');
END;

CREATE TRIGGER a_reversal_stands BEFORE UPDATE OF outcome ON attempts
WHEN OLD.outcome = 'Reversing' AND NEW.outcome NOT IN ('Reversing', 'Reversed', 'NotReversible')
    OR OLD.outcome = 'Reversed' AND NEW.outcome <> 'Reversed'
BEGIN
    SELECT RAISE(ABORT, 'a reversal stands');
END;

CREATE TRIGGER what_an_operator_settled_stands BEFORE UPDATE OF outcome ON attempts
WHEN OLD.outcome = 'Settled' AND NEW.outcome <> 'Settled'
    OR OLD.outcome = 'NotReversible' AND NEW.outcome NOT IN ('NotReversible', 'Settled')
BEGIN
    SELECT RAISE(ABORT, 'only an operator settles it, and for good');
END;

CREATE TRIGGER what_the_bank_said_stands BEFORE UPDATE OF outcome ON attempts
WHEN OLD.outcome IN ('Answered', 'NotProcessed') AND NEW.outcome <> OLD.outcome
BEGIN
    SELECT RAISE(ABORT, 'what the bank said stands');
END;

-- What a person must look at, once for each reason.
CREATE TABLE flags (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    code TEXT NOT NULL CHECK (code IN ('LateDecision', 'ReversalRefused', 'StillUnknown')),
    detail TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    acknowledged_at INTEGER,
    PRIMARY KEY (job_id, code)
) STRICT, WITHOUT ROWID;

CREATE INDEX flags_raised ON flags (job_id) WHERE acknowledged_at IS NULL;

-- `key` is a digest, `fingerprint` a keyed hash; `answer` is given again byte for byte.
CREATE TABLE idempotency_keys (
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    key TEXT NOT NULL CHECK (length(key) = 64),
    fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
