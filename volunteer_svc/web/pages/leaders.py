"""Who leads: backbone, leaders of groups and team, and the groups."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import groups, named, positions, volunteers
from volunteer_svc.actions.groups import JoinGroup, NewGroup
from volunteer_svc.actions.volunteers import Search
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.domain.text import Name
from volunteer_svc.store.groups import Group
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.stations import own_station, station_choices
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 50
HOME = "/staff/leaders"

link(
    Entry(frame="staff", path=HOME, word="leaders.nav", icon="people",
          operation="addGroup", order=54),
)  # fmt: skip


class _Who(msgspec.Struct, frozen=True):
    member_no: Name


class _Leaves(msgspec.Struct, frozen=True):
    volunteer_id: UUID


@get(HOME, **page("listGroups"))
async def show_leaders(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _all(visit)


@post(HOME, **page("addGroup"))
async def add_group(visit: NamedDependency[Visit]) -> Response[bytes]:
    own = own_station(visit)
    try:
        given = {"station_id": own} if own is not None else {}
        request = visit.form.into(NewGroup, **given)
        made = await groups.add_group.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        return await _all(visit, refusal)
    return visit.done(f"/staff/groups/{made.id}", "leaders.group_made")


@get("/staff/groups/{group_id:uuid}", **page("listGroups"))
async def show_group(visit: NamedDependency[Visit], group_id: FromPath[UUID]) -> Response[bytes]:
    return await _group(visit, group_id)


@post("/staff/groups/{group_id:uuid}", **page("joinGroup"))
async def join(visit: NamedDependency[Visit], group_id: FromPath[UUID]) -> Response[bytes]:
    try:
        search = Search(member_no=visit.form.into(_Who).member_no)
        found = await volunteers.find_volunteers(visit.call, search, after=None, limit=1)
        if not found:
            raise refuse("volunteer_unknown", "member_no")
        request = JoinGroup(volunteer_ids=[found[0].id])
        await groups.join_group.once(visit.once(), visit.call, group_id, request)
    except Refusal as refusal:
        at_field = (msgspec.structs.replace(one, field="member_no") for one in refusal.faults)
        return await _group(visit, group_id, Refusal(*at_field, kind=refusal.kind))
    return visit.done(f"/staff/groups/{group_id}", "leaders.joined")


@post("/staff/groups/{group_id:uuid}/leave", **page("leaveGroup"))
async def leave(visit: NamedDependency[Visit], group_id: FromPath[UUID]) -> Response[bytes]:
    try:
        who = visit.form.into(_Leaves).volunteer_id
        await groups.leave_group.once(visit.once(), visit.call, group_id, who)
    except Refusal as refusal:
        return await _group(visit, group_id, refusal)
    return visit.done(f"/staff/groups/{group_id}", "leaders.left")


@post("/staff/groups/{group_id:uuid}/close", **page("closeGroup"))
async def close(visit: NamedDependency[Visit], group_id: FromPath[UUID]) -> Response[bytes]:
    try:
        await groups.close_group.once(visit.once(), visit.call, group_id)
    except Refusal as refusal:
        return await _group(visit, group_id, refusal)
    return visit.done(HOME, "leaders.closed")


@get([f"/staff/groups/{{group_id:uuid}}/{act}" for act in ("leave", "close")],
     **page("listGroups"))  # fmt: skip
async def show_again(visit: NamedDependency[Visit], group_id: FromPath[UUID]) -> Response[bytes]:
    return visit.done(f"/staff/groups/{group_id}")


async def _all(visit: Visit, refusal: Refusal | None = None) -> Response[bytes]:
    call, asked = visit.call, visit.asked(PAGE_LENGTH)
    rows = await positions.holders(call, station_id=None, after=asked.after_id(), limit=asked.fetch)
    listed = asked.page(rows, lambda one: one.id)
    found = await groups.groups(call, station_id=None, after=None, limit=PAGE_LENGTH * 4)
    wanted = {one.volunteer_id for one in listed.items}
    wanted |= {one.leader_id for one in found if one.leader_id}
    context: dict[str, Any] = {
        "listed": listed,
        "groups": [one for one in found if one.closed_on is None],
        "group_names": {one.id: one.name for one in found},
        "people": await named.volunteers_named(call, wanted),
        "choices": await station_choices(visit),
        "stations": await named.stations_named(),
    }
    if refusal is not None:
        return visit.again("leaders/list.html", refusal, **context)
    return visit.page("leaders/list.html", **context)


async def _group(visit: Visit, group_id: UUID, refusal: Refusal | None = None) -> Response[bytes]:
    group: Group = await groups.read_group(visit.call, group_id)
    context: dict[str, Any] = {
        "group": group,
        "people": await named.volunteers_named(visit.call, group.members),
        "stations": await named.stations_named(),
    }
    if refusal is not None:
        return visit.again("leaders/group.html", refusal, **context)
    return visit.page("leaders/group.html", **context)


router = Router("/", route_handlers=[
    show_leaders, add_group, show_group, join, leave, close, show_again,
])  # fmt: skip
