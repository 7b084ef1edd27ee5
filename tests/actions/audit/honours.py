"""Scenes of stars, lists, awards, evaluations and complaints."""

from datetime import date, timedelta

from tests import builders
from tests.actions.audit.scene import PAGE, at_once
from tests.builders import NOW, TODAY
from volunteer_svc.actions import (
    awards,
    complaints,
    evaluations,
    policies,
    re_evaluation,
    recognitions,
)
from volunteer_svc.actions.awards import CloseNomination, Nominate, RecordAward, RevokeAward
from volunteer_svc.actions.complaints import CloseComplaint, Complain, NoteContact
from volunteer_svc.actions.evaluations import Evaluate
from volunteer_svc.actions.policies import PlanPolicy
from volunteer_svc.actions.recognitions import Publish


async def publish(s):
    await s.recorded(served_on=date(2025, 12, 1))
    request = Publish(station_id=s.station.id)
    return lambda: recognitions.publish_recognition(s.county.call(), 2025, request)


def nominate(s):
    request = Nominate(
        honour="优秀志愿者", awarding_body="省民政厅", reason="时数", evidence_reference="推荐表"
    )
    return awards.nominate(s.second.call(), s.person.id, request)


async def close_nomination(s):
    nomination = await nominate(s)
    request = CloseNomination(outcome="not_awarded")
    return lambda: awards.close_nomination(s.second.call(), nomination.id, request)


def record_award(s):
    request = RecordAward(
        name="优秀志愿者", granted_by="省民政厅", granted_on=TODAY, evidence_reference="证书1号"
    )
    return awards.record_award(s.second.call(), s.person.id, request)


async def revoke_award(s):
    award = await record_award(s)
    return lambda: awards.revoke_award(s.second.call(), award.id, RevokeAward(reason="误记"))


async def evaluate(s):
    record_id = await s.recorded()
    return lambda: evaluations.evaluate_record(s.worker.call(), record_id, Evaluate(grade=5))


def complain(s):
    request = Complain(direction="about", text="迟到")
    return complaints.open_complaint(s.worker.call(), s.person.id, request)


async def note_contact(s):
    s.complaint = (await complain(s)).id
    request = NoteContact(contact="call", on=TODAY, words="已了解")
    return lambda: complaints.note_contact(s.second.call(), s.complaint, request)


async def close_complaint(s):
    await (await note_contact(s))()
    request = CloseComplaint(outcome="founded", words="属实")
    return lambda: complaints.close_complaint(s.second.call(), s.complaint, request)


def plan_policy(s):
    request = PlanPolicy(
        version="n", valid_from=TODAY + timedelta(days=1), preset="national", reason="国标"
    )
    return policies.plan_policy(s.county.call(), request)


async def withdraw_policy(s):
    await plan_policy(s)
    return lambda: policies.withdraw_policy(s.county.call(), "n")


async def activate_policy(s):
    await plan_policy(s)
    return lambda: re_evaluation.activate_next(builders.call(now=NOW + timedelta(days=1)))


async def rate_batch(s):
    await (await activate_policy(s))()
    return lambda: re_evaluation.rate_batch(builders.call(now=NOW + timedelta(days=1)))


CHANGES = {
    "awards.nominate": at_once(nominate),
    "awards.close_nomination": close_nomination,
    "awards.record_award": at_once(record_award),
    "awards.revoke_award": revoke_award,
    "evaluations.evaluate_record": evaluate,
    "complaints.open_complaint": at_once(complain),
    "complaints.note_contact": note_contact,
    "complaints.close_complaint": close_complaint,
    "policies.plan_policy": at_once(plan_policy),
    "policies.withdraw_policy": withdraw_policy,
    "re_evaluation.activate_next": activate_policy,
    "re_evaluation.rate_batch": rate_batch,
    "recognitions.publish_recognition": publish,
}


READINGS = {
    "awards.nominations": at_once(
        lambda s: awards.nominations(s.second.call(), station_id=None, **PAGE)
    ),
    "awards.awards_of": at_once(lambda s: awards.awards_of(s.worker.call(), s.person.id)),
    "evaluations.evaluations_of": at_once(
        lambda s: evaluations.evaluations_of(s.worker.call(), s.person.id, **PAGE)
    ),
    "complaints.open_complaints": at_once(
        lambda s: complaints.open_complaints(
            s.second.call(), station_id=None, overdue=False, **PAGE
        )
    ),
    "complaints.complaints_by": at_once(
        lambda s: complaints.complaints_by(s.worker.call(), s.person.id, **PAGE)
    ),
    "policies.policies": at_once(lambda s: policies.policies(s.county.call())),
    "policies.dry_run": at_once(lambda s: policies.dry_run(s.county.call(), "jilin-2021")),
    "policies.would_change": at_once(
        lambda s: policies.would_change(s.county.call(), "jilin-2021", **PAGE)
    ),
    "recognitions.draft_recognition": at_once(
        lambda s: recognitions.draft_recognition(s.county.call(), 2026, Publish())
    ),
    "recognitions.read_recognition": at_once(
        lambda s: recognitions.read_recognition(s.county.call(), 2026, None)
    ),
}
