"""What goes wrong, as a page: a person gets words and a way on, a program its problem document."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.status_codes import HTTP_303_SEE_OTHER

from volunteer_svc import log
from volunteer_svc.api import problems
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.i18n import Language, words
from volunteer_svc.web.headers import HTML, page_headers
from volunteer_svc.web.preferences import Preferences, preferences
from volunteer_svc.web.rendering import render

MEGABYTE = 1_048_576
_API = ("/v1", "/health", "/metrics")
_SIGN_ON = "/v1/sign-on"
"""A browser goes there by itself, and reads what comes of it."""


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Litestar calls this for every exception."""
    if not _for_a_person(request.scope):
        return problems.answer(request, error)
    away = _way_to_sign_in(request, error)
    if away is not None:
        return Response(b"", status_code=HTTP_303_SEE_OTHER, headers={"Location": away})
    status, faults, headers = problems.reading(error)
    preferred = preferences(request)
    fault = _too_large(request, faults[0])
    again = request.url.path if fault.code == "upload_too_large" else None
    body = error_page(status, fault, preferred, request.url.path, again=again)
    # No WWW-Authenticate: a browser would ask for a name in a window of its own.
    headers = {name: value for name, value in headers.items() if name != "WWW-Authenticate"}
    headers = page_headers(preferred.language) | headers
    return Response(body, status_code=status, media_type=HTML, headers=headers)


def refused(status: int, fault: Fault, language: Language, scope: Any) -> Any:
    """The same for what no route is to see (`api.edge.Refused`)."""
    if not _for_a_person(scope):
        return problems.refused(status, fault, language)
    preferred = preferences(Request(scope))
    body = error_page(status, fault, preferred, scope["path"])
    headers = page_headers(preferred.language)
    return problems.closing(status, body, f"{HTML}; charset=utf-8", headers)


def _too_large(request: Request[Any, Any, Any], fault: Fault) -> Fault:
    """Of a form with a file it is the file: how large it may be, instead of "send it in parts"."""
    kind = request.headers.get("content-type", "")
    if fault.code != "body_too_large" or not kind.startswith("multipart/form-data"):
        return fault
    most = request.route_handler.resolve_request_max_body_size() or 0
    return Fault("upload_too_large", None, {"max": most // MEGABYTE})


def error_page(
    status: int, fault: Fault, preferred: Preferences, path: str, *, again: str | None = None
) -> bytes:
    """`again`: the address of the form that was sent, where it can be filled in anew."""
    said = words(fault.code, fault.params, preferred.language)
    return render(
        "error.html",
        preferred.language,
        {
            "status": status,
            "said": said,
            "code": fault.code,
            "request_id": log.request_id.get(),
            "theme": preferred.theme,
            "size": preferred.size,
            "path": path,
            "again": again,
            "home": "/staff" if path.startswith("/staff") else "/",
            "query": {},
        },
    )


def _for_a_person(scope: Any) -> bool:
    """Pages answer with pages; elsewhere who says that HTML is read gets HTML."""
    if scope["path"].startswith(_API) and not scope["path"].startswith(_SIGN_ON):
        return False
    handler = scope.get("route_handler")
    if handler is not None and "page" in handler.opt:
        return True
    accept = dict(scope["headers"]).get(b"accept", b"")
    return b"text/html" in accept


def _way_to_sign_in(request: Request[Any, Any, Any], error: Exception) -> str | None:
    """Who must sign in first is sent there and comes back."""
    if not isinstance(error, Refusal):
        return None
    staff = request.url.path.startswith("/staff")
    if error.code == "password_change_required":
        return "/staff/password"
    if error.code == "code_enrolment_required":
        return "/staff/code"
    if error.kind != "unauthenticated":
        return None
    path = request.url.path
    if request.method == "GET" and request.url.query:
        path += f"?{request.url.query}"
    return f"{'/staff/sign-in' if staff else '/sign-in'}?next={quote(path, safe='/')}"
