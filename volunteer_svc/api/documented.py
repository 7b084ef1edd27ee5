"""What the API document says of an operation: its name, its purpose, all it may answer."""

from functools import cache
from http import HTTPStatus
from typing import Any

from litestar.datastructures import ResponseHeader
from litestar.openapi.datastructures import ResponseSpec

from volunteer_svc.api.problems import MEDIA_TYPE, Problem

OPEN: list[dict[str, list[str]]] = [{}]
"""`security` of an operation that asks nobody to sign in."""
_ALWAYS = (400, 500, 503)
_SIGNED_IN = (401, 403)
BODY = (408, 413, 415)
"""What every operation with a body may answer besides."""
WRITES = (*BODY, 409, 422)
"""What an operation may that adds something, under an Idempotency-Key or not."""
EDITS = (*BODY, 404, 412, 422)
"""What a change of something existing may."""
_ETAG = ResponseHeader(
    "ETag", documentation_only=True, description="the revision; send it back as If-Match"
)


def documented(
    operation_id: str,
    summary: str,
    *statuses: int,
    signed_in: bool = True,
    etag: bool = False,
    probe: bool = False,
    more: dict[int, ResponseSpec] | None = None,
) -> dict[str, Any]:
    """Keyword arguments of a route: `statuses` are the problems it may answer besides the usual.

    A `probe` is asked by our own machinery and not limited in its rate.
    """
    usual = (*_ALWAYS, *(() if probe else (429,)), *(_SIGNED_IN if signed_in else ()))
    return {
        "operation_id": operation_id,
        "summary": summary,
        "response_headers": [_ETAG] if etag or HTTPStatus.PRECONDITION_FAILED in statuses else [],
        "security": [{"bearer": []}, {"cookie": [], "csrf": []}] if signed_in else OPEN,
        "responses": {status: problem(status) for status in sorted({*usual, *statuses})}
        | (more or {}),
    }


@cache  # one for all operations, and for all copies that Litestar makes of them
def problem(status: int, kind: type[Problem] = Problem) -> ResponseSpec:
    return ResponseSpec(
        kind,
        generate_examples=False,
        description=HTTPStatus(status).phrase,
        media_type=MEDIA_TYPE,
    )
