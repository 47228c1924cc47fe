"""Why a stream ends: the code and the reason of its close frame (RFC 6455, sections 5.5.1 and 7.4)."""

from attrs import frozen

LONGEST_REASON_BYTES = 123


@frozen
class Closing:
    """`reason` has at most `LONGEST_REASON_BYTES`, whatever `seq` is in it."""

    code: int
    reason: str


def job_has_ended() -> Closing:
    return Closing(1000, "The job has ended: this was its last event.")


def client_has_spoken(seq: int) -> Closing:
    """`seq` is that of the last event that was sent, here and below."""
    return Closing(1003, f"Nothing is expected of you but to listen: connect again with after={seq}.")


def key_is_over() -> Closing:
    return Closing(1008, "The key is not good any more.")


def gateway_stops(seq: int) -> Closing:
    return Closing(1012, f"The gateway restarts: connect again with after={seq}.")


def reader_is_slow(seq: int) -> Closing:
    return Closing(1013, f"You read too slowly: connect again with after={seq}.")


def storage_is_unavailable(seq: int) -> Closing:
    return Closing(1013, f"Storage is not available: connect again in a while with after={seq}.")


def events_are_forgotten(forgotten: int) -> Closing:
    """`forgotten` is the `seq` up to which events are no longer kept, the oldest that can be asked for."""
    return Closing(
        4410,
        f"Events up to {forgotten} are no longer kept: fetch your jobs, then connect with after={forgotten}.",
    )
