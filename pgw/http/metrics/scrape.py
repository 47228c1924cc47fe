from quart import Response

from pgw.http.call import Call, Parts
from pgw.http.docs.operation import Answer, Operation, Tag

_TEXT = """# HELP pgw_jobs_in_flight Jobs that were accepted and still await the bank's first answer.
# TYPE pgw_jobs_in_flight gauge
pgw_jobs_in_flight 3.0
"""
SCRAPE = Operation(
    id="scrapeMetrics",
    tag=Tag.HEALTH,
    summary="What was measured, for Prometheus",
    description="In Prometheus' text format, or in OpenMetrics where `Accept` asks for it. It is made "
    "at most once a second.",
    answers=(
        Answer(
            200,
            "All metrics.",
            {"type": "string"},
            media_types=("text/plain", "application/openmetrics-text"),
            examples={"One": {"summary": "One of them", "value": _TEXT}},
        ),
    ),
)


async def scrape(parts: Parts, call: Call) -> Response:
    """`GET /metrics`: all that was measured, in Prometheus' text format or in OpenMetrics."""
    scraped = await parts.scrape(",".join(call.request.headers.getlist("Accept")))
    return Response(scraped.text, content_type=scraped.content_type)
