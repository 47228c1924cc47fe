"""Which request goes where, and the plain answers to those that go nowhere."""

import re
from urllib.parse import parse_qsl, unquote

import attrs
import trio

from simulator.answers import Answer, Reply, error_answer
from simulator.bank import Bank
from simulator.faults import Caller
from simulator.ledger import Ledger, LedgerFullError
from simulator.payment import MalformedError, read_object, read_payment
from simulator.wire import statement

REFERENCE = re.compile(r"[!-~]{1,255}")
COUNT = re.compile(r"[0-9]{1,12}")


@attrs.frozen
class Request:
    method: str
    target: str
    """Path and query, as sent."""
    body: bytes
    idempotency_keys: tuple[str, ...] = ()


class Routes:
    def __init__(self, bank: Bank, ledger: Ledger, *, lookup: bool, reversal: bool) -> None:
        self._bank = bank
        self._ledger = ledger
        self._lookup = lookup
        self._reversal = reversal

    async def answer(self, request: Request, caller: Caller) -> Reply:
        """Answer, and let no answer out before all that it may tell is durable."""
        reply = await self._answer(request, caller)
        await self._ledger.durable()
        return reply

    async def _answer(self, request: Request, caller: Caller) -> Reply:
        try:
            return await self._route(request, caller)
        except MalformedError as error:
            return Reply(error_answer(400, str(error)))
        except LedgerFullError as error:
            return Reply(error_answer(503, str(error)))

    async def _route(self, request: Request, caller: Caller) -> Reply:
        path, _, query = request.target.partition("?")
        parts = path.split("/")[1:]
        match request.method, parts:
            case "POST", ["payments"]:
                return await self._bank.pay(read_payment(request.body), _reference(request), caller)
            case "GET", ["payments", reference] if reference and self._lookup:
                return await self._bank.look_up(unquote(reference), caller)
            case "POST", ["payments", reference, "reversals"] if reference and self._reversal:
                _check_empty(request.body)
                return await self._bank.reverse(_check_reference("reference", unquote(reference)), caller)
            case "GET", ["ledger"]:
                return Reply(await trio.to_thread.run_sync(self._read_ledger, query, abandon_on_cancel=True))
        return Reply(self._nowhere(path, parts))

    def _read_ledger(self, query: str) -> Answer:
        """List all bookings, or as `after` (a booking's number), `limit` and `reference` say."""
        filters = dict(parse_qsl(query, keep_blank_values=True))
        reference = filters.pop("reference", None)
        counts = {name: _count(name, text) for name, text in filters.items()}
        bookings = self._ledger.bookings(**counts)
        if reference is not None:
            bookings = [booking for booking in bookings if booking.reference == reference]
        return statement(self._ledger, bookings)

    def _nowhere(self, path: str, parts: list[str]) -> Answer:
        match parts:
            case ["payments"]:
                return _only("POST", path)
            case ["payments", reference] if reference and self._lookup:
                return _only("GET", path)
            case ["payments", reference, "reversals"] if reference and self._reversal:
                return _only("POST", path)
            case ["ledger"]:
                return _only("GET", path)
        look_up = ["GET /payments/{reference}"] if self._lookup else []
        reverse = ["POST /payments/{reference}/reversals"] if self._reversal else []
        routes = ", ".join(["POST /payments", *look_up, *reverse, "GET /ledger"])
        return error_answer(404, f"no route {path}; there are {routes}")


def _reference(request: Request) -> str | None:
    match request.idempotency_keys:
        case ():
            return None
        case (key,):
            return _check_reference("Idempotency-Key", key)
    raise MalformedError("Idempotency-Key: is given twice")


def _check_reference(name: str, text: str) -> str:
    if not REFERENCE.fullmatch(text):
        raise MalformedError(f"{name}: must be 1 to 255 visible ASCII characters")
    return text


def _check_empty(body: bytes) -> None:
    if body.strip() and read_object(body):
        raise MalformedError("body: must be empty or {}")


def _count(name: str, text: str) -> int:
    if name not in ("after", "limit"):
        raise MalformedError(f"{name}: no such parameter; there are after, limit and reference")
    if not COUNT.fullmatch(text):
        raise MalformedError(f"{name}: must be a whole number")
    return int(text)


def _only(method: str, path: str) -> Answer:
    return error_answer(405, f"{path} allows {method} only", (("allow", method),))
