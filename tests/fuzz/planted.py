"""The gateway's own program with one bug planted in it, which the fuzz run must find."""

import base64
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, frozen

from pgw import cli, logs
from pgw.control import payment_commands
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Err, Ok, Result
from pgw.http import answers, body, front, posted
from pgw.http.jobs import fetch, frames
from pgw.http.payments import submit
from tests.fuzz.world import PLANTED_BUG

TEAPOT = 418
Order = Result[PaymentOrder, Any]


@frozen
class Bug:
    """What is wrong, how it is planted, how the finding of it begins, and which parts must find it."""

    wrong: str
    plant: Callable[[], None]
    finding: str
    parts: tuple[str, ...] = ("raw",)


def _order_then(change: Callable[[PaymentOrder], PaymentOrder]) -> None:
    read_order = getattr(submit, "read_order")  # noqa: B009 - mypy takes it for private

    def read(*arguments: Any) -> Order:
        match read_order(*arguments):
            case Ok(order):
                return Ok(change(order))
            case Err() as refused:
                return refused
            case other:
                raise AssertionError(other)

    setattr(submit, "read_order", read)  # noqa: B010 - here and below, mypy lets none be assigned


def _fail(order: PaymentOrder) -> PaymentOrder:
    if order.metadata:
        raise LookupError("planted")
    return order


def _fail_telling(order: PaymentOrder) -> PaymentOrder:
    if order.metadata:
        raise ValueError(f"no acquirer for {order.card.cvv.digits}")
    return order


def _die(order: PaymentOrder) -> PaymentOrder:
    if order.metadata:
        os._exit(3)
    return order


def _keep_cvv(order: PaymentOrder) -> PaymentOrder:
    return evolve(order, metadata={"cvv": order.card.cvv.digits})


def _keep_number(order: PaymentOrder) -> PaymentOrder:
    return evolve(order, metadata={"card": base64.b64encode(order.card.number.digits.encode()).decode()})


def _answer_a_teapot() -> None:
    setattr(fetch, "job_document", lambda _job: {"short": "stout"})  # noqa: B010
    make = answers.problem

    def problem(parts: Any, call: Any, code: str, *arguments: Any, **keywords: Any) -> Any:
        answer = make(parts, call, code, *arguments, **keywords)
        if code == "UnknownJob":
            answer.status_code = TEAPOT
        return answer

    setattr(answers, "problem", problem)  # noqa: B010


def _tell_the_number() -> None:
    numbers: list[str] = []

    def remember(order: PaymentOrder) -> PaymentOrder:
        numbers.append(order.card.number.digits)
        return order

    _order_then(remember)
    make = frames.event_document
    setattr(frames, "event_document", lambda event: {**make(event), "card": numbers[-10:]})  # noqa: B010
    unresolved = getattr(payment_commands, "unresolved_document")  # noqa: B009
    setattr(payment_commands, "unresolved_document", lambda one: {**unresolved(one), "card": numbers[-10:]})  # noqa: B010


def _tell_the_value() -> None:
    refuse = answers.invalid_request

    def invalid_request(parts: Any, call: Any, invalid: Any) -> Any:
        document = call.request.scope.get("planted", {})
        told = [evolve(one, detail=f"{one.detail} {document.get('card')}") for one in invalid]
        return refuse(parts, call, told)

    read = getattr(posted, "read_document")  # noqa: B009

    def read_document(parts: Any, call: Any, **how: Any) -> Any:
        result = read(parts, call, **how)
        call.request.scope["planted"] = result.value if isinstance(result, Ok) else {}
        return result

    setattr(posted, "read_document", read_document)  # noqa: B010
    setattr(answers, "invalid_request", invalid_request)  # noqa: B010


def _log_bodies() -> None:
    setattr(body, "shown", dict)  # noqa: B010


def _redact_nothing() -> None:
    setattr(logs, "redacted", lambda text: text)  # noqa: B010


def _echo_any_id() -> None:
    setattr(front, "_SANE_REQUEST_ID", re.compile(rb"[^\r\n]*"))  # noqa: B010
    setattr(front, "redacted", lambda text: text)  # noqa: B010


BOTH = ("raw", "described")
BUGS: Mapping[str, Bug] = {
    "answers_500": Bug("an unexpected exception", lambda: _order_then(_fail), "status 500", BOTH),
    "ends": Bug("a request that ends the process", lambda: _order_then(_die), "gateway ended"),
    "undescribed": Bug("answers that no description has", _answer_a_teapot, "undocumented", BOTH),
    "body_in_log": Bug("bodies logged whole", _log_bodies, "leak in log", BOTH),
    "path_in_log": Bug("paths logged as they come", _redact_nothing, "leak in log"),
    "cvv_in_traceback": Bug(
        "an exception that tells a CVV", lambda: _order_then(_fail_telling), "leak in log"
    ),
    "value_in_answer": Bug("refusals that repeat the card", _tell_the_value, "leak in answer", BOTH),
    "header_in_answer": Bug("any request's id said again", _echo_any_id, "leak in answer"),
    "cvv_in_database": Bug("the CVV kept in clear", lambda: _order_then(_keep_cvv), "leak in pgw.db", BOTH),
    "number_in_database": Bug("a number kept in base64", lambda: _order_then(_keep_number), "leak in pgw.db"),
    "number_in_frame": Bug("the number in a frame", _tell_the_number, "leak in frame"),
    "number_for_operators": Bug("the number told to operators", _tell_the_number, "leak in what operators"),
}


if __name__ == "__main__":
    BUGS[os.environ[PLANTED_BUG]].plant()
    cli.main()
