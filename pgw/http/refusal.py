"""The answer to what never became a request: in the one shape, with an id and a line in the log."""

from collections.abc import MutableMapping
from typing import Any

import structlog
from attrs import frozen

from pgw.http import answers
from pgw.http.front import REFUSED_WITH, REQUEST_ID, address_for_log, request_id_of
from pgw.measures import UNMEASURED, Measures
from pgw.ports import Clock, Ids

_log = structlog.get_logger()


@frozen
class Refused:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@frozen
class Refusals:
    """Makes answers for the protocol itself, whose connection ends with them.

    What the client sent is neither repeated nor logged: it was not understood, so it may be card data.
    """

    clock: Clock
    ids: Ids
    measures: Measures = UNMEASURED

    def of(self, code: str, client: str | None, scope: MutableMapping[str, Any] | None = None) -> Refused:
        """Refuse a client's connection, or the request of `scope`, which says so in the line of its own."""
        known = scope or {}
        request_id = known.get(REQUEST_ID) or request_id_of(known.get("headers", ()), self.ids)
        refused = self._refused(code, request_id, known.get("path"))
        self.measures.refused(code)
        if scope is None:
            _log.info(
                "Request",
                RequestMethod=None,
                RequestPath=None,
                StatusCode=refused.status,
                Elapsed=None,
                RequestId=request_id,
                ClientAddress=address_for_log(client),
                MerchantId=None,
                Code=code,
            )
        else:
            scope[REQUEST_ID], scope[REFUSED_WITH] = request_id, refused.status
        return refused

    def _refused(self, code: str, request_id: str, path: str | None) -> Refused:
        document = answers.problem_document(code, request_id, self.clock.now(), instance=path)
        status: int = document["status"]
        body = answers.encode(document).encode()
        headers = {
            "Content-Type": answers.PROBLEM,
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Request-Id": request_id,
            **answers.retry_after(status),
        }
        return Refused(status, [(name.encode(), value.encode()) for name, value in headers.items()], body)
