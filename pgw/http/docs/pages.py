"""How lists describe themselves: what they have in common."""

from collections.abc import Mapping
from typing import Any

from pgw.domain.errors import InvalidCode, Refusal
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Operation, Parameter, Tag, closed, schema
from pgw.http.paging import LONGEST_PAGE, PAGE

EXAMPLE_CURSOR = "abjkldckkkikpay_abkcbdgckhdkhaaakhcjooeikhgagfbj_bkgidbafnepklhcmoijgbdfaenkcphlm"
STABLE = (
    "Newest first by `createdAt`. Paging from the first page to the last meets each that was there at the "
    "beginning exactly once, whatever is added or changes meanwhile."
)


def query_parameter(name: str, description: str, **described: Any) -> Parameter:
    return Parameter(name, "query", description, described)


def limit_parameter(default: int = PAGE) -> Parameter:
    return query_parameter(
        *("limit", "How many at most."),
        type="integer",
        minimum=1,
        maximum=LONGEST_PAGE,
        default=default,
        examples=[default],
    )


PAGING = (
    limit_parameter(),
    query_parameter(
        "cursor",
        "The `nextCursor` of the page before. It goes with the filters of that page and with no others; "
        "`limit` may change.",
        type="string",
        minLength=1,
        examples=[EXAMPLE_CURSOR],
    ),
)


def page_schema(rows: str) -> Mapping[str, Any]:
    return closed(
        {
            "data": {"type": "array", "maxItems": LONGEST_PAGE, "items": schema(rows)},
            "nextCursor": {
                "type": "string",
                "minLength": 1,
                "description": "There may be more: ask for them with this `cursor`. Without it there are no "
                "more.",
            },
        },
        optional=("nextCursor",),
    )


def list_operation(
    operation_id: str, tag: Tag, description: str, filters: tuple[Parameter, ...], row: Mapping[str, Any]
) -> Operation:
    return Operation(
        id=operation_id,
        tag=tag,
        summary=f"List {tag.label.lower()}, the newest first",
        description=f"{STABLE} {description}",
        parameters=(*PAGING, *filters),
        answers=(
            Answer(
                200,
                "A page of them.",
                schema(tag.label),
                examples={
                    "Page": {
                        "summary": "There are more",
                        "value": {"data": [row], "nextCursor": EXAMPLE_CURSOR},
                    },
                    "Last": {"summary": "There are no more", "value": {"data": [row]}},
                },
                headers={"Link": header("PageLinks")},
                links={
                    "next": {
                        "operationId": operation_id,
                        "parameters": {"cursor": "$response.body#/nextCursor"},
                        "description": "The next page, with the same filters; all of it is in `Link` too.",
                    }
                },
            ),
        ),
        problems=(
            InvalidCode.INVALID_PARAMETER,
            InvalidCode.UNKNOWN_PARAMETER,
            Refusal.STORAGE_UNAVAILABLE,
        ),
    )
