"""Merchants and keys as JSON documents. Times are RFC 3339 in UTC."""

from pgw.control.answers import Document
from pgw.control.documents import timestamp
from pgw.domain.api_key import ApiKey, KeyStatus
from pgw.domain.merchant import Merchant


def merchant_document(merchant: Merchant) -> Document:
    return {
        "merchantId": merchant.id,
        "name": merchant.name,
        "createdAt": timestamp(merchant.created_at),
        "disabledAt": merchant.disabled_at and timestamp(merchant.disabled_at),
    }


def key_document(key: ApiKey, status: KeyStatus) -> Document:
    """Return what is known of a key: not the key."""
    return {
        "keyId": key.id,
        "merchantId": key.merchant_id,
        "name": key.name,
        "hint": key.hint,
        "status": status,
        "scopes": list(key.scopes),
        "createdAt": timestamp(key.created_at),
        "expiresAt": key.ends_at and timestamp(key.ends_at),
        "revokedAt": key.revoked_at and timestamp(key.revoked_at),
        "line": key.line,
    }
