-- Of each status a stretch of its own, in the order of lists: a list of all is merged from these, so that none
-- needs an index beside them.
CREATE INDEX payments_listed ON payments (merchant_id, status, created_at, id);
CREATE INDEX payments_of_reference ON payments (merchant_id, reference, created_at, id) WHERE reference IS NOT NULL;
CREATE INDEX jobs_listed ON jobs (merchant_id, type, status, created_at, id);
