"""Everything that goes wrong as RFC 9457 `application/problem+json`, in the caller's language."""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from volunteer_svc import log
from volunteer_svc.actions.feed import CursorRefused
from volunteer_svc.actions.service_records import SheetRefused
from volunteer_svc.api.decoding import BodyError, fault_of
from volunteer_svc.api.faults import ErrorItem, error_items
from volunteer_svc.api.outcomes import RecordOutcome, record_outcomes
from volunteer_svc.domain.errors import Fault, Kind, Refusal
from volunteer_svc.i18n import Language, language_of, words

MEDIA_TYPE = "application/problem+json"
_BUSY_SECONDS = 2

_STATUS: dict[Kind, int] = {
    "rule": 422,
    "conflict": 409,
    "not_found": 404,
    "forbidden": 403,
    "unauthenticated": 401,
    "stale": 412,
    "gone": 410,
    "busy": 503,
}
_EDGE_CODES = {
    404: "route_not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "media_type_unsupported",
}
_BUSY = (
    OSError,  # TimeoutError, refused connections, and a unix socket that is not there
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,  # connections, disk, memory
    asyncpg.OperatorInterventionError,  # shutdown of the server, statement timeout
    asyncpg.InternalClientError,  # a statement on a connection that has just been ended
    asyncpg.TransactionRollbackError,  # still failing after the repeats
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
_logger = logging.getLogger(__name__)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong. `code` is stable and in `type`; `errors` names each field."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None
    errors: list[ErrorItem]


class SheetProblem(Problem, frozen=True, kw_only=True):
    """A sheet refused; all-or-nothing, then with what each entry would have come to."""

    outcomes: list[RecordOutcome] = []


class CursorProblem(Problem, frozen=True, kw_only=True):
    """A cursor that leads nowhere. Go on behind `earliest` or `head` (cursors); whose own tables
    rest on the events begins anew with the state at `snapshot`."""

    earliest: str
    head: str
    snapshot: str


class EdgeRefusal(Exception):  # noqa: N818 - an answer, not a failure
    """Refused before any rule is asked, under a status of HTTP's own."""

    def __init__(self, status: int, *faults: Fault, headers: dict[str, str] | None = None) -> None:
        super().__init__(faults[0].code)
        self.status = status
        self.faults = faults
        self.headers = headers or {}


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The answer to whatever was raised; Litestar calls this for every exception."""
    status, faults, headers = reading(error)
    language = language_of(request.headers.get("accept-language"))
    problem = _problem(status, faults, language)
    if isinstance(error, SheetRefused):
        outcomes = record_outcomes(error.outcomes, language)
        problem = SheetProblem(**msgspec.structs.asdict(problem), outcomes=outcomes)
    if isinstance(error, CursorRefused):
        problem = CursorProblem(
            **msgspec.structs.asdict(problem),
            earliest=error.earliest,
            head=error.head,
            snapshot=error.snapshot,
        )
    return Response(problem, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def refused(
    status: int, fault: Fault, language: Language, _scope: Any = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ASGI messages of a refusal outside of Litestar; the connection ends with it."""
    body = msgspec.json.encode(_problem(status, (fault,), language))
    return closing(status, body, MEDIA_TYPE)


def closing(
    status: int, body: bytes, media_type: str, more: dict[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ASGI messages of a last answer on a connection."""
    plain = {"Content-Type": media_type, "Content-Length": str(len(body)), "Connection": "close"}
    every = plain | _headers(status) | (more or {})
    headers = [(k.lower().encode(), v.encode()) for k, v in every.items()]
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


def _problem(status: int, faults: tuple[Fault, ...], language: Language) -> Problem:
    main = words(faults[0].code, faults[0].params, language)
    return Problem(
        type=f"urn:volunteer-svc:problem:{faults[0].code}",
        title=main.title,
        status=status,
        detail=main.detail,
        code=faults[0].code,
        request_id=log.request_id.get(),
        errors=error_items(faults, language),
    )


def reading(error: Exception) -> tuple[int, tuple[Fault, ...], dict[str, str]]:
    """Status, faults and headers for an exception; what is our own fault is logged."""
    status, faults, headers = _meaning(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        passing = status == HTTPStatus.SERVICE_UNAVAILABLE
        level = logging.WARNING if passing else logging.ERROR
        _logger.log(level, faults[0].code, exc_info=error)
    return status, faults, headers


def _meaning(error: Exception) -> tuple[int, tuple[Fault, ...], dict[str, str]]:
    match error:
        case Refusal():
            status = _STATUS[error.kind]
            return status, error.faults, _headers(status)
        case EdgeRefusal():
            return error.status, error.faults, error.headers
        case BodyError():
            return 400, (error.fault,), {}
        case ValidationException():
            return 400, tuple(_parameter_faults(error)), {}
        case HTTPException() if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            code = _EDGE_CODES.get(error.status_code, "request_malformed")
            return error.status_code, (Fault(code),), dict(error.headers or {})
        case RecursionError():
            return 400, (Fault("json_too_deep"),), {}
        case asyncpg.InterfaceError() if not isinstance(error, ValueError):
            # The connection went away under us; a ValueError here is a bug of ours.
            return 503, (Fault("busy"),), _headers(503)
        case error if isinstance(error, _BUSY):
            return 503, (Fault("busy"),), _headers(503)
    return 500, (Fault("internal"),), {}


def _headers(status: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(_BUSY_SECONDS)}
    return {}


def _parameter_faults(error: ValidationException) -> Iterator[Fault]:
    """Path, query and header parameters that Litestar could not take."""
    found: Any = error.extra
    for one in found if isinstance(found, list) and found else [{}]:
        if one.get("key") == "data":
            yield Fault("body_missing")
        else:
            yield fault_of(str(one.get("message", "")), str(one.get("key", "")) or None)
