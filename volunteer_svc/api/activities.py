"""Activities: planned and published by the desk, read by everybody, signed up for."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import activities, signups
from volunteer_svc.actions.activities import (
    Activities,
    CancelActivity,
    ChangeCapacity,
    EditActivity,
    PlanActivity,
    PublishActivity,
)
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.joined_signups import SignupJoiner
from volunteer_svc.actions.signups import SignUp, SignupView, Withdraw
from volunteer_svc.api.calls import tagged
from volunteer_svc.api.documented import EDITS, WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.domain.activity import Activity


@post("/", **documented("planActivity", "Plan an activity, or a series of them", *WRITES))
async def plan_activity(
    data: JSONBody[PlanActivity],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Activities:
    return await activities.plan_activity.once(once, call, data)


@get("/", **documented("listActivities", "Activities in the order they were planned", 422))
async def list_activities(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
    from_on: FromQuery[date | None] = None,
    to_on: FromQuery[date | None] = None,
) -> Page[Activity]:
    """`from_on`, `to_on`: the days (Shanghai) on which they take place, both included."""
    rows = await activities.activities(
        call,
        station_id=station_id,
        from_on=from_on,
        to_on=to_on,
        after=asked.after_id(),
        limit=asked.fetch,
    )
    return asked.page(rows, lambda row: row.id)


@get("/{activity_id:uuid}", **documented("readActivity", "One activity", 404, etag=True))
async def read_activity(
    activity_id: FromPath[UUID], call: NamedDependency[Call]
) -> Response[Activity]:
    activity = await activities.read_activity(call, activity_id)
    return tagged(activity, activity.revision)


@patch(
    "/{activity_id:uuid}",
    **documented("editActivity", "Change an activity while it is planned", 409, *EDITS, etag=True),
)
async def edit_activity(
    activity_id: FromPath[UUID],
    data: JSONBody[EditActivity],
    call: NamedDependency[Call],
    revision: NamedDependency[int | None],
) -> Response[Activity]:
    activity = await activities.edit_activity(call, activity_id, data, revision)
    return tagged(activity, activity.revision)


@post(
    "/{activity_id:uuid}/publish",
    status_code=200,
    **documented("publishActivity", "People may sign up from now on", 404, *WRITES),
)
async def publish_activity(
    activity_id: FromPath[UUID],
    data: JSONBody[PublishActivity],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Activities:
    return await activities.publish_activity.once(once, call, activity_id, data)


@post(
    "/{activity_id:uuid}/cancel",
    status_code=200,
    **documented("cancelActivity", "It does not take place; who signed up is told", 404, *WRITES),
)
async def cancel_activity(
    activity_id: FromPath[UUID],
    data: JSONBody[CancelActivity],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Activities:
    return await activities.cancel_activity.once(once, call, activity_id, data)


@post(
    "/{activity_id:uuid}/capacity",
    status_code=200,
    **documented("changeCapacity", "Change the places; the waiting list moves up", 404, *WRITES),
)
async def change_capacity(
    activity_id: FromPath[UUID],
    data: JSONBody[ChangeCapacity],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Activity:
    return await activities.change_capacity.once(once, call, activity_id, data)


@get(
    "/{activity_id:uuid}/sign-ups",
    **documented("listSignups", "Who signed up, in the order of arrival", 404),
)
async def list_signups(
    activity_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[SignupView]:
    rows = await signups.signups_for(call, activity_id, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda row: row.id)


@post(
    "/{activity_id:uuid}/sign-ups",
    **documented("signUp", "A place, or one on the waiting list", 404, *WRITES),
)
async def sign_up(
    activity_id: FromPath[UUID],
    data: JSONBody[SignUp],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    request: Request[Any, Any, State],
) -> SignupView:
    joiner: SignupJoiner = request.app.state.signups
    return await joiner.sign_up(once, call, activity_id, data)


@post(
    "/{activity_id:uuid}/sign-ups/{volunteer_id:uuid}/withdraw",
    status_code=200,
    **documented("withdrawSignup", "Give the place back", 404, *WRITES),
)
async def withdraw(
    activity_id: FromPath[UUID],
    volunteer_id: FromPath[UUID],
    data: JSONBody[Withdraw],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> SignupView:
    return await signups.withdraw.once(once, call, activity_id, volunteer_id, data)


router = Router(
    "/activities",
    tags=["activities"],
    route_handlers=[
        plan_activity,
        list_activities,
        read_activity,
        edit_activity,
        publish_activity,
        cancel_activity,
        change_capacity,
        list_signups,
        sign_up,
        withdraw,
    ],
)
