"""Parameters that several operations take."""

from pgw.http.docs.operation import Parameter
from pgw.http.idempotency import HEADER, LONGEST_KEY

_BARE, _QUOTED = r"[!#-+\-.-~]([ !#-+\-.-~]{0,%d}[!#-+\-.-~])?", r'"([ !#-\[\]-~]|\\["\\]){1,%d}"'
IDEMPOTENCY_KEY = Parameter(
    HEADER,
    "header",
    f"Makes the request safe to repeat: printable ASCII, quoted or bare, at most {LONGEST_KEY} characters. "
    "The same key and request are answered what they were the first time, for at least 24 hours. A "
    "refusal frees the key.",
    {
        "type": "string",
        "pattern": f"^({_BARE % (LONGEST_KEY - 2)}|{_QUOTED % LONGEST_KEY})$",
        "examples": ["order-17"],
    },
)
