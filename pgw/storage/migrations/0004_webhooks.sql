-- Of events up to `forgotten_seq` nothing is kept any more.
ALTER TABLE merchants ADD COLUMN forgotten_seq INTEGER NOT NULL DEFAULT 0 CHECK (forgotten_seq >= 0);

-- `event_types` is a JSON array, NULL for all. Secrets are derived and never stored.
CREATE TABLE webhook_endpoints (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    url TEXT NOT NULL CHECK (length(url) <= 2048),
    description TEXT,
    event_types TEXT CHECK (event_types IS NULL OR json_array_length(event_types) > 0),
    status TEXT NOT NULL CHECK (status IN ('Enabled', 'Disabled', 'Deleted')),
    disabled_because TEXT CHECK ((status = 'Disabled') = (disabled_because IS NOT NULL)),
    secret_version INTEGER NOT NULL CHECK (secret_version > 0),
    previous_secret_until INTEGER,
    failing_since INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX webhook_endpoints_of_merchant ON webhook_endpoints (merchant_id, url) WHERE status <> 'Deleted';
CREATE INDEX webhook_endpoints_told ON webhook_endpoints (merchant_id) WHERE status = 'Enabled';
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints (id) WHERE status = 'Deleted';

CREATE TRIGGER a_deleted_endpoint_stays_deleted BEFORE UPDATE OF status ON webhook_endpoints
WHEN OLD.status = 'Deleted' AND NEW.status <> 'Deleted'
BEGIN
    SELECT RAISE(ABORT, 'a deleted endpoint stays deleted');
END;

-- What changed at each event, of a job and its payment, or of an endpoint (its document as it was then). What
-- never changes of a job and a payment is in their rows.
CREATE TABLE events_2 (
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    type TEXT NOT NULL CHECK (type IN ('job.created', 'job.updated', 'job.completed', 'job.failed',
        'webhook_endpoint.disabled')),
    job_id TEXT REFERENCES jobs (id),
    status TEXT CHECK ((status IS NULL) = (job_id IS NULL)),
    payment_status TEXT CHECK ((payment_status IS NULL) = (job_id IS NULL)),
    failure_code TEXT,
    failure_detail TEXT,
    occurred_at INTEGER NOT NULL,
    captured INTEGER CHECK ((captured IS NULL) = (job_id IS NULL)),
    refunded INTEGER CHECK ((refunded IS NULL) = (job_id IS NULL)),
    decline_code TEXT,
    endpoint TEXT CHECK ((endpoint IS NULL OR json_valid(endpoint)) AND (endpoint IS NULL) = (job_id IS NOT NULL)),
    PRIMARY KEY (merchant_id, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO events_2
SELECT events.merchant_id, seq, events.type, job_id, events.status, events.payment_status, events.failure_code,
    events.failure_detail, occurred_at,
    iif(events.status = 'Created', 0, captured), iif(events.status = 'Created', 0, refunded),
    iif(events.status = 'Created', NULL, decline_code), NULL
FROM events JOIN jobs ON jobs.id = events.job_id JOIN payments ON payments.id = jobs.payment_id;
DROP TABLE events;
ALTER TABLE events_2 RENAME TO events;

CREATE INDEX events_of_job ON events (job_id, seq);
CREATE UNIQUE INDEX events_end_a_job_once ON events (job_id) WHERE type IN ('job.completed', 'job.failed');

-- One event for one endpoint. `due_at` is when it is to be sent; without it, it waits for the one before it, or
-- is over. `updated_at` is also when `due_at` was set, so that a clock that was set back since is noticed. A try
-- that began before it was asked for again, which `redeliveries` count, says nothing of it any more.
CREATE TABLE webhook_deliveries (
    merchant_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
    type TEXT NOT NULL,
    payment_id TEXT REFERENCES payments (id),
    status TEXT NOT NULL CHECK (status IN ('Pending', 'Delivered', 'GivenUp')),
    tries INTEGER NOT NULL CHECK (tries >= 0),
    failures INTEGER NOT NULL CHECK (failures BETWEEN 0 AND tries),
    due_at INTEGER CHECK (due_at IS NULL OR status = 'Pending'),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    redeliveries INTEGER NOT NULL DEFAULT 0 CHECK (redeliveries >= 0),
    PRIMARY KEY (merchant_id, seq, endpoint_id),
    FOREIGN KEY (merchant_id, seq) REFERENCES events (merchant_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_due_as_of ON webhook_deliveries (endpoint_id, updated_at) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX webhook_deliveries_one_of_a_payment_is_due ON webhook_deliveries (endpoint_id, payment_id)
    WHERE due_at IS NOT NULL AND payment_id IS NOT NULL;
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (endpoint_id, payment_id, seq) WHERE status = 'Pending';
CREATE INDEX webhook_deliveries_undelivered ON webhook_deliveries (merchant_id, status, seq) WHERE status <> 'Delivered';
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint_id, seq);
CREATE INDEX webhook_deliveries_of_payment ON webhook_deliveries (payment_id, seq);

CREATE TABLE webhook_tries (
    merchant_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    endpoint_id TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    at INTEGER NOT NULL,
    milliseconds INTEGER NOT NULL CHECK (milliseconds >= 0),
    status_code INTEGER,
    error TEXT CHECK ((error IS NULL) = (status_code IS NOT NULL)),
    snippet TEXT,
    PRIMARY KEY (merchant_id, seq, endpoint_id, number),
    FOREIGN KEY (merchant_id, seq, endpoint_id)
        REFERENCES webhook_deliveries (merchant_id, seq, endpoint_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What is before it in the one order is still to be delivered to it, and what is behind it is not.
CREATE TRIGGER an_endpoint_is_disabled_by_its_event BEFORE INSERT ON events
WHEN NEW.type = 'webhook_endpoint.disabled'
BEGIN
    UPDATE webhook_endpoints
    SET status = 'Disabled', disabled_because = NEW.endpoint->>'disabled_because', updated_at = NEW.occurred_at
    WHERE id = NEW.endpoint->>'id' AND status = 'Enabled';
END;

-- In the transaction that writes the event, so that no event is committed without its deliveries. One that
-- another one of the same payment is before waits for that.
CREATE TRIGGER an_event_is_to_be_delivered AFTER INSERT ON events
BEGIN
    INSERT INTO webhook_deliveries
    SELECT NEW.merchant_id, NEW.seq, endpoint.id, NEW.type, jobs.payment_id, 'Pending', 0, 0,
        iif(EXISTS (SELECT 1 FROM webhook_deliveries AS before WHERE before.endpoint_id = endpoint.id
            AND before.payment_id = jobs.payment_id AND before.status = 'Pending'), NULL, NEW.occurred_at),
        NEW.occurred_at, NEW.occurred_at, 0
    FROM webhook_endpoints AS endpoint LEFT JOIN jobs ON jobs.id = NEW.job_id
    WHERE endpoint.merchant_id = NEW.merchant_id AND endpoint.status = 'Enabled'
        AND (endpoint.event_types IS NULL
            OR EXISTS (SELECT 1 FROM json_each(endpoint.event_types) WHERE value = NEW.type));
END;

CREATE TRIGGER the_next_of_a_payment_is_due AFTER UPDATE OF status ON webhook_deliveries
WHEN OLD.status = 'Pending' AND NEW.status <> 'Pending' AND NEW.payment_id IS NOT NULL
BEGIN
    UPDATE webhook_deliveries SET due_at = NEW.updated_at, updated_at = NEW.updated_at
    WHERE due_at IS NULL AND merchant_id = NEW.merchant_id AND endpoint_id = NEW.endpoint_id AND status = 'Pending'
        AND seq = (SELECT min(seq) FROM webhook_deliveries AS pending
            WHERE pending.endpoint_id = NEW.endpoint_id AND pending.payment_id = NEW.payment_id
                AND pending.status = 'Pending');
END;

-- Also where it is forgotten: nothing waits for what is no more.
CREATE TRIGGER the_next_of_a_payment_is_due_after_one_forgotten AFTER DELETE ON webhook_deliveries
WHEN OLD.status = 'Pending' AND OLD.payment_id IS NOT NULL
BEGIN
    UPDATE webhook_deliveries SET due_at = coalesce(due_at, created_at)
    WHERE merchant_id = OLD.merchant_id AND endpoint_id = OLD.endpoint_id AND status = 'Pending'
        AND seq = (SELECT min(seq) FROM webhook_deliveries AS pending
            WHERE pending.endpoint_id = OLD.endpoint_id AND pending.payment_id = OLD.payment_id
                AND pending.status = 'Pending');
END;

-- One that is asked for again takes its place among what is pending of its payment, of which the first is due now.
CREATE TRIGGER the_first_of_a_payment_is_due_again AFTER UPDATE OF redeliveries ON webhook_deliveries
WHEN NEW.payment_id IS NOT NULL
BEGIN
    UPDATE webhook_deliveries SET due_at = NULL
    WHERE endpoint_id = NEW.endpoint_id AND payment_id = NEW.payment_id AND status = 'Pending' AND due_at IS NOT NULL;
    UPDATE webhook_deliveries SET due_at = NEW.updated_at, updated_at = NEW.updated_at
    WHERE merchant_id = NEW.merchant_id AND endpoint_id = NEW.endpoint_id AND status = 'Pending'
        AND seq = (SELECT min(seq) FROM webhook_deliveries AS pending
            WHERE pending.endpoint_id = NEW.endpoint_id AND pending.payment_id = NEW.payment_id
                AND pending.status = 'Pending');
END;

-- Since not everything that is accepted under a key is a job. `subject_id` is what was accepted.
CREATE TABLE idempotency_keys_2 (
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    key TEXT NOT NULL CHECK (length(key) = 64),
    fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
    job_id TEXT REFERENCES jobs (id) CHECK (job_id IS NULL OR job_id = subject_id),
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    subject_id TEXT NOT NULL,
    PRIMARY KEY (merchant_id, key)
) STRICT, WITHOUT ROWID;

INSERT INTO idempotency_keys_2
SELECT merchant_id, key, fingerprint, job_id, answer, created_at, job_id FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE idempotency_keys_2 RENAME TO idempotency_keys;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- A key that may do all with payments may do all with webhooks.
UPDATE api_keys SET scopes = json_insert(scopes, '$[#]', 'webhooks:read', '$[#]', 'webhooks:write')
WHERE revoked_at IS NULL AND EXISTS (SELECT 1 FROM json_each(scopes) WHERE value = 'payments:read')
    AND EXISTS (SELECT 1 FROM json_each(scopes) WHERE value = 'payments:write');
