"""A place with one of everything, and then what shows the forms that it does not show."""

from datetime import timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests import builders
from tests.actions.plans import plan, published
from tests.actions.plans import planned as planned_activity
from tests.actions.test_county_import import PERSON, bring_in, workbook
from tests.actions.test_inductions import planned as planned_induction
from tests.actions.world import line, record
from tests.builders import (
    NOW,
    TODAY,
    active,
    call,
    client_key,
    registered,
    signed_in,
    staff,
    station,
    trained,
)
from tests.keep.test_pictures import image
from tests.places import a_place
from tests.webhooks.world import endpoint
from volunteer_svc.actions import (
    activities,
    badges,
    calendars,
    certificate_batches,
    certificates,
    check_ins,
    disclosures,
    endpoints,
    erasures,
    files,
    groups,
    inductions,
    policies,
    record_exports,
    rights,
    self_reports,
    signups,
    trainings,
    volunteers,
)
from volunteer_svc.actions.activities import CancelActivity, PublishActivity
from volunteer_svc.actions.certificate_batches import IssueBatch
from volunteer_svc.actions.certificates import IssueStar
from volunteer_svc.actions.check_ins import CheckInRequest, CheckOutRequest
from volunteer_svc.actions.disclosures import AskDisclosure
from volunteer_svc.actions.endpoints import NewEndpoint
from volunteer_svc.actions.erasures import AskErasure
from volunteer_svc.actions.groups import JoinGroup
from volunteer_svc.actions.policies import PlanPolicy
from volunteer_svc.actions.record_exports import AskRecordExport
from volunteer_svc.actions.rights import AskCorrection
from volunteer_svc.actions.self_reports import ReportHours
from volunteer_svc.actions.signups import SignUp
from volunteer_svc.actions.trainings import PlanTraining
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.actor import STATION_ROLES
from volunteer_svc.domain.badge import Issuer
from volunteer_svc.domain.webhook_url import Rules
from volunteer_svc.identity.signing import SigningKey

DAY = timedelta(days=1)


async def people(who):
    """{one of `who`: signed in}; "nobody" is None."""
    home = await station()
    place = await a_place(home)
    worker, head = await staff("social_worker", home.id), await staff("station_head", home.id)
    usual = UUID(place.volunteer)
    himself = await signed_in(usual)
    due = await signed_in((await registered(home.id)).id)
    resting = await active(home.id)
    await _of_the_station(home, place, worker, head, resting)
    await _been_there(home, worker, usual)
    await _activities(home, worker, usual)
    await _his_own(home, worker, usual, himself)
    await trained(worker, resting, "first-aid")
    await _honoured(home, worker, usual, himself)
    for day in (TODAY, TODAY + DAY):
        session = await planned_induction(home, day)
    await inductions.sign_up(due.call(), due.actor.id, session.id)
    await erasures.ask_erasure(due.call(), due.actor.id, AskErasure(reason="不想留"))
    await rights.ask_correction(due.call(), due.actor.id, AskCorrection(text="住址有误"))
    found = {"nobody": None, "volunteer": himself, "due": due}
    for role in set(who) - set(found):
        found[role] = await staff(role, home.id if role in STATION_ROLES else None)
    await _files(home, worker, found["station_head"])
    await signed_in(usual)  # also on another telephone, and the head at another desk
    await builders._session(NOW, staff_id=found["station_head"].actor.id)
    return found


