import base64
import hmac

from attrs import field, frozen

PREFIX = "whsec_"


@frozen
class WebhookSecrets:
    """Secrets of endpoints, each derived from the gateway's own and never kept.

    It is HKDF's second step, its first block (RFC 5869, section 2.3), so that nothing is learnt from one
    secret of another. `secret` is of webhooks alone.
    """

    secret: bytes = field(repr=False)

    def key(self, endpoint_id: str, version: int) -> bytes:
        """Return the 32 bytes that an endpoint's webhooks are signed with (Standard Webhooks: 24 to 64)."""
        return hmac.digest(self.secret, f"{endpoint_id} {version}".encode() + b"\x01", "sha256")

    def shown(self, endpoint_id: str, version: int) -> str:
        """Return a secret as its merchant is told it: `whsec_` and base64."""
        return PREFIX + base64.b64encode(self.key(endpoint_id, version)).decode()
