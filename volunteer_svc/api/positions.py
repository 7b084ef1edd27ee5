"""Backbone and leaders, and the groups they lead."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import groups, positions
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.groups import JoinGroup, NewGroup
from volunteer_svc.actions.positions import Appoint, EndPosition
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.store.groups import Group
from volunteer_svc.store.positions import Position


@post(
    "/volunteers/{volunteer_id:uuid}/positions",
    **documented("appoint", "Appoint backbone or leader from today", 404, *WRITES),
)
async def appoint(
    volunteer_id: FromPath[UUID],
    data: JSONBody[Appoint],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Position:
    return await positions.appoint.once(once, call, volunteer_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/positions",
    **documented("readPositionsOfVolunteer", "The history of somebody's positions", 404),
)
async def list_positions_of_volunteer(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call]
) -> list[Position]:
    return await positions.positions_of(call, volunteer_id)


@get("/positions", **documented("listPositions", "Who holds a position now"))
async def list_positions(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
) -> Page[Position]:
    rows = await positions.holders(
        call, station_id=station_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@post(
    "/positions/{position_id:uuid}/end",
    status_code=200,
    **documented("endPosition", "The last day is today", 404, *WRITES),
)
async def end_position(
    position_id: FromPath[UUID],
    data: JSONBody[EndPosition],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Position:
    return await positions.end_position.once(once, call, position_id, data)


@post("/groups", **documented("addGroup", "Make a group at a station", *WRITES))
async def add_group(
    data: JSONBody[NewGroup], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> Group:
    return await groups.add_group.once(once, call, data)


@get("/groups", **documented("listGroups", "Groups with leader and members"))
async def list_groups(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
) -> Page[Group]:
    rows = await groups.groups(
        call, station_id=station_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@post(
    "/groups/{group_id:uuid}/members",
    status_code=200,
    **documented("joinGroup", "Put volunteers into a group", 404, *WRITES),
)
async def join_group(
    group_id: FromPath[UUID],
    data: JSONBody[JoinGroup],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Group:
    return await groups.join_group.once(once, call, group_id, data)


@post(
    "/groups/{group_id:uuid}/members/{volunteer_id:uuid}/leave",
    status_code=200,
    **documented("leaveGroup", "Take somebody out of a group", 404, 409, 422),
)
async def leave_group(
    group_id: FromPath[UUID],
    volunteer_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Group:
    return await groups.leave_group.once(once, call, group_id, volunteer_id)


@post(
    "/groups/{group_id:uuid}/close",
    status_code=200,
    **documented("closeGroup", "Close a group without a leader", 404, 409, 422),
)
async def close_group(
    group_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Group:
    return await groups.close_group.once(once, call, group_id)


router = Router(
    "/",
    tags=["positions"],
    route_handlers=[
        appoint, list_positions_of_volunteer, list_positions, end_position, add_group, list_groups,
        join_group, leave_group, close_group,
    ],
)  # fmt: skip
