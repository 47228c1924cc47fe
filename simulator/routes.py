"""Which request goes where, and the plain answers to those that go nowhere."""

import re
from urllib.parse import parse_qsl, unquote

import attrs
import trio

from simulator.answers import Answer, Reply, error_answer
from simulator.bank import Bank
from simulator.faults import CallerLeaves
from simulator.ledger import Ledger, LedgerFullError
from simulator.payment import MalformedError, read_payment
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
    def __init__(self, bank: Bank, ledger: Ledger, *, lookup: bool) -> None:
        self._bank = bank
        self._ledger = ledger
        self._lookup = lookup

    async def answer(self, request: Request, caller_leaves: CallerLeaves) -> Reply:
        try:
            return await self._route(request, caller_leaves)
        except MalformedError as error:
            return Reply(error_answer(400, str(error)))
        except LedgerFullError as error:
            return Reply(error_answer(503, str(error)))

    async def _route(self, request: Request, caller_leaves: CallerLeaves) -> Reply:
        path, _, query = request.target.partition("?")
        parts = path.split("/")[1:]
        match request.method, parts:
            case "POST", ["payments"]:
                return await self._bank.pay(read_payment(request.body), _reference(request), caller_leaves)
            case "GET", ["payments", reference] if reference and self._lookup:
                return await self._bank.look_up(unquote(reference), caller_leaves)
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
            case ["ledger"]:
                return _only("GET", path)
        look_up = ["GET /payments/{reference}"] if self._lookup else []
        routes = ", ".join(["POST /payments", *look_up, "GET /ledger"])
        return error_answer(404, f"no route {path}; there are {routes}")


def _reference(request: Request) -> str | None:
    match request.idempotency_keys:
        case ():
            return None
        case (key,) if REFERENCE.fullmatch(key):
            return key
        case (_,):
            raise MalformedError("Idempotency-Key: must be 1 to 255 visible ASCII characters")
    raise MalformedError("Idempotency-Key: is given twice")


def _count(name: str, text: str) -> int:
    if name not in ("after", "limit"):
        raise MalformedError(f"{name}: no such parameter; there are after, limit and reference")
    if not COUNT.fullmatch(text):
        raise MalformedError(f"{name}: must be a whole number")
    return int(text)


def _only(method: str, path: str) -> Answer:
    return error_answer(405, f"{path} allows {method} only", (("allow", method),))
