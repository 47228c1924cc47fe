"""What rows look like as JSON documents, of the same shape as the values that are read from them."""

CURRENCY = "json_object('code', {0}.currency, 'exponent', {0}.exponent)"

FAILURE = """
    CASE WHEN {0}.failure_code IS NOT NULL
    THEN json_object('code', {0}.failure_code, 'detail', {0}.failure_detail,
        'decline_code', jobs.failure_decline_code) END
"""

JOB = f"""json_object('id', jobs.id, 'merchant_id', jobs.merchant_id, 'type', jobs.type,
    'status', jobs.status, 'payment_id', jobs.payment_id, 'payment_status', jobs.payment_status,
    'amount', json_object('minor_units', jobs.amount, 'currency', {CURRENCY.format("jobs")}),
    'failure', {FAILURE.format("jobs")}, 'request_id', jobs.request_id,
    'created_at', jobs.created_at, 'updated_at', jobs.updated_at,
    'is_final', json(iif(jobs.is_final, 'true', 'false')), 'reason', jobs.reason,
    'void_reason', jobs.void_reason)
"""

PAYMENT = f"""json_object('id', payments.id, 'merchant_id', payments.merchant_id, 'status', payments.status,
    'amount', json_object('minor_units', payments.amount, 'currency', {CURRENCY.format("payments")}),
    'card', json_object('last_four', card_last_four, 'brand', card_brand,
        'expiry', json_object('month', card_expiry_month, 'year', card_expiry_year)),
    'capture', json(iif(capture, 'true', 'false')), 'captured', payments.captured,
    'refunded', payments.refunded, 'description', description, 'reference', payments.reference,
    'metadata', json(metadata), 'bank', payments.bank, 'decline_code', payments.decline_code,
    'created_at', payments.created_at, 'updated_at', payments.updated_at,
    'authorization_reference', authorization_reference, 'capturing', capturing, 'refunding', refunding,
    'is_voiding', json(iif(is_voiding, 'true', 'false')), 'void_reason', payments.void_reason,
    'expires_at', payments.expires_at)
"""

ATTEMPT = """json_object('reference', attempts.reference, 'payment_id', attempts.payment_id,
    'job_id', attempts.job_id, 'bank', attempts.bank, 'outcome', outcome, 'tries', tries,
    'authorization_code', authorization_code,
    'created_at', attempts.created_at, 'updated_at', attempts.updated_at, 'due_at', due_at,
    'inquiries', inquiries, 'failure', failure, 'settled_because', settled_because)
"""

CHANGE = f"json_object('payment', {PAYMENT}, 'job', {JOB}, 'attempt', {ATTEMPT})"

# Each of them as it was when the event was committed.
_JOB_THEN = f"""json_set({JOB}, '$.status', events.status, '$.payment_status', events.payment_status,
    '$.failure', json({FAILURE.format("events")}), '$.updated_at', events.occurred_at)
"""
EVENT = f"""json_object('seq', events.seq, 'type', events.type, 'endpoint', json(events.endpoint),
    'job', CASE WHEN events.job_id IS NOT NULL THEN {_JOB_THEN} END)
"""
PAYMENT_THEN = f"""CASE WHEN events.job_id IS NOT NULL THEN json_set({PAYMENT},
    '$.status', events.payment_status, '$.captured', events.captured, '$.refunded', events.refunded,
    '$.decline_code', events.decline_code, '$.updated_at', events.occurred_at,
    '$.void_reason', iif(events.payment_status = 'Voided', payments.void_reason, NULL),
    '$.expires_at', events.expires_at) END
"""
