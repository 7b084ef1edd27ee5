"""One's own account: where one is signed in, the password, the authenticator app."""

from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from volunteer_svc.actions import passwords, sessions, staff_codes
from volunteer_svc.actions.passwords import ChangePassword
from volunteer_svc.actions.staff_codes import ConfirmCode, WithPassword
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.qr import qr_picture
from volunteer_svc.web.visit import Visit, always_page, enrolling_page, page

_TRIES = limited("sign-ins")
link(
    Entry(frame="staff", path="/staff/sessions", word="site.nav_mine", icon="lock",
          operation="listOwnSessions", order=99),
)  # fmt: skip
SHOWN_MAX = 100


class _Which(msgspec.Struct, frozen=True):
    session_id: UUID | None = None


def _home(visit: Visit) -> str:
    return "/staff/sessions" if isinstance(visit.actor, Staff) else "/me/sessions"


@get("/sessions", **page("listOwnSessions"))
async def show_sessions(visit: NamedDependency[Visit]) -> Response[bytes]:
    rows = await sessions.own_sessions(visit.call, after=None, limit=SHOWN_MAX)
    return visit.page("security/sessions.html", sessions=rows)


@post("/sessions", **page("endSession"))
async def end_sessions(visit: NamedDependency[Visit]) -> Response[bytes]:
    """One session, or with none named all others."""
    which = visit.form.into(_Which).session_id
    if which is None:
        await sessions.end_other_sessions(visit.call)
    else:
        await sessions.end_session(visit.call, which)
    return visit.done(_home(visit), "security.ended")


@get("/password", **always_page("changePassword"))
async def show_password(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("security/password.html")


@post("/password", guards=[_TRIES], **always_page("changePassword"))
async def change_password(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        await passwords.change_password(visit.call, visit.form.into(ChangePassword))
    except Refusal as refusal:
        return visit.again("security/password.html", refusal)
    return visit.done(_home(visit), "security.password_changed")


@get("/staff/code", **enrolling_page("enrolCode"))
async def show_code(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("security/code.html")


@post("/staff/code", guards=[_TRIES], **enrolling_page("enrolCode"))
async def enrol_code(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The app's secret is shown this once, with the form for its first code."""
    try:
        secret = await staff_codes.enrol_code(visit.call, visit.form.into(WithPassword))
    except Refusal as refusal:
        return visit.again("security/code.html", refusal)
    fours = [secret.secret[at : at + 4] for at in range(0, len(secret.secret), 4)]
    return visit.page(
        "security/code_confirm.html", secret=secret, fours=fours, picture=qr_picture(secret.uri)
    )


@post("/staff/code/confirm", guards=[_TRIES], **enrolling_page("confirmCode"))
async def confirm_code(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        codes = await staff_codes.confirm_code(visit.call, visit.form.into(ConfirmCode))
    except Refusal as refusal:
        return visit.again("security/code_confirm.html", refusal, secret=None)
    return visit.page("security/code_done.html", codes=codes.recovery_codes)


@get("/staff/code/confirm", **enrolling_page("confirmCode"))
async def show_confirm(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("security/code_confirm.html", secret=None)


router = Router(
    "/",
    route_handlers=[
        Router("/me", route_handlers=[show_sessions, end_sessions, show_password, change_password]),
        Router(
            "/staff", route_handlers=[show_sessions, end_sessions, show_password, change_password]
        ),
        show_code, enrol_code, show_confirm, confirm_code,
    ],
)  # fmt: skip
