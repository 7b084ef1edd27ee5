"""Scenes of what happens between the induction and the exit, and is shown on pages."""

from datetime import timedelta

from tests import builders
from tests.actions.audit.activities import check_out, on_an_activity
from tests.actions.audit.honours import complain
from tests.actions.audit.scene import PAGE, at_once
from tests.actions.audit.trainings import plan_training, record_training
from tests.actions.audit.volunteers import a_group
from tests.actions.plans import END
from tests.builders import NOW
from volunteer_svc.actions import (
    awards,
    complaint_files,
    evaluations,
    groups,
    membership,
    policies,
    training_attendance,
    trainings,
    transfer_proposals,
)
from volunteer_svc.actions.evaluations import EvaluateActivity, Judgement
from volunteer_svc.actions.training_attendance import StrikeAttendance
from volunteer_svc.actions.transfer_proposals import AnswerProposal, ProposeTransfer
from volunteer_svc.store.database import fetch

NEWEST = {"station_id": None, "before": None, "limit": 5}


async def propose_transfer(s):
    away = await builders.station()
    request = ProposeTransfer(to_station_id=away.id, reason="离家近")
    propose = transfer_proposals.propose_transfer
    return lambda: propose(s.worker.call(), s.person.id, request)


async def answer_transfer(s):
    proposed = await (await propose_transfer(s))()
    answer = AnswerProposal(answer="consented")
    return lambda: transfer_proposals.answer_transfer(s.himself.call(), proposed.id, answer)


async def withdraw_proposal(s):
    proposed = await (await propose_transfer(s))()
    return lambda: transfer_proposals.withdraw_proposal(s.worker.call(), proposed.id)


async def strike_training(s):
    act = await record_training(s)
    await act()
    taken = "SELECT session_id FROM training_completion WHERE volunteer_id = $1"
    (one,) = await fetch(taken, s.person.id)
    request, later = StrikeAttendance(reason="没有来"), s.worker.call(NOW + timedelta(hours=5))
    strike = training_attendance.strike_training
    return lambda: strike(later, one["session_id"], s.person.id, request)


async def evaluate_activity(s):
    done = (await (await check_out(s))()).check_in
    request = EvaluateActivity(entries=[Judgement(record_id=done.record_id, grade=4)])
    return lambda: evaluations.evaluate_activity(s.second.call(END), done.activity_id, request)


async def read_complaint(s):
    said = await complain(s)
    return lambda: complaint_files.read_complaint(s.second.call(), said.id)


async def read_group(s):
    made = await a_group(s)
    return lambda: groups.read_group(s.worker.call(), made.id)


def on_a_training(act):
    async def prepare(s):
        planned = (await (await plan_training(s))()).session.id
        return lambda: act(s, planned)

    return prepare


CHANGES = {
    "transfer_proposals.propose_transfer": propose_transfer,
    "transfer_proposals.answer_transfer": answer_transfer,
    "transfer_proposals.withdraw_proposal": withdraw_proposal,
    "training_attendance.strike_training": strike_training,
    "evaluations.evaluate_activity": evaluate_activity,
}


READINGS = {
    "trainings.read_training": on_a_training(
        lambda s, one: trainings.read_training(s.himself.call(), one)
    ),
    "trainings.newest_trainings": on_a_training(
        lambda s, _: trainings.newest_trainings(s.worker.call(), **NEWEST)
    ),
    "trainings.coming_trainings": on_a_training(
        lambda s, _: trainings.coming_trainings(s.himself.call(), limit=5)
    ),
    "trainings.unlisted_trainings": on_a_training(
        lambda s, _: trainings.unlisted_trainings(s.worker.call(), station_id=None, limit=5)
    ),
    "training_attendance.attendance_of": on_a_training(
        lambda s, one: training_attendance.attendance_of(s.worker.call(), one)
    ),
    "transfer_proposals.open_proposals": at_once(
        lambda s: transfer_proposals.open_proposals(s.worker.call(), station_id=None, **PAGE)
    ),
    "transfer_proposals.proposals_of": at_once(
        lambda s: transfer_proposals.proposals_of(s.himself.call(), s.person.id)
    ),
    "awards.newest_awards": at_once(lambda s: awards.newest_awards(s.second.call(), **NEWEST)),
    "awards.open_nominations": at_once(
        lambda s: awards.open_nominations(s.second.call(), station_id=None, **PAGE)
    ),
    "awards.nominations_of": at_once(lambda s: awards.nominations_of(s.worker.call(), s.person.id)),
    "evaluations.activity_evaluations": on_an_activity(
        lambda s, one: evaluations.activity_evaluations(s.second.call(), one.id)
    ),
    "evaluations.activities_served": at_once(
        lambda s: evaluations.activities_served(s.second.call(), **NEWEST)
    ),
    "complaint_files.read_complaint": read_complaint,
    "complaint_files.closed_complaints": at_once(
        lambda s: complaint_files.closed_complaints(s.second.call(), **NEWEST)
    ),
    "complaint_files.complaints_of": at_once(
        lambda s: complaint_files.complaints_of(s.second.call(), s.person.id)
    ),
    "groups.read_group": read_group,
    "groups.groups_of": at_once(lambda s: groups.groups_of(s.himself.call(), s.person.id)),
    "membership.membership_of": at_once(
        lambda s: membership.membership_of(s.himself.call(), s.person.id)
    ),
    "policies.members_named": at_once(
        lambda s: policies.members_named(s.county.call(), [s.person.id])
    ),
}
