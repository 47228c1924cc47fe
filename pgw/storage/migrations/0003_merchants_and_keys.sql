ALTER TABLE merchants ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE merchants ADD COLUMN disabled_at INTEGER;
UPDATE merchants SET created_at = unixepoch() * 1000;

CREATE INDEX merchants_disabled ON merchants (id) WHERE disabled_at IS NOT NULL;

-- Until now there were demo keys alone, as hashes without a key; a demo's start makes them anew.
DROP TABLE api_keys;

-- `digest` is a keyed hash, `hashed_under` names its secret. Keys that take each other's place are of one line.
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64),
    hashed_under TEXT NOT NULL,
    hint TEXT NOT NULL CHECK (length(hint) <= 4),
    line TEXT NOT NULL REFERENCES api_keys (id),
    scopes TEXT NOT NULL CHECK (json_valid(scopes) AND json_array_length(scopes) > 0),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    retires_at INTEGER,
    revoked_at INTEGER,
    name TEXT,
    demo INTEGER NOT NULL CHECK (demo IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_of_merchant ON api_keys (merchant_id, id);

CREATE TRIGGER a_revoked_key_stays_revoked BEFORE UPDATE ON api_keys
WHEN OLD.revoked_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a revoked key stays revoked');
END;

CREATE TRIGGER a_key_lives_no_longer_than_was_said BEFORE UPDATE ON api_keys
WHEN NEW.expires_at IS NOT OLD.expires_at
    OR OLD.retires_at IS NOT NULL AND (NEW.retires_at IS NULL OR NEW.retires_at > OLD.retires_at)
BEGIN
    SELECT RAISE(ABORT, 'a key lives no longer than was said');
END;
