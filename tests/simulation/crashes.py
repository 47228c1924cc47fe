"""What actors die of: of what the scenario does to them, and of nothing else."""

from collections.abc import Iterator

from pgw.storage.port import StorageLost


class ActorKilled(Exception):
    """Ends one actor, at whatever it awaits."""


class Bug(Exception):
    """Ends one actor, where it looks at the clock."""


# The process itself is about to end of the last one.
EXPECTED = (ActorKilled, Bug, StorageLost)


def unexpected(error: object) -> str | None:
    """Return what an actor crashed of that the scenario did not do, if anything."""
    if not isinstance(error, BaseException):
        return f"no exception at all: {error!r}"
    found = [one for one in leaves(error) if not isinstance(one, EXPECTED)]
    return raised_by(BaseExceptionGroup("unexpected", found)) if found else None


def leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from leaves(one)
    else:
        yield error


def raised_by(error: BaseException) -> str:
    """Return each kind of exception and where it was raised, for a finding."""
    return ", ".join(dict.fromkeys(f"{one!r} in {_place(one)}" for one in leaves(error)))


def _place(error: BaseException) -> str:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return "?" if at is None else f"{at.tb_frame.f_code.co_qualname}:{at.tb_lineno}"
