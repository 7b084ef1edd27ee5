"""Scenes of trainings."""

from datetime import timedelta

from tests.actions.audit.scene import PAGE, at_once
from tests.builders import NOW
from volunteer_svc.actions import training_attendance, trainings
from volunteer_svc.actions.inductions import Attendee
from volunteer_svc.actions.training_attendance import TrainingList
from volunteer_svc.actions.trainings import CancelTraining, PlanTraining, SaveTopic


def save_topic(s):
    request = SaveTopic(code="first-aid", name_zh="急救", name_en="First aid")
    return trainings.save_topic(s.county.call(), request)


async def plan_training(s):
    await save_topic(s)
    then = {"starts_at": NOW + timedelta(hours=1), "ends_at": NOW + timedelta(hours=3)}
    request = PlanTraining(station_id=s.station.id, title="急救", topics=["first-aid"], **then)
    return lambda: trainings.plan_training(s.worker.call(), request)


async def cancel_training(s):
    planned = (await (await plan_training(s))()).session.id
    request = CancelTraining(reason="讲师有事")
    return lambda: trainings.cancel_training(s.worker.call(), planned, request)


async def sign_up_for_training(s):
    s.training = (await (await plan_training(s))()).session.id
    return lambda: trainings.sign_up(s.himself.call(), s.training, s.person.id)


async def withdraw_from_training(s):
    await (await sign_up_for_training(s))()
    return lambda: trainings.withdraw(s.himself.call(), s.training, s.person.id)


async def record_training(s):
    planned = (await (await plan_training(s))()).session.id
    request = TrainingList(attendees=[Attendee(volunteer_id=s.person.id)])
    later = s.worker.call(NOW + timedelta(hours=4))
    return lambda: training_attendance.record_training(later, planned, request)


CHANGES = {
    "trainings.save_topic": at_once(save_topic),
    "trainings.plan_training": plan_training,
    "trainings.cancel_training": cancel_training,
    "trainings.sign_up": sign_up_for_training,
    "trainings.withdraw": withdraw_from_training,
    "training_attendance.record_training": record_training,
}


READINGS = {
    "trainings.trainings": at_once(
        lambda s: trainings.trainings(s.worker.call(), station_id=None, **PAGE)
    ),
    "training_attendance.training_of": at_once(
        lambda s: training_attendance.training_of(s.worker.call(), s.person.id)
    ),
}
