"""Why no answer came, as a merchant is told: in a sentence, and nothing of what is inside our network."""

import errno
import ssl
from collections.abc import Iterator

import httpcore
import trio

from pgw.webhooks.exchange import Exchange, TooMuchReceived
from pgw.webhooks.network import AddressNotPublic, NameNotResolved, NameNotResolvedInTime

_ERRORS = {
    errno.ECONNREFUSED: "The endpoint refused the connection.",
    errno.ECONNRESET: "The endpoint reset the connection.",
    errno.EHOSTUNREACH: "There is no way to the endpoint's address.",
    errno.ENETUNREACH: "There is no way to the endpoint's address.",
}


def not_connected(error: httpcore.ConnectError | httpcore.ConnectTimeout, seconds: float) -> str:
    match error:
        case AddressNotPublic() | NameNotResolved():
            # The same for both: else a merchant could ask which names there are in our network.
            return "The URL's host has no address, or one that is not public, so nothing was sent."
        case NameNotResolvedInTime():
            return f"What address the URL's host has was not known within {seconds:g} s."
        case httpcore.ConnectTimeout():
            return f"The endpoint did not take the connection within {seconds:g} s."
        case _:
            numbers = (cause.errno for cause in _causes(error) if isinstance(cause, OSError))
            return next((_ERRORS[one] for one in numbers if one in _ERRORS), "No connection could be made.")


def no_tls(error: httpcore.ConnectError | httpcore.ConnectTimeout, seconds: float) -> str:
    for cause in _causes(error):
        match cause:
            case trio.TooSlowError() | httpcore.ConnectTimeout():
                return f"The endpoint did not finish the TLS handshake within {seconds:g} s."
            case ssl.SSLCertVerificationError():
                why = cause.verify_message.rstrip(".")
                return f"The endpoint's TLS certificate is not trusted: {why}."
            case ssl.SSLEOFError() | ConnectionError():
                break
            case ssl.SSLError() if cause.reason:
                return f"No TLS with the endpoint: {cause.reason.lower().replace('_', ' ')}."
    return "The endpoint ended the connection during the TLS handshake."


def no_answer(error: Exception, exchange: Exchange, seconds: float) -> str:
    match error:
        case TooMuchReceived():
            return "The head of the endpoint's answer is too large."
        case trio.TooSlowError():
            return f"The endpoint {_what_is_missing(exchange)} within {seconds:g} s."
        case httpcore.ProtocolError() if not exchange.has_been_left:
            return "What the endpoint answered is not HTTP/1.1."
        case _:
            when = "within its answer" if exchange.has_heard else "before it answered"
            return f"The endpoint ended the connection {when}."


def _what_is_missing(exchange: Exchange) -> str:
    if not exchange.has_sent:
        return "did not take the request"
    return "did not finish the head of its answer" if exchange.has_heard else "did not answer"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
