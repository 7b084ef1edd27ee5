"""Nominations, awards and evaluations."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import awards, evaluations
from volunteer_svc.actions.awards import CloseNomination, Nominate, RecordAward, RevokeAward
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.evaluations import ActivityEvaluations, Evaluate, EvaluateActivity
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.store.awards import Award, Nomination
from volunteer_svc.store.evaluations import Evaluation


@post(
    "/volunteers/{volunteer_id:uuid}/nominations",
    **documented("nominate", "Put somebody forward for an outside honour", 404, *WRITES),
)
async def nominate(
    volunteer_id: FromPath[UUID],
    data: JSONBody[Nominate],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Nomination:
    return await awards.nominate.once(once, call, volunteer_id, data)


@get("/nominations", **documented("listNominations", "Nominations of a station"))
async def list_nominations(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
) -> Page[Nomination]:
    rows = await awards.nominations(
        call, station_id=station_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@post(
    "/nominations/{nomination_id:uuid}/close",
    status_code=200,
    **documented("closeNomination", "Nothing came of it", 404, *WRITES),
)
async def close_nomination(
    nomination_id: FromPath[UUID],
    data: JSONBody[CloseNomination],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Nomination:
    return await awards.close_nomination.once(once, call, nomination_id, data)


@post(
    "/volunteers/{volunteer_id:uuid}/awards",
    **documented("recordAward", "Record an award, with evidence", 404, *WRITES),
)
async def record_award(
    volunteer_id: FromPath[UUID],
    data: JSONBody[RecordAward],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Award:
    return await awards.record_award.once(once, call, volunteer_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/awards",
    **documented("readAwardsOfVolunteer", "A volunteer's awards, revoked ones marked", 404),
)
async def list_awards_of_volunteer(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call]
) -> list[Award]:
    return await awards.awards_of(call, volunteer_id)


@post(
    "/awards/{award_id:uuid}/revoke",
    status_code=200,
    **documented("revokeAward", "Taken back, or entered in error", 404, *WRITES),
)
async def revoke_award(
    award_id: FromPath[UUID],
    data: JSONBody[RevokeAward],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Award:
    return await awards.revoke_award.once(once, call, award_id, data)


@post(
    "/service-records/{record_id:uuid}/evaluations",
    **documented("evaluateRecord", "Judge the quality of a service", 404, *WRITES),
)
async def evaluate_record(
    record_id: FromPath[UUID],
    data: JSONBody[Evaluate],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Evaluation:
    return await evaluations.evaluate_record.once(once, call, record_id, data)


@get(
    "/activities/{activity_id:uuid}/evaluations",
    **documented("readActivityEvaluations", "How the service at an activity was judged", 404),
)
async def read_activity_evaluations(
    activity_id: FromPath[UUID], call: NamedDependency[Call]
) -> ActivityEvaluations:
    return await evaluations.activity_evaluations(call, activity_id)


@post(
    "/activities/{activity_id:uuid}/evaluations",
    **documented("evaluateActivity", "Judge everybody who served at an activity", 404, *WRITES),
)
async def evaluate_activity(
    activity_id: FromPath[UUID],
    data: JSONBody[EvaluateActivity],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> list[Evaluation]:
    return await evaluations.evaluate_activity.once(once, call, activity_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/evaluations",
    **documented("listEvaluationsOfVolunteer", "How somebody's service was judged", 404),
)
async def list_evaluations_of_volunteer(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[Evaluation]:
    rows = await evaluations.evaluations_of(
        call, volunteer_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


router = Router(
    "/",
    tags=["awards"],
    route_handlers=[
        nominate, list_nominations, close_nomination, record_award, list_awards_of_volunteer,
        revoke_award, evaluate_record, read_activity_evaluations, evaluate_activity,
        list_evaluations_of_volunteer,
    ],
)  # fmt: skip