async def _of_the_station(home, place, worker, head, resting):
    usual = UUID(place.volunteer)
    letter = AskDisclosure(recipient="x", letter_reference="y", fields=["phone"], reason="x")
    asked = await disclosures.ask_disclosure(worker.call(), usual, letter)
    await disclosures.approve_disclosure(head.call(), asked.id)
    await volunteers.suspend(head.call(), resting.id, WithReason(reason="休养"), None)
    for one in (usual, resting.id):
        await files.upload(worker.call(), one, "photo", image(), copies=True)
    await groups.join_group(
        worker.call(), UUID(place.group), JoinGroup(volunteer_ids=[usual, resting.id])
    )
    county = await staff("county")
    planned = PlanPolicy(
        version="national", valid_from=TODAY + 30 * DAY, preset="national", reason="县里决定"
    )
    await policies.plan_policy(county.call(), planned)
    await client_key("events:read")
    await bring_in(county, workbook(roster=[[*PERSON[:-1], "不详"]]), commit=False)
    paused = await endpoint("https://platform.example.org/", now=NOW)
    await endpoints.pause_endpoint(county.call(), paused.endpoint.id)
    await endpoint("https://platform.example.org/2", now=NOW)
    new = NewEndpoint(url="https://platform.example.org/3")
    await endpoints.add_endpoint(county.call(), new, Rules(), 5)


async def _activities(home, worker, usual):
    """Planned, open, begun, called off; at one he was."""
    soon = {"started_at": NOW + timedelta(minutes=20), "ended_at": NOW + timedelta(hours=2)}
    begins, off, _ = [
        await published(worker, home.id, **fields) for fields in (soon, {}, {"capacity": 3})
    ]
    for one in (begins, off):
        await signups.sign_up(worker.call(), one.id, SignUp(volunteer_id=usual))
    await activities.cancel_activity(worker.call(), off.id, CancelActivity(reason="下雪"))
    await planned_activity(worker, home.id, **soon)


async def _been_there(home, worker, usual):
    """Ten weeks ago, for two hours."""
    start, end = NOW - 70 * DAY, NOW - 70 * DAY + timedelta(hours=2)
    there = worker.call(start - DAY)
    request = plan(home.id, started_at=start, ended_at=end)
    (one,) = (await activities.plan_activity(there, request)).activities
    await activities.publish_activity(there, one.id, PublishActivity())
    await signups.sign_up(there, one.id, SignUp(volunteer_id=usual))
    who = {"volunteer_id": usual}
    await check_ins.check_in(worker.call(start), one.id, CheckInRequest(**who))
    await check_ins.check_out(worker.call(end), one.id, CheckOutRequest(**who))


async def _files(home, worker, head):
    """What the worker makes and somebody downloads."""
    batch = IssueBatch(station_id=home.id, from_on=TODAY - 90 * DAY, to_on=TODAY)
    await certificate_batches.issue_batch(worker.call(), batch)
    while await certificate_batches.work_on_next(call(), "http://test", lambda: NOW):
        pass
    asked = AskRecordExport(
        station_id=home.id, from_on=TODAY - 90 * DAY, until_on=TODAY, reason="归档"
    )
    await record_exports.ask_record_export(head.call(), asked)
    assert await record_exports.work_on_next(lambda: NOW)


async def _his_own(home, worker, usual, himself):
    hours_told = ReportHours(station_id=home.id, served_on=TODAY, minutes=20, content="陪")
    told = await self_reports.report_hours(himself.call(), usual, hours_told)
    await self_reports.upload_photo(himself.call(), told.record_id, image())
    await calendars.make_calendar(himself.call(), usual)
    for n in (3, 4):
        ahead = PlanTraining(
            station_id=home.id, title="消防", topics=["first-aid"], starts_at=NOW + n * DAY,
            ends_at=NOW + n * DAY + timedelta(hours=1),
        )  # fmt: skip
        training = (await trainings.plan_training(worker.call(), ahead)).session
    await trainings.sign_up(himself.call(), training.id, usual)


async def _honoured(home, worker, usual, himself):
    """Three stars: one he shows, one he keeps to himself, one without a badge."""
    lines = [line(usual, served_on=TODAY - n * DAY, minutes=420) for n in range(22, 66)]
    await record(worker, home.id, *lines)
    await certificates.issue_star(worker.call(), usual, IssueStar(star=1))
    shown, _ = [await badges.make_badge(himself.call(), usual, IssueStar(star=n)) for n in (1, 2)]
    key = SigningKey(Ed25519PrivateKey.generate(), [])
    await badges.sign_badges(call(), key, Issuer("https://volunteers.example.org"))
    await badges.share_badge(himself.call(), usual, shown.id)
