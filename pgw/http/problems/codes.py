"""The only table from an error to its HTTP status, with what `GET /problems/{code}` explains."""

from collections.abc import Mapping

from pgw.http.problems.of_fields import OF_FIELDS
from pgw.http.problems.of_gateway import OF_GATEWAY
from pgw.http.problems.of_jobs import OF_JOBS
from pgw.http.problems.of_operations import OF_OPERATIONS
from pgw.http.problems.of_requests import OF_REQUESTS
from pgw.http.problems.of_webhooks import OF_WEBHOOKS
from pgw.http.problems.problem import Problem

PROBLEMS: Mapping[str, Problem] = {
    problem.code: problem
    for problem in (*OF_FIELDS, *OF_REQUESTS, *OF_OPERATIONS, *OF_WEBHOOKS, *OF_GATEWAY, *OF_JOBS)
}
