"""My trainings, my place among the others, my complaints, a move that was proposed to me."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from volunteer_svc.actions import (
    awards,
    complaints,
    evaluations,
    groups,
    membership,
    named,
    positions,
    training_attendance,
    trainings,
    transfer_proposals,
    volunteers,
)
from volunteer_svc.actions.complaints import Complain
from volunteer_svc.actions.transfer_proposals import AnswerProposal
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.web.pages.me import own_id
from volunteer_svc.web.topics import topic_names
from volunteer_svc.web.visit import Visit, page

COMING_MAX = 50
LIST_MAX = 100


class _Which(msgspec.Struct, frozen=True):
    training_id: UUID


class _Proposal(msgspec.Struct, frozen=True):
    proposal_id: UUID


@get("/me/trainings", **page("readTrainingOfVolunteer"))
async def my_trainings(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("my_life/trainings.html", **await _trainings(visit))


@post("/me/trainings", **page("signUpForTraining"))
async def sign_up(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        which = visit.form.into(_Which).training_id
        view = await trainings.sign_up.once(visit.once(), visit.call, which, own_id(visit))
    except Refusal as refusal:
        return visit.again("my_life/trainings.html", refusal, **await _trainings(visit))
    has = own_id(visit) in view.confirmed
    return visit.done("/me/trainings", "my_life.signed_up_said" if has else "my_life.waits_said",
                      tone="good" if has else "info")  # fmt: skip


@post("/me/trainings/withdraw", **page("withdrawFromTraining"))
async def withdraw(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        which = visit.form.into(_Which).training_id
        await trainings.withdraw.once(visit.once(), visit.call, which, own_id(visit))
    except Refusal as refusal:
        return visit.again("my_life/trainings.html", refusal, **await _trainings(visit))
    return visit.done("/me/trainings", "my_life.withdrawn_said")


@get("/me/trainings/withdraw", **page("readTrainingOfVolunteer"))
async def trainings_again(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.done("/me/trainings")


@get("/me/roles", **page("readPositionsOfVolunteer"))
async def my_roles(visit: NamedDependency[Visit]) -> Response[bytes]:
    me, call = own_id(visit), visit.call
    held = await positions.positions_of(call, me)
    judged = await evaluations.evaluations_of(call, me, after=None, limit=LIST_MAX)
    return visit.page(
        "my_life/roles.html",
        me=me,
        positions=list(reversed(held)),
        held=next((one for one in held if one.to_on is None), None),
        groups=await groups.groups_of(call, me),
        awards=await awards.awards_of(call, me),
        nominations=[one for one in await awards.nominations_of(call, me) if one.state == "open"],
        evaluations=list(reversed(judged)),
    )


@get("/me/complaints", **page("listComplaintsOfVolunteer"))
async def my_complaints(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("my_life/complaints.html", rows=await _complaints(visit))


@post("/me/complaints", **page("openComplaint"))
async def complain(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        request = visit.form.into(Complain, direction="by")
        await complaints.open_complaint.once(visit.once(), visit.call, own_id(visit), request)
    except Refusal as refusal:
        return visit.again("my_life/complaints.html", refusal, rows=await _complaints(visit))
    return visit.done("/me/complaints", "my_life.complained_said")


@get("/me/transfer", **page("readTransferProposalsOfVolunteer"))
async def my_transfer(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("my_life/transfer.html", **await _membership(visit))


@post("/me/transfer", **page("answerTransferProposal"))
async def answer(visit: NamedDependency[Visit]) -> Response[bytes]:
    """To consent wants a tick, to refuse a button of its own."""
    try:
        which = visit.form.into(_Proposal).proposal_id
        request = visit.form.into(AnswerProposal)
        _require_sure(visit, request)
        act = transfer_proposals.answer_transfer
        await act.once(visit.once(), visit.call, which, request)
    except Refusal as refusal:
        return visit.again("my_life/transfer.html", refusal, **await _membership(visit))
    return visit.done("/me/transfer", f"my_life.{request.answer}_said")


@get("/me/suspension", **page("readVolunteer"))
async def my_suspension(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("my_life/suspension.html", **await _membership(visit))


def _require_sure(visit: Visit, request: AnswerProposal) -> None:
    if request.answer == "consented" and not visit.form.has("sure", "true"):
        raise Refusal(Fault("not_confirmed", "sure"))


async def _trainings(visit: Visit) -> dict[str, Any]:
    me, call = own_id(visit), visit.call
    coming = await trainings.coming_trainings(call, limit=COMING_MAX)
    view = await volunteers.read_volunteer(call, me)
    mine = [one for one in coming if me in (*one.confirmed, *one.waiting)]
    near = [one for one in coming if one.session.station_id == view.station_id]
    rest = [one for one in coming if one.session.station_id != view.station_id]
    return {
        "me": view,
        "mine": mine,
        "coming": [one for one in (*near, *rest) if one not in mine],
        "held": await training_attendance.training_of(call, me),
        "topics": topic_names(await trainings.all_topics(), visit.language),
        "stations": await named.stations_named(),
    }


async def _complaints(visit: Visit) -> list[complaints.ComplaintView]:
    rows = await complaints.complaints_by(visit.call, own_id(visit), after=None, limit=LIST_MAX)
    return list(reversed(rows))


async def _membership(visit: Visit) -> dict[str, Any]:
    me = await volunteers.read_volunteer(visit.call, own_id(visit))
    known = await named.stations_named()
    return {
        "me": me,
        "member": await membership.membership_of(visit.call, me.id),
        "stations": known,
        "station": known[me.station_id],
    }


router = Router("/", route_handlers=[
    my_trainings, sign_up, withdraw, trainings_again, my_roles, my_complaints, complain,
    my_transfer, answer, my_suspension,
])  # fmt: skip
