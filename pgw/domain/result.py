from typing import Generic, TypeVar

from attrs import frozen

Value = TypeVar("Value", covariant=True)
Error = TypeVar("Error", covariant=True)


@frozen
class Ok(Generic[Value]):
    """What was asked for."""

    value: Value


@frozen
class Err(Generic[Error]):
    """Why it was not to be had; expected, so a value and never an exception."""

    error: Error


Result = Ok[Value] | Err[Error]
