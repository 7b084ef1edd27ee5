"""Activities on a telephone: what is coming, one of them, signing up, what I signed up for."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import agenda, named, notices, signups, volunteers
from volunteer_svc.actions.joined_signups import SignupJoiner
from volunteer_svc.actions.signups import SignUp, Withdraw
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.pages.me import own_id
from volunteer_svc.web.visit import Visit, page

HOME = "/me/activities"
PAGE_LENGTH = 15

link(
    Entry(frame="volunteer", path=HOME, word="my_activities.nav", icon="calendar",
          operation="listSignupsOfVolunteer", order=15),
)  # fmt: skip


class Where(msgspec.Struct, frozen=True):
    """`all`: at every station."""

    where: str | None = None


class Which(msgspec.Struct, frozen=True):
    past: bool = False


async def context(visit: Visit) -> dict[str, Any]:
    """What all pages of activities show: the stations' names, how much is unread."""
    return {
        "stations": await named.stations_named(),
        "unread": await notices.unread(visit.call, own_id(visit)),
    }


@get("/", **page("listSignupsOfVolunteer"))
async def show_coming(visit: NamedDependency[Visit]) -> Response[bytes]:
    me, asked, shown = own_id(visit), visit.asked(PAGE_LENGTH), visit.query(Where)
    view = await volunteers.read_volunteer(visit.call, me)
    rows = await agenda.coming(
        visit.call,
        me,
        station_id=None if shown.where == "all" else view.station_id,
        after=asked.after_id(),
        limit=asked.fetch,
    )
    return visit.page(
        "my_activities/coming.html",
        listed=asked.page(rows, lambda row: row.activity.id),
        shown=shown,
        me=view,
        **await context(visit),
    )


@get("/mine", **page("listSignupsOfVolunteer"))
async def show_own(visit: NamedDependency[Visit]) -> Response[bytes]:
    asked, shown = visit.asked(PAGE_LENGTH), visit.query(Which)
    rows = await agenda.own(
        visit.call, own_id(visit), past=shown.past, after=asked.after_id(), limit=asked.fetch
    )
    return visit.page(
        "my_activities/mine.html",
        listed=asked.page(rows, lambda row: row.signup and row.signup.id),
        shown=shown,
        **await context(visit),
    )


@get("/{activity_id:uuid}", **page("signUp"))
async def show_one(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    return visit.page("my_activities/one.html", **await _one(visit, activity_id))


@post("/{activity_id:uuid}/sign-up", **page("signUp"))
async def sign_up(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = SignUp(volunteer_id=own_id(visit))
        joiner: SignupJoiner = visit.request.app.state.signups
        made = await joiner.sign_up(visit.once(), visit.call, activity_id, request)
    except Refusal as refusal:
        return visit.again("my_activities/one.html", refusal, **await _one(visit, activity_id))
    if made.state == "waiting":
        said = "my_activities.waits_said"
        return visit.done(f"{HOME}/{activity_id}", said, tone="info", place=made.place or 0)
    return visit.done(f"{HOME}/{activity_id}", "my_activities.signed_up_said")


@post("/{activity_id:uuid}/withdraw", **page("withdrawSignup"))
async def withdraw(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    me = own_id(visit)
    try:
        request = visit.form.into(Withdraw)
        await signups.withdraw.once(visit.once(), visit.call, activity_id, me, request)
    except Refusal as refusal:
        return visit.again("my_activities/one.html", refusal, **await _one(visit, activity_id))
    return visit.done(f"{HOME}/{activity_id}", "my_activities.withdrawn_said")


@get(["/{activity_id:uuid}/sign-up", "/{activity_id:uuid}/withdraw"], **page("signUp"))
async def one_again(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    return visit.done(f"{HOME}/{activity_id}")


async def _one(visit: Visit, activity_id: UUID) -> dict[str, Any]:
    looked = await agenda.look(visit.call, own_id(visit), activity_id)
    topics = await named.topics_named(visit.language)
    asked = [topics.get(code, code) for code in looked.item.activity.required_topics]
    return {
        "item": looked.item,
        "activity": looked.item.activity,
        "topics": asked,
        "hindrances": [_hindrance(one, topics) for one in looked.faults],
        **await context(visit),
    }


def _hindrance(fault: Fault, topics: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """What keeps him away, as key and places of the page words."""
    params: dict[str, Any] = dict(fault.params)
    if "topics" in params:
        codes = str(params["topics"]).split(", ")
        params["topics"] = "、".join(topics.get(code, code) for code in codes)
    return f"my_activities.gate_{fault.code}", params


router = Router(
    HOME, route_handlers=[show_coming, show_own, show_one, sign_up, withdraw, one_again]
)
