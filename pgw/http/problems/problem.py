from attrs import frozen


@frozen
class Problem:
    """A kind of problem. `status` is None for one that is met in a job, never as an answer.

    `type` is a URI that others have registered for it; empty where the type is our own page of the code.
    """

    code: str
    status: int | None
    title: str
    explanation: str
    type: str = ""
