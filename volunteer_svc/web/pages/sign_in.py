"""Signing in and out: volunteers by password, sent code or slip; staff by password and app."""

from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from volunteer_svc.actions import sent_codes, sessions
from volunteer_svc.actions.sent_codes import RequestCode, UseCode
from volunteer_svc.actions.sessions import SignIn, Token, UseSlip
from volunteer_svc.api.cookies import session_cookie
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.sent_code import GOOD_MINUTES
from volunteer_svc.web.forms import Form
from volunteer_svc.web.visit import Visit, always_page, here_only, page

_TRIES = limited("sign-ins")
NEXT = "next"


def _opened(visit: Visit, token: Token, home: str) -> Response[bytes]:
    """A session in this browser, and back to where it was asked for."""
    cookie = session_cookie(token.token, visit.config, seconds=visit.config.session_hours * 3600)
    return visit.done(here_only(visit.form.value(NEXT), home), cookies=[cookie])


def _asked(visit: Visit, **values: object) -> Form:
    """An empty form that remembers where somebody wanted to go."""
    return Form.showing(**{NEXT: visit.request.query_params.get(NEXT, "")}, **values)


@get("/sign-in", **page("signIn"))
async def show_sign_in(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("sign_in/volunteer.html", form=_asked(visit))


@post("/sign-in", guards=[_TRIES], **page("signIn"))
async def sign_in(visit: NamedDependency[Visit]) -> Response[bytes]:
    hours = visit.config.session_hours
    try:
        request = visit.form.into(SignIn, kind="volunteer", code=None)
        token = await sessions.sign_in(visit.call, request, hours=hours)
    except Refusal as refusal:
        return visit.again("sign_in/volunteer.html", refusal)
    return _opened(visit, token, "/me")


@get("/sign-in/code", **page("requestCode"))
async def show_code(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("sign_in/code_request.html", form=_asked(visit))


@post("/sign-in/code", guards=[_TRIES], **page("requestCode"))
async def request_code(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The next form at once: an answer that anybody gets alike."""
    try:
        request = visit.form.into(RequestCode)
        await sent_codes.request_code(visit.call, request)
    except Refusal as refusal:
        return visit.again("sign_in/code_request.html", refusal)
    form = Form.showing(**{NEXT: visit.form.value(NEXT)}, name=request.name)
    return visit.page("sign_in/code_use.html", form=form, good_minutes=GOOD_MINUTES)


@post("/sign-in/code/use", guards=[_TRIES], **page("useCode"))
async def use_code(visit: NamedDependency[Visit]) -> Response[bytes]:
    hours = visit.config.session_hours
    try:
        request = visit.form.into(UseCode)
        token = await sent_codes.sign_in_by_code(visit.call, request, hours=hours)
    except Refusal as refusal:
        return visit.again("sign_in/code_use.html", refusal, good_minutes=GOOD_MINUTES)
    return _opened(visit, token, "/me")


@get("/sign-in/code/use", **page("useCode"))
async def show_code_again(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Who reloads, or changes the language, begins again."""
    return visit.done("/sign-in/code")


@get("/sign-in/slip", **page("useSlip"))
async def show_slip(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("sign_in/slip.html", form=_asked(visit))


@post("/sign-in/slip", guards=[_TRIES], **page("useSlip"))
async def use_slip(visit: NamedDependency[Visit]) -> Response[bytes]:
    hours = visit.config.session_hours
    try:
        token = await sessions.use_slip(visit.call, visit.form.into(UseSlip), hours=hours)
    except Refusal as refusal:
        return visit.again("sign_in/slip.html", refusal)
    return _opened(visit, token, "/me")


@get("/staff/sign-in", **page("signIn"))
async def show_staff_sign_in(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("sign_in/staff.html", form=_asked(visit))


@post("/staff/sign-in", guards=[_TRIES], **page("signIn"))
async def staff_sign_in(visit: NamedDependency[Visit]) -> Response[bytes]:
    hours = visit.config.session_hours
    try:
        request = visit.form.into(SignIn, kind="staff", member_no=None)
        token = await sessions.sign_in(visit.call, request, hours=hours)
    except Refusal as refusal:
        return visit.again("sign_in/staff.html", refusal)
    return _opened(visit, token, "/staff")


@post("/sign-out", **always_page("signOut"))
async def sign_out(visit: NamedDependency[Visit]) -> Response[bytes]:
    await sessions.end_session(visit.call, visit.call.session_id)
    gone = session_cookie("", visit.config, seconds=0)
    home = "/staff/sign-in" if isinstance(visit.actor, Staff) else "/"
    return visit.done(home, "sign_in.signed_out", cookies=[gone])


router = Router(
    "/",
    route_handlers=[
        show_sign_in, sign_in, show_code, request_code, show_code_again, use_code, show_slip,
        use_slip, show_staff_sign_in, staff_sign_in, sign_out,
    ],
)  # fmt: skip
