"""Induction sessions and their attendance lists."""

from uuid import UUID

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import induction_revocations, inductions
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.induction_revocations import RevokeInduction
from volunteer_svc.actions.inductions import PlanSession, RecordAttendance, SignUpView
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.outcomes import AttendanceResults, attendance_results
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.i18n import Language
from volunteer_svc.store.inductions import Attendance, ComingSession, InductionSession


@post(
    "/", **documented("planInductionSession", "Plan a session, or enter a past one", 404, *WRITES)
)
async def plan_session(
    data: JSONBody[PlanSession], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> InductionSession:
    return await inductions.plan_session.once(once, call, data)


@get("/", **documented("listInductionSessions", "Sessions in the order they were made"))
async def list_sessions(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
) -> Page[InductionSession]:
    rows = await inductions.sessions(
        call, station_id=station_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda session: session.id)


@post(
    "/{session_id:uuid}/attendance",
    status_code=200,
    **documented("recordAttendance", "Enter who attended; one outcome each", 404, *WRITES),
)
async def record_attendance(
    session_id: FromPath[UUID],
    data: JSONBody[RecordAttendance],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    language: NamedDependency[Language],
) -> AttendanceResults:
    result = await inductions.record_attendance.once(once, call, session_id, data)
    return AttendanceResults(attendance_results(result.outcomes, language))


@post(
    "/{session_id:uuid}/attendance/{volunteer_id:uuid}/revoke",
    status_code=200,
    **documented("revokeInduction", "Take back that somebody attended", 404, *WRITES),
)
async def revoke_induction(
    session_id: FromPath[UUID],
    volunteer_id: FromPath[UUID],
    data: JSONBody[RevokeInduction],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> list[Attendance]:
    revoke = induction_revocations.revoke_induction.once
    return await revoke(once, call, session_id, volunteer_id, data)


@get(
    "/{session_id:uuid}/sign-ups",
    **documented("readInductionSignUps", "Who means to come to a session", 404),
)
async def list_sign_ups(
    session_id: FromPath[UUID], call: NamedDependency[Call]
) -> list[SignUpView]:
    return await inductions.sign_ups(call, session_id)


@get(
    "/",
    **documented("readComingInductions", "The next sessions that count for a volunteer", 404),
)
async def list_coming(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call]
) -> list[ComingSession]:
    return await inductions.coming_sessions(call, volunteer_id)


@post(
    "/{session_id:uuid}/sign-up",
    status_code=200,
    **documented("signUpForInduction", "Means to come; gives up another session", 404, 409, 422),
)
async def sign_up(
    volunteer_id: FromPath[UUID],
    session_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ComingSession:
    return await inductions.sign_up.once(once, call, volunteer_id, session_id)


@delete("/", **documented("cancelInductionSignUp", "Will not come after all", 404))
async def cancel_sign_up(volunteer_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
    await inductions.cancel_sign_up(call, volunteer_id)


router = Router(
    "/",
    tags=["inductions"],
    route_handlers=[
        Router(
            "/induction-sessions",
            route_handlers=[
                plan_session,
                list_sessions,
                record_attendance,
                revoke_induction,
                list_sign_ups,
            ],
        ),
        Router(
            "/volunteers/{volunteer_id:uuid}/induction-sessions",
            route_handlers=[list_coming, sign_up, cancel_sign_up],
        ),
    ],
)
