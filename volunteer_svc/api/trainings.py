"""Training: topics, sessions, sign-up, attendance."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc import store
from volunteer_svc.actions import training_attendance, trainings
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.training_attendance import HeldTopic, StrikeAttendance, TrainingList
from volunteer_svc.actions.trainings import CancelTraining, PlanTraining, SaveTopic, TrainingView
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.outcomes import TrainingResults, training_results
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.i18n import Language
from volunteer_svc.store.trainings import Completion, Topic


@get("/training-topics", **documented("readTopics", "Training topics", signed_in=False))
async def list_topics() -> list[Topic]:
    return list((await store.trainings.topics()).values())


@post(
    "/training-topics",
    status_code=200,
    **documented("saveTopic", "Add or change a topic", *WRITES),
)
async def save_topic(
    data: JSONBody[SaveTopic], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> Topic:
    return await trainings.save_topic.once(once, call, data)


@post("/trainings", **documented("planTraining", "Plan a training, or enter a past one", *WRITES))
async def plan_training(
    data: JSONBody[PlanTraining],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> TrainingView:
    return await trainings.plan_training.once(once, call, data)


@get("/trainings", **documented("listTrainings", "Trainings with their places"))
async def list_trainings(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
) -> Page[TrainingView]:
    rows = await trainings.trainings(
        call, station_id=station_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.session.id)


@post(
    "/trainings/{training_id:uuid}/cancel",
    status_code=200,
    **documented("cancelTraining", "Cancel a training that is to come", 404, *WRITES),
)
async def cancel_training(
    training_id: FromPath[UUID],
    data: JSONBody[CancelTraining],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> TrainingView:
    return await trainings.cancel_training.once(once, call, training_id, data)


@post(
    "/trainings/{training_id:uuid}/signups/{volunteer_id:uuid}",
    status_code=200,
    **documented("signUpForTraining", "Sign up; leaders first where it is theirs", 404, 409, 422),
)
async def sign_up_for_training(
    training_id: FromPath[UUID],
    volunteer_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> TrainingView:
    return await trainings.sign_up.once(once, call, training_id, volunteer_id)


@post(
    "/trainings/{training_id:uuid}/signups/{volunteer_id:uuid}/withdraw",
    status_code=200,
    **documented("withdrawFromTraining", "Withdraw; the next one moves up", 404, 409, 422),
)
async def withdraw_from_training(
    training_id: FromPath[UUID],
    volunteer_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> TrainingView:
    return await trainings.withdraw.once(once, call, training_id, volunteer_id)


@post(
    "/trainings/{training_id:uuid}/attendance",
    status_code=200,
    **documented("recordTraining", "Enter who attended; one outcome each", 404, *WRITES),
)
async def record_training(
    training_id: FromPath[UUID],
    data: JSONBody[TrainingList],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    language: NamedDependency[Language],
) -> TrainingResults:
    result = await training_attendance.record_training.once(once, call, training_id, data)
    return TrainingResults(training_results(result.outcomes, language))


@get(
    "/trainings/{training_id:uuid}/attendance",
    **documented("readTrainingAttendance", "Who attended, also who was struck", 404),
)
async def read_training_attendance(
    training_id: FromPath[UUID], call: NamedDependency[Call]
) -> list[Completion]:
    return await training_attendance.attendance_of(call, training_id)


@post(
    "/trainings/{training_id:uuid}/attendance/{volunteer_id:uuid}/strike",
    status_code=200,
    **documented("strikeTraining", "Strike somebody who did not come", 404, *WRITES),
)
async def strike_training(
    training_id: FromPath[UUID],
    volunteer_id: FromPath[UUID],
    data: JSONBody[StrikeAttendance],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> list[Completion]:
    strike = training_attendance.strike_training.once
    return await strike(once, call, training_id, volunteer_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/trainings",
    **documented("readTrainingOfVolunteer", "What somebody completed, and how long it holds", 404),
)
async def list_training_of_volunteer(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call]
) -> list[HeldTopic]:
    return await training_attendance.training_of(call, volunteer_id)


router = Router(
    "/",
    tags=["trainings"],
    route_handlers=[
        list_topics, save_topic, plan_training, list_trainings, cancel_training,
        sign_up_for_training, withdraw_from_training, record_training,
        read_training_attendance, strike_training, list_training_of_volunteer,
    ],
)  # fmt: skip
