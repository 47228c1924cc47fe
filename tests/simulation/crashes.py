"""Which exceptions are in a group."""

from collections.abc import Iterator


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
