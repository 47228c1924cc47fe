from quart import Response

from pgw.http.call import Call, Parts


async def scrape(parts: Parts, call: Call) -> Response:
    """`GET /metrics`: all that was measured, in Prometheus' text format or in OpenMetrics."""
    scraped = await parts.scrape(",".join(call.request.headers.getlist("Accept")))
    return Response(scraped.text, content_type=scraped.content_type)
