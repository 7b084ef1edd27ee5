"""What a volunteer holds and was granted: positions, groups, trainings, honours, evaluations."""

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import (
    awards,
    evaluations,
    groups,
    named,
    positions,
    training_attendance,
    trainings,
    volunteers,
)
from volunteer_svc.actions.awards import Nominate, RecordAward, RevokeAward
from volunteer_svc.actions.positions import Appoint, EndPosition
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.topics import topic_names
from volunteer_svc.web.visit import Visit, page

EVALUATIONS_MAX = 50
GROUPS_MAX = 200
OF = "/staff/volunteers/{volunteer_id:uuid}"


@get(f"{OF}/career", **page("readPositionsOfVolunteer"))
async def show_career(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    return await _career(visit, volunteer_id)


@post(f"{OF}/career", **page("endPosition"))
async def end_position(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    """The one held now."""
    try:
        why = visit.form.into(EndPosition)
        held = await positions.positions_of(visit.call, volunteer_id)
        for one in held:
            if one.to_on is None:
                await positions.end_position.once(visit.once(), visit.call, one.id, why)
    except Refusal as refusal:
        return await _career(visit, volunteer_id, refusal)
    return visit.done(f"/staff/volunteers/{volunteer_id}/career", "career.ended_said")


@get(f"{OF}/appoint", **page("appoint"))
async def show_appoint(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.page("career/appoint.html", **await _appoint(visit, volunteer_id))


@post(f"{OF}/appoint", **page("appoint"))
async def appoint(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(Appoint)
        await positions.appoint.once(visit.once(), visit.call, volunteer_id, request)
    except Refusal as refusal:
        return visit.again("career/appoint.html", refusal, **await _appoint(visit, volunteer_id))
    return visit.done(f"/staff/volunteers/{volunteer_id}/career", "career.appointed_said")


@get(f"{OF}/nominate", **page("nominate"))
async def show_nominate(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.page("career/nominate.html", person=await _person(visit, volunteer_id))


@post(f"{OF}/nominate", **page("nominate"))
async def nominate(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(Nominate)
        await awards.nominate.once(visit.once(), visit.call, volunteer_id, request)
    except Refusal as refusal:
        person = await _person(visit, volunteer_id)
        return visit.again("career/nominate.html", refusal, person=person)
    return visit.done(f"/staff/volunteers/{volunteer_id}/career", "career.nominated_said")


@get(f"{OF}/award", **page("recordAward"))
async def show_award(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.page("career/award.html", **await _award(visit, volunteer_id))


@post(f"{OF}/award", **page("recordAward"))
async def record_award(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    try:
        request = visit.form.into(RecordAward)
        await awards.record_award.once(visit.once(), visit.call, volunteer_id, request)
    except Refusal as refusal:
        return visit.again("career/award.html", refusal, **await _award(visit, volunteer_id))
    return visit.done(f"/staff/volunteers/{volunteer_id}/career", "career.awarded_said")


@get(f"{OF}/awards/{{award_id:uuid}}", **page("revokeAward"))
async def show_revoke(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID], award_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.page("career/revoke.html", **await _revoke(visit, volunteer_id, award_id))


@post(f"{OF}/awards/{{award_id:uuid}}", **page("revokeAward"))
async def revoke(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID], award_id: FromPath[UUID]
) -> Response[bytes]:
    try:
        why = visit.form.into(RevokeAward)
        await awards.revoke_award.once(visit.once(), visit.call, award_id, why)
    except Refusal as refusal:
        context = await _revoke(visit, volunteer_id, award_id)
        return visit.again("career/revoke.html", refusal, **context)
    return visit.done(f"/staff/volunteers/{volunteer_id}/career", "career.revoked_said")


async def _person(visit: Visit, volunteer_id: UUID) -> Any:
    return await volunteers.read_volunteer(visit.call, volunteer_id)


async def _appoint(visit: Visit, volunteer_id: UUID) -> dict[str, Any]:
    person = await _person(visit, volunteer_id)
    found = await groups.groups(
        visit.call, station_id=person.station_id, after=None, limit=GROUPS_MAX
    )
    held = await positions.positions_of(visit.call, volunteer_id)
    return {
        "person": person,
        "held": next((one for one in held if one.to_on is None), None),
        "choices": [(one.id, one.name) for one in found
                    if one.closed_on is None and one.leader_id in (None, volunteer_id)],
    }  # fmt: skip


async def _award(visit: Visit, volunteer_id: UUID) -> dict[str, Any]:
    waits = await awards.nominations_of(visit.call, volunteer_id)
    return {
        "person": await _person(visit, volunteer_id),
        "choices": [(one.id, f"{one.honour} · {one.awarding_body}") for one in waits
                    if one.state == "open"],
    }  # fmt: skip


async def _revoke(visit: Visit, volunteer_id: UUID, award_id: UUID) -> dict[str, Any]:
    granted = await awards.awards_of(visit.call, volunteer_id)
    found = next((one for one in granted if one.id == award_id), None)
    return {"person": await _person(visit, volunteer_id), "award": found}


async def _career(
    visit: Visit, volunteer_id: UUID, refusal: Refusal | None = None
) -> Response[bytes]:
    call = visit.call
    held = await positions.positions_of(call, volunteer_id)
    every = await groups.groups(call, station_id=None, after=None, limit=GROUPS_MAX)
    judged = await evaluations.evaluations_of(call, volunteer_id, after=None, limit=EVALUATIONS_MAX)
    context: dict[str, Any] = {
        "person": await _person(visit, volunteer_id),
        "positions": list(reversed(held)),
        "held": next((one for one in held if one.to_on is None), None),
        "groups": await groups.groups_of(call, volunteer_id),
        "group_names": {one.id: one.name for one in every},
        "trainings": await training_attendance.training_of(call, volunteer_id),
        "topics": topic_names(await trainings.all_topics(), visit.language),
        "nominations": await awards.nominations_of(call, volunteer_id),
        "awards": await awards.awards_of(call, volunteer_id),
        "evaluations": list(reversed(judged)),
        "staff": await named.staff_named(
            call, {one.appointed_by for one in held} | {one.evaluated_by for one in judged}
        ),
    }
    if refusal is not None:
        return visit.again("career/career.html", refusal, **context)
    return visit.page("career/career.html", **context)


router = Router("/", route_handlers=[
    show_career, end_position, show_appoint, appoint, show_nominate, nominate, show_award,
    record_award, show_revoke, revoke,
])  # fmt: skip
