"""What is wrong with a request about webhooks."""

from pgw.domain.webhook import MOST_ENDPOINTS, EndpointRefusal, RedeliveryRefusal
from pgw.http.problems.problem import Problem

OF_WEBHOOKS = (
    Problem(
        EndpointRefusal.UNKNOWN,
        404,
        "There is no such webhook endpoint",
        "No webhook endpoint of yours has this id, or it was deleted.",
    ),
    Problem(
        EndpointRefusal.DUPLICATE,
        409,
        "There is a webhook endpoint with this URL already",
        "Nothing was changed. Events are sent to a URL once: change the endpoint that has it, or delete it "
        "first.",
    ),
    Problem(
        EndpointRefusal.TOO_MANY,
        409,
        "There are too many webhook endpoints",
        f"Nothing was added. You may have {MOST_ENDPOINTS}: delete one that is not needed any more.",
    ),
    Problem(
        RedeliveryRefusal.UNKNOWN,
        404,
        "There is no such webhook delivery",
        "No webhook delivery of yours has this id, or it was forgotten, or its endpoint was deleted.",
    ),
    Problem(
        RedeliveryRefusal.ENDPOINT_DISABLED,
        409,
        "The webhook endpoint is disabled",
        "Nothing is sent to it. Set its `status` to `Enabled` first, which also sends what waits for it.",
    ),
)
