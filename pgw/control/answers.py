"""An answer to an operator's command: a document, or why there is none."""

from enum import StrEnum
from typing import Any

from attrs import frozen

from pgw.domain.result import Err, Ok, Result

Document = dict[str, Any]
WHO_TELLS = "a list (`pgw unresolved`, `pgw keys list`, `pgw merchants list`) tells whether it took place."


class RefusedFor(StrEnum):
    """Whose turn it is: the operator's mistake, a rule that forbids it, or a gateway that cannot now."""

    MISTAKE = "Mistake"
    RULE = "Rule"
    UNAVAILABLE = "Unavailable"


@frozen
class Refused:
    """`sentence` is for the operator."""

    kind: RefusedFor
    sentence: str


Answer = Result[Document, Refused]


def mistake(sentence: str) -> Err[Refused]:
    return Err(Refused(RefusedFor.MISTAKE, sentence))


def unavailable(sentence: str) -> Err[Refused]:
    return Err(Refused(RefusedFor.UNAVAILABLE, sentence))


def to_document(answer: Answer) -> Document:
    match answer:
        case Ok(document):
            return {"ok": document}
        case Err(refused):
            return {"refused": refused.kind, "sentence": refused.sentence}


def from_document(document: object) -> Answer | None:
    """Read an answer; None where it is none."""
    match document:
        case {"ok": dict(answer)}:
            return Ok(answer)
        case {"refused": kind, "sentence": str(sentence)} if kind in list(RefusedFor):
            return Err(Refused(RefusedFor(kind), sentence))
        case _:
            return None
