"""The audit trail: no command that changes something leaves no entry, no entry a person's data."""

import base64
import importlib
import json
import pkgutil
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests import builders
from tests.actions.plans import END, START, plan, planned, published, signs_up, withdraws
from tests.actions.world import line, record
from tests.builders import NOW, TODAY
from volunteer_svc import actions, ids
from volunteer_svc.actions import (
    accesses,
    accounts,
    activities,
    alarms,
    approvals,
    awards,
    calendars,
    check_ins,
    claims,
    clients,
    complaints,
    corrections,
    county_import,
    deliveries,
    digests,
    disclosures,
    endpoints,
    erasures,
    evaluations,
    event_retention,
    exports,
    files,
    groups,
    heads,
    holidays,
    housekeeping,
    identities,
    imports,
    inductions,
    intake,
    keys,
    members,
    merging,
    name_consents,
    named,
    objections,
    passwords,
    policies,
    positions,
    re_evaluation,
    receipts,
    recognitions,
    registrations,
    reminders,
    reviews,
    rights,
    self_reports,
    service_records,
    sessions,
    sheets,
    sign_on,
    signups,
    snapshot,
    staff_codes,
    staffing,
    stations,
    training_attendance,
    trainings,
    transfers,
    undos,
    volunteers,
)
from volunteer_svc.actions.accesses import Reveal
from volunteer_svc.actions.accounts import Link, NewAccount
from volunteer_svc.actions.activities import (
    CancelActivity,
    ChangeCapacity,
    EditActivity,
    PublishActivity,
)
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.awards import CloseNomination, Nominate, RecordAward, RevokeAward
from volunteer_svc.actions.check_ins import CheckInRequest, CheckOutRequest
from volunteer_svc.actions.clients import LinkSubject, NewClient, RotateKey
from volunteer_svc.actions.command import Command
from volunteer_svc.actions.complaints import CloseComplaint, Complain, NoteContact
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.county_import import Lane, MovedOn
from volunteer_svc.actions.disclosures import AskDisclosure
from volunteer_svc.actions.endpoints import NewEndpoint, Recover
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.evaluations import Evaluate
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.actions.groups import JoinGroup, NewGroup
from volunteer_svc.actions.holidays import YearTable
from volunteer_svc.actions.identities import CorrectIdentity
from volunteer_svc.actions.import_tally import Tally
from volunteer_svc.actions.inductions import Attendee, PlanSession, RecordAttendance
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.joined import Joiner
from volunteer_svc.actions.merging import MergeVolunteer
from volunteer_svc.actions.name_consents import ConsentToName
from volunteer_svc.actions.objections import AnswerObjection, Object
from volunteer_svc.actions.passwords import ChangePassword
from volunteer_svc.actions.policies import PlanPolicy
from volunteer_svc.actions.positions import Appoint, EndPosition
from volunteer_svc.actions.receipts import AskReceipt
from volunteer_svc.actions.recognitions import Publish
from volunteer_svc.actions.registrations import CheckMaterials, Decline, Enrol
from volunteer_svc.actions.reviews import DecideSignal
from volunteer_svc.actions.rights import AskCorrection, ResolveCorrection, WithdrawConsent
from volunteer_svc.actions.self_reports import ReportHours
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.actions.sessions import SignIn, UseSlip
from volunteer_svc.actions.staff_codes import ConfirmCode, WithPassword
from volunteer_svc.actions.staffing import CloseStations, Delegate, Leave
from volunteer_svc.actions.stations import EditStation, NewStation
from volunteer_svc.actions.training_attendance import TrainingList
from volunteer_svc.actions.trainings import CancelTraining, PlanTraining, SaveTopic
from volunteer_svc.actions.transfers import ConsentToMove, TransferVolunteer
from volunteer_svc.actions.undos import AskUndo, DecideUndo
from volunteer_svc.actions.volunteers import EditVolunteer, Search, WithReason
from volunteer_svc.config import Config
from volunteer_svc.domain.calendar import add_months
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.one_time_code import code_at, step_of
from volunteer_svc.domain.sign_on import Claims, Granted
from volunteer_svc.domain.webhook_url import Rules
from volunteer_svc.identity import issuer, key_file, vault
from volunteer_svc.identity.issuer import Checked
from volunteer_svc.identity.signing import SigningKey
from volunteer_svc.identity.tokens import token_hash
from volunteer_svc.images.apart import Picture
from volunteer_svc.store import database, event_log
from volunteer_svc.store.database import execute, fetch

COUNTY = Path(__file__).parents[2] / "examples/county/county.xlsx"
TRAIL = ("audit_outbox", "audit_entry", "access_log", "trail_head")


def commands(*, changes):
    """Every command of every module in actions/, by module and name."""
    found = {}
    for module in pkgutil.iter_modules(actions.__path__):
        loaded = importlib.import_module(f"volunteer_svc.actions.{module.name}")
        for name, value in vars(loaded).items():
            if isinstance(value, Command) and value._work.__module__ == loaded.__name__:
                found[f"{module.name}.{name}"] = value
    return {name for name, one in found.items() if one.changes is changes}


class Scene:
    """A station with somebody of each kind in it."""

    async def set(self):
        self.station = await builders.station()
        self.worker = await builders.staff("social_worker", self.station.id)
        self.second = await builders.staff("deputy_head", self.station.id)
        self.county = await builders.staff("county")
        self.other_county = await builders.staff("county")
        self.admin = await builders.staff("admin")
        self.auditor = await builders.staff("auditor")
        self.person = await builders.active(self.station.id)
        self.himself = await builders.signed_in(self.person.id)
        return self

    async def applied(self):
        request = Register(station_id=self.station.id, form=builders.form())
        await builders.handed_in(builders.call(), request)
        rows = await registrations.registrations(
            self.worker.call(), station_id=None, open_only=True, after=None, limit=1
        )
        return rows[0]

    async def recorded(self, **fields):
        outcomes = await record(self.worker, self.station.id, line(self.person, **fields))
        return outcomes[0].record_id

    async def slip(self):
        return await sessions.give_slip(self.worker.call(), self.person.id)

    async def asked(self):
        request = AskDisclosure(
            recipient="公安局", letter_reference="公2026-7", fields=["phone"], reason="核实"
        )
        return await disclosures.ask_disclosure(self.worker.call(), self.person.id, request)

    async def uploaded(self):
        return await imports.upload(
            self.county.call(), filename="a.xlsx", content=COUNTY.read_bytes(), reason="补录"
        )

    async def committing(self):
        run = await self.uploaded()
        assert await county_import.work_on_next(lambda: NOW)
        return await imports.start_commit(self.other_county.call(), run.id)


# Each prepares what it needs and returns the act itself.
async def open_session(s):
    name = (await fetch("SELECT username FROM staff WHERE id = $1", s.worker.actor.id))[0][0]
    request = SignIn(kind="staff", name=name, password=builders.PASSWORD)
    return lambda: sessions.sign_in(builders.call(), request, hours=1)


async def spend_slip(s):
    slip = (await s.slip()).slip
    request = UseSlip(member_no=s.person.member_no, slip=slip, password="a good long password")
    return lambda: sessions.use_slip(builders.call(), request, hours=1)


async def add_account(s):
    request = NewAccount(username="new", display_name="新", password="long password", role="bureau")
    return lambda: accounts.add_account(s.admin.call(), request)


async def decide(s):
    record_id = await s.recorded(minutes=500)
    request = Decisions(decisions=[Decide(kind="record", id=record_id, decision="approve")])
    return lambda: approvals.decide_waiting(s.second.call(), request)


async def correct(s):
    record_id = await s.recorded()
    return lambda: corrections.correct_record(
        s.worker.call(), record_id, Correct(minutes=30, reason="看错")
    )


async def resolve_claim(s):
    form = builders.form()
    request = Enrol(station_id=s.station.id, form=form, materials=[])
    await registrations.enrol_volunteer(s.worker.call(), request)
    await builders.handed_in(builders.call(), Register(station_id=s.station.id, form=form))
    (claim,) = await claims.open_claims(s.worker.call(), after=None, limit=2)
    return lambda: claims.resolve_claim(s.worker.call(), claim.id)


async def approve_disclosure(s):
    asked = await s.asked()
    return lambda: disclosures.approve_disclosure(s.county.call(), asked.id)


async def lease(s):
    await s.uploaded()
    return lambda: county_import._lease(builders.call())


async def keep_preview(s):
    run = await s.uploaded()
    return lambda: county_import._keep_preview(s.county.call(), run.id, Tally())


async def fail(s):
    run = await s.uploaded()
    return lambda: county_import._fail(s.county.call(), run, "internal")


async def take_batch(s):
    run = await s.committing()
    workbook = await imports.rows_of(run.id)
    lane = Lane(county_import.county_stations.take, 100, workbook.stations)
    return lambda: county_import._take_batch(s.county.call(), run, lane, 0, 0)


async def finish(s):
    run = await s.committing()
    workbook = await imports.rows_of(run.id)
    return lambda: county_import._finish(s.county.call(), run.id, workbook)


async def start_commit(s):
    run = await s.uploaded()
    assert await county_import.work_on_next(lambda: NOW)
    return lambda: imports.start_commit(s.other_county.call(), run.id)


async def upload(s):
    return s.uploaded


async def record_attendance(s):
    new = await builders.registered(s.station.id)
    session = await inductions.plan_session(
        s.worker.call(), PlanSession(station_id=s.station.id, held_on=TODAY)
    )
    request = RecordAttendance(attendees=[Attendee(volunteer_id=new.id)])
    return lambda: inductions.record_attendance(s.worker.call(), session.id, request)


async def sign_up(s):
    new = await builders.registered(s.station.id)
    asked = PlanSession(station_id=s.station.id, held_on=TODAY)
    session = await inductions.plan_session(s.worker.call(), asked)
    return lambda: inductions.sign_up(s.worker.call(), new.id, session.id)


async def cancel_sign_up(s):
    outcome = await (await sign_up(s))()
    (new,) = await inductions.sign_ups(s.worker.call(), outcome.id)
    return lambda: inductions.cancel_sign_up(s.worker.call(), new.volunteer_id)


async def read_sign_ups(s):
    session = await (await sign_up(s))()
    return lambda: inductions.sign_ups(s.worker.call(), session.id)


async def read_receipt(s):
    row = await s.applied()
    return lambda: receipts.read_receipt(builders.call(), AskReceipt(receipt=row.receipt))


async def publish(s):
    await s.recorded(served_on=date(2025, 12, 1))
    request = Publish(station_id=s.station.id)
    return lambda: recognitions.publish_recognition(s.county.call(), 2025, request)


async def check_materials(s):
    row = await s.applied()
    request = CheckMaterials(materials=builders.ALL_MATERIALS)
    return lambda: registrations.check_materials(s.worker.call(), row.id, request, None)


async def decline(s):
    row = await s.applied()
    return lambda: registrations.decline(s.worker.call(), row.id, Decline(reason="重复"), None)


async def enrol(s):
    request = Enrol(station_id=s.station.id, form=builders.form(), materials=[])
    return lambda: registrations.enrol_volunteer(s.worker.call(), request)


async def sign_head(s):
    key = SigningKey(Ed25519PrivateKey.generate(), [])
    return lambda: heads.sign_head(builders.call(), key)


async def announce_lapses(s):
    await builders.registered(s.station.id, date(2025, 1, 2))
    return lambda: housekeeping.announce_lapses(builders.call())


async def forget(s):
    late = NOW + timedelta(days=4000)
    return lambda: housekeeping.forget_what_is_over(builders.call(now=late))


async def reinstate(s):
    await volunteers.suspend(s.worker.call(), s.person.id, WithReason(reason="病"), None)
    return lambda: volunteers.reinstate(s.worker.call(), s.person.id, None)


async def transfer(s):
    away = await builders.station()
    request = TransferVolunteer(
        to_station_id=away.id, reason="搬家", consent=ConsentToMove(given="signed", on=TODAY)
    )
    return lambda: transfers.transfer_volunteer(s.worker.call(), s.person.id, request, None)


async def end_session(s):
    (one,) = await sessions.own_sessions(s.worker.call(), after=None, limit=1)
    return lambda: sessions.end_session(s.worker.call(), one.id)


async def confirm_code(s):
    present = WithPassword(present=builders.PASSWORD)
    made = await staff_codes.enrol_code(s.worker.call(), present)
    code = code_at(base64.b32decode(made.secret), step_of(NOW))
    return lambda: staff_codes.confirm_code(s.worker.call(), ConfirmCode(code=code))


async def remove_code(s):
    present = WithPassword(present=builders.PASSWORD)
    await staff_codes.enrol_code(s.worker.call(), present)
    return lambda: staff_codes.remove_code(s.worker.call(), present)


async def remove_code_of(s):
    await staff_codes.enrol_code(s.worker.call(), WithPassword(present=builders.PASSWORD))
    return lambda: staff_codes.remove_code_of(s.admin.call(), s.worker.actor.id)


async def unlock(s):
    change = ChangePassword(present="wrong password", new="another long one")
    with pytest.raises(Refusal, match="password_wrong"):
        await passwords.change_password(s.worker.call(), change)
    return lambda: accounts.unlock_account(s.admin.call(), s.worker.actor.id)


async def take_up(s):
    request = Register(station_id=s.station.id, form=builders.form())
    await intake.register(builders.call(), request)
    return lambda: intake.take_up_next(builders.call())


def at_once(act):
    async def prepare(s):
        return lambda: act(s)

    return prepare


async def remove_file(s):
    await upload_file(s)
    return lambda: files.remove_file(s.worker.call(), s.person.id, "photo")


def upload_file(s):
    picture = Picture(100, 100, b"x")
    return files._upload_file(s.worker.call(), ids.uuid7(), s.person.id, "photo", picture)


async def delegated(s):
    head = await builders.staff("station_head", s.station.id)
    asked = Delegate(to=s.worker.actor.id, from_on=TODAY, to_on=TODAY, reason="王小明代")
    return head, lambda: staffing.delegate(head.call(), asked)


async def delegate(s):
    return (await delegated(s))[1]


async def end_delegation(s):
    head, act = await delegated(s)
    made = await act()
    return lambda: staffing.end_delegation(head.call(), made.id)


async def close_what_is_due(s):
    asked = CloseStations(station_ids=[s.station.id], on=TODAY + timedelta(days=1), reason="换")
    await staffing.close_stations(s.admin.call(), asked)
    return lambda: staffing.close_what_is_due(builders.call(now=NOW + timedelta(days=1)))


async def open_objection(s):
    record_id = await s.recorded()
    request = Object(text="应为两小时")
    return lambda: objections.open_objection(s.himself.call(), record_id, request)


async def close_objection(s):
    opened = await (await open_objection(s))()
    answer = AnswerObjection(outcome="kept", reason="签到表无误")
    return lambda: objections.close_objection(s.second.call(), opened.id, answer)


def appoint(s):
    request = Appoint(position="backbone", reason="认真负责")
    return positions.appoint(s.second.call(), s.person.id, request)


async def end_position(s):
    held = await appoint(s)
    return lambda: positions.end_position(s.second.call(), held.id, EndPosition(reason="改任"))


def a_group(s):
    return groups.add_group(s.worker.call(), NewGroup(station_id=s.station.id, name="老年组"))


async def join_group(s):
    made, request = await a_group(s), JoinGroup(volunteer_ids=[s.person.id])
    s.group = made.id
    return lambda: groups.join_group(s.worker.call(), made.id, request)


async def leave_group(s):
    await (await join_group(s))()
    return lambda: groups.leave_group(s.worker.call(), s.group, s.person.id)


async def close_group(s):
    made = await a_group(s)
    return lambda: groups.close_group(s.worker.call(), made.id)


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


async def make_reminders(s):
    await builders.registered(s.station.id, add_months(TODAY, -3), phone="")
    return lambda: reminders.make_reminders(builders.call())


async def see_to_reminder(s):
    await (await make_reminders(s))()
    (one,) = await reminders.listed(s.worker.call(), station_id=None, **PAGE)
    return lambda: reminders.seen_to(s.worker.call(), one.id)


async def ask_correction(s):
    request = AskCorrection(text="住址有误")
    return lambda: rights.ask_correction(s.himself.call(), s.person.id, request)


async def resolve_correction(s):
    wish = await (await ask_correction(s))()
    answer = ResolveCorrection(outcome="refused", reason="无误")
    return lambda: rights.resolve_correction(s.worker.call(), wish.id, answer)


async def ask_erasure(s):
    request = AskErasure(reason="本人申请")
    return lambda: erasures.ask_erasure(s.himself.call(), s.person.id, request)


async def decide_erasure(s):
    asked = await (await ask_erasure(s))()
    request = DecideErasure(decision="approve", reason="本人申请")
    return lambda: erasures.decide_erasure(s.county.call(), asked.id, request)


async def erase_again(s):
    await (await ask_erasure(s))()
    return lambda: erasures.erase_again(builders.call(), s.person.id)


async def forget_events(s):
    await numbered()
    return lambda: event_retention.forget_events(builders.call(now=NOW + timedelta(days=91)), 90)


async def numbered():
    """What has happened is in the log."""
    connection = await database.acquire()
    await event_log.move(connection, 1_000)
    await database.ENGINE.pool.release(connection)


async def erase_what_is_over(s):
    exited = WithReason(reason="搬家")
    await volunteers.exit_volunteer(s.worker.call(), s.person.id, exited, None)
    return lambda: housekeeping.erase_what_is_over(builders.call(now=NOW + timedelta(days=4_000)))


async def merge(s):
    twin = await builders.active(s.station.id)
    request = MergeVolunteer(duplicate_id=twin.id, reason="同一个人")
    return lambda: merging.merge_volunteers(s.county.call(), s.person.id, request)


async def give_keys(s):
    sealed = vault.vault().seal(b"100000", f"person/{s.person.id}/document")
    await execute("UPDATE person SET document_sealed = $1", sealed)
    return lambda: keys.give_keys(builders.call(), keys.NOBODY)


async def another_key():
    """As after a rotation; the next test loads its own ring."""
    ring, name = key_file.read(vault.vault()._file).with_new_key()
    await execute("INSERT INTO ring_key VALUES ($1, 'wrap', '', $2)", name, NOW)
    await execute("UPDATE ring_key SET superseded_at = $1 WHERE name = 'k1'", NOW)
    vault.load(ring.sealing_with(name).text())


async def supersede(s):
    await another_key()
    await execute("UPDATE ring_key SET superseded_at = $1 WHERE purpose = 'wrap'", NOW)
    return lambda: keys.supersede(builders.call())


async def rewrap(s):
    await another_key()
    return lambda: keys.rewrap(builders.call())


async def reseal(s):
    answer = vault.vault().seal(b"{}", "answer/00")
    await execute("INSERT INTO idempotency_key VALUES ('\\x00', '\\x00', $1, $2)", answer, NOW)
    await another_key()
    return lambda: keys.reseal(builders.call())


async def retire(s):
    await another_key()
    await keys.rewrap(builders.call())
    return lambda: keys.retire(builders.call(now=NOW + timedelta(hours=1)), "k1")


async def fail_sign_in(s):
    request = SignIn(kind="staff", name="nobody", password="x")

    async def act():
        with pytest.raises(Refusal, match="sign_in_failed"):
            await sessions.sign_in(builders.call(), request, hours=1)

    return act


async def set_first_password(s):
    there = msgspec.structs.replace(s.himself.call(), session_id=await session_of(s.himself))
    return lambda: passwords.change_password(there, ChangePassword(new="another long one"))


async def session_of(person):
    return (await fetch("SELECT id FROM session WHERE token_hash = $1",
                        token_hash(person.token)))[0]["id"]  # fmt: skip


TRUSTING = Config(
    sso_issuer="https://issuer.example", sso_client_id="us", sso_origin="https://we.example",
    sso_roles=("county=county",), sso_create_accounts=True,
)  # fmt: skip
CLAIMS = Claims(iss=TRUSTING.sso_issuer, sub="somebody", aud="us", exp=0, iat=0)


def signs_on(s):
    return sign_on.sign_on(
        builders.call(), Checked(CLAIMS, {}), Granted("county", None), False, TRUSTING
    )


async def deny_sign_on(s):
    await signs_on(s)
    return lambda: sign_on.deny_sign_on(builders.call(), CLAIMS.iss, CLAIMS.sub)


def on_sign_on(act):
    async def prepare(s):
        issuer.load(TRUSTING)
        platform = await builders.client_key("events:read")
        return lambda: act(s, platform.actor.id, LinkSubject(subject="somebody"))

    return prepare


async def signed_up(s):
    one = await published(s.worker, s.station.id)
    await signs_up(s.himself, one, s.person)
    return one


def on_an_activity(act, make=published):
    async def prepare(s):
        one = await make(s.worker, s.station.id)
        return lambda: act(s, one)

    return prepare


async def publish_digests(s):
    """What has happened is in the log, and its day is over."""
    await numbered()
    return lambda: digests.publish_digests(builders.call(now=NOW + timedelta(days=2)))


async def watch(s):
    """Nobody has numbered for ten minutes."""
    return lambda: alarms.watch(builders.call(now=NOW + timedelta(minutes=10)), NOW)


async def withdraw(s):
    one = await signed_up(s)
    return lambda: withdraws(s.himself, one, s.person)


async def check_in(s):
    one = await signed_up(s)
    tap = CheckInRequest(volunteer_id=s.person.id)
    return lambda: check_ins.check_in(s.worker.call(START), one.id, tap)


async def check_out(s):
    there = await (await check_in(s))()
    tap = CheckOutRequest(volunteer_id=s.person.id)
    return lambda: check_ins.check_out(s.worker.call(END), there.activity_id, tap)


async def close_forgotten(s):
    await (await check_in(s))()
    return lambda: check_ins.close_forgotten(builders.call(now=END + timedelta(hours=1)))


async def read_check_in(s):
    there = await (await check_in(s))()
    return lambda: check_ins.read_check_in(s.himself.call(), there.activity_id, s.person.id)


async def read_notices(s):
    one = await signed_up(s)
    await activities.cancel_activity(s.worker.call(), one.id, CancelActivity(reason="雪"))
    return lambda: signups.read_notices(s.himself.call(), s.person.id)


async def entered(s, people=1):
    """A sheet of the worker's."""
    lines = [line(await builders.active(s.station.id)) for _ in range(people)]
    sheet = Sheet(station_id=s.station.id, entries=lines)
    return (await service_records.record_service(s.worker.call(), sheet)).sheet_id


async def asked_undo(s, people=1):
    request = AskUndo(kind="sheet", target_id=await entered(s, people), reason="重复")
    return lambda: undos.ask_undo(s.worker.call(), request)


async def decide_undo(s):
    asked = await (await asked_undo(s, 21))()
    request = DecideUndo(decision="approve")
    return lambda: undos.decide_undo(s.second.call(), asked.id, request)


async def work_on_next(s):
    asked = await (await asked_undo(s, 21))()
    await execute(
        "UPDATE undo SET state = 'running', decided_by = $2 WHERE id = $1",
        asked.id, s.second.actor.id,
    )  # fmt: skip
    return lambda: undos.work_on_next(builders.call())


async def read_undo(s):
    asked = await (await asked_undo(s))()
    return lambda: undos.read_undo(s.worker.call(), asked.id)


async def reported(s):
    request = ReportHours(station_id=s.station.id, served_on=TODAY, minutes=60, content="陪聊")
    return await self_reports.report_hours(s.himself.call(), s.person.id, request)


async def add_photo(s):
    report = await reported(s)
    picture = Picture(100, 100, b"x")
    return lambda: self_reports._add_photo(s.himself.call(), report.record_id, ids.uuid7(), picture)


async def read_photo(s):
    report = await reported(s)
    file = await self_reports._add_photo(
        s.himself.call(), report.record_id, ids.uuid7(), Picture(100, 100, b"x")
    )
    return lambda: self_reports._read_photo(s.worker.call(), report.record_id, file.id)


async def photos(s):
    report = await reported(s)
    return lambda: self_reports.photos(s.worker.call(), report.record_id)


async def long_day(s):
    await s.recorded(minutes=700)
    return lambda: reviews.find_signals(builders.call())


async def decide_signal(s):
    await (await long_day(s))()
    (row,) = await fetch("SELECT id FROM review_signal")
    request = DecideSignal(reason="属实")
    return lambda: reviews.decide_signal(s.second.call(), row["id"], request)


def make_calendar(s):
    return calendars.make_calendar(s.himself.call(), s.person.id)


async def revoke_calendar(s):
    await make_calendar(s)
    return lambda: calendars.revoke_calendar(s.himself.call(), s.person.id)


def on_a_client(act):
    async def prepare(s):
        platform = await builders.client_key("events:read")
        return lambda: act(s, platform.actor.id)

    return prepare


async def an_endpoint(s, **wishes):
    """Made and verified by the county."""
    request = NewEndpoint(url="https://platform.example.org/", **wishes)
    made = await endpoints.add_endpoint(s.county.call(), request, Rules(), 9)
    await deliveries.activate_endpoint(builders.call(), made.endpoint.id)
    return made.endpoint.id


def on_an_endpoint(act, *before):
    """`before`: what happens to it first."""

    async def prepare(s):
        endpoint_id = await an_endpoint(s)
        for one in before:
            await one(s.county.call(), endpoint_id)
        return lambda: act(s.county.call(), endpoint_id)

    return prepare


async def resend(s):
    endpoint_id = await an_endpoint(s)
    await numbered()
    (event,) = await fetch("SELECT event_id FROM event_log ORDER BY seq LIMIT 1")
    return lambda: endpoints.resend_event(s.county.call(), endpoint_id, event["event_id"])


def written(s):
    return sheets.WrittenSheet(
        station_id=s.station.id, served_on=TODAY, time="1",
        entries=[sheets.WrittenRow(who=s.person.member_no)],
    )  # fmt: skip


async def fill_pinyin(s):
    await execute("UPDATE person SET name_pinyin = NULL")
    return lambda: members.fill_pinyin(builders.call())


CHANGES = {
    "members.fill_pinyin": fill_pinyin,
    "sheets.record_written": at_once(lambda s: sheets.record_written(s.worker.call(), written(s))),
    "alarms.watch": watch,
    "digests.publish_digests": publish_digests,
    "activities.plan_activity": at_once(
        lambda s: activities.plan_activity(s.worker.call(), plan(s.station.id))
    ),
    "activities.edit_activity": on_an_activity(
        lambda s, one: activities.edit_activity(
            s.worker.call(), one.id, EditActivity(title="新"), None
        ),
        planned,
    ),
    "activities.publish_activity": on_an_activity(
        lambda s, one: activities.publish_activity(s.worker.call(), one.id, PublishActivity()),
        planned,
    ),
    "activities.cancel_activity": on_an_activity(
        lambda s, one: activities.cancel_activity(
            s.worker.call(), one.id, CancelActivity(reason="雪")
        )
    ),
    "activities.change_capacity": on_an_activity(
        lambda s, one: activities.change_capacity(
            s.worker.call(), one.id, ChangeCapacity(capacity=99)
        )
    ),
    "check_ins.check_in": check_in,
    "check_ins.check_out": check_out,
    "check_ins.close_forgotten": close_forgotten,
    "self_reports.report_hours": at_once(reported),
    "self_reports._add_photo": add_photo,
    "calendars.make_calendar": at_once(make_calendar),
    "calendars.revoke_calendar": revoke_calendar,
    "reviews.find_signals": long_day,
    "reviews.decide_signal": decide_signal,
    "undos.ask_undo": asked_undo,
    "undos.decide_undo": decide_undo,
    "undos.work_on_next": work_on_next,
    "signups.sign_up": on_an_activity(lambda s, one: signs_up(s.himself, one, s.person)),
    "signups.withdraw": withdraw,
    "signups.read_notices": read_notices,
    "endpoints.add_endpoint": at_once(
        lambda s: endpoints.add_endpoint(
            s.county.call(), NewEndpoint(url="https://platform.example.org/"), Rules(), 9
        )
    ),
    "endpoints.verify_endpoint": on_an_endpoint(
        endpoints.verify_endpoint, endpoints.disable_endpoint
    ),
    "endpoints.rotate_endpoint_secret": on_an_endpoint(endpoints.rotate_endpoint_secret),
    "endpoints.pause_endpoint": on_an_endpoint(endpoints.pause_endpoint),
    "endpoints.resume_endpoint": on_an_endpoint(
        endpoints.resume_endpoint, endpoints.pause_endpoint
    ),
    "endpoints.disable_endpoint": on_an_endpoint(endpoints.disable_endpoint),
    "endpoints.delete_endpoint": on_an_endpoint(endpoints.delete_endpoint),
    "endpoints.test_endpoint": on_an_endpoint(endpoints.test_endpoint),
    "endpoints.recover_endpoint": on_an_endpoint(
        lambda call, one: endpoints.recover_endpoint(call, one, Recover(after="0"))
    ),
    "endpoints.resend_event": resend,
    "deliveries.disable_failing": on_an_endpoint(
        lambda call, one: deliveries.disable_failing(call, one, "gone")
    ),
    "deliveries.activate_endpoint": on_an_endpoint(
        deliveries.activate_endpoint, endpoints.disable_endpoint
    ),
    "files._upload_file": at_once(upload_file),
    "files.remove_file": remove_file,
    "staffing.delegate": delegate,
    "staffing.end_delegation": end_delegation,
    "staffing.leave": at_once(
        lambda s: staffing.leave(
            s.admin.call(), s.worker.actor.id, Leave(to=s.second.actor.id, reason="离职")
        )
    ),
    "staffing.close_stations": at_once(
        lambda s: staffing.close_stations(
            s.admin.call(), CloseStations(station_ids=[s.station.id], on=TODAY, reason="换")
        )
    ),
    "staffing.close_what_is_due": close_what_is_due,
    "sessions.open_session": open_session,
    "sessions._spend_slip": spend_slip,
    "sessions.give_slip": at_once(lambda s: s.slip()),
    "sessions.end_session": end_session,
    "sessions.end_other_sessions": at_once(lambda s: sessions.end_other_sessions(s.worker.call())),
    "passwords._change_password": at_once(
        lambda s: passwords.change_password(
            s.worker.call(), ChangePassword(present=builders.PASSWORD, new="another long one")
        )
    ),
    "staff_codes._enrol_code": at_once(
        lambda s: staff_codes.enrol_code(s.worker.call(), WithPassword(present=builders.PASSWORD))
    ),
    "staff_codes.confirm_code": confirm_code,
    "staff_codes._remove_code": remove_code,
    "staff_codes.remove_code_of": remove_code_of,
    "accounts.unlock_account": unlock,
    "accounts.add_account": add_account,
    "accounts.link_account": at_once(
        lambda s: accounts.link_account(
            s.admin.call(), s.worker.actor.id, Link(volunteer_id=s.person.id)
        )
    ),
    "accounts.close_account": at_once(
        lambda s: accounts.close_account(s.admin.call(), s.worker.actor.id)
    ),
    "clients.add_client": at_once(
        lambda s: clients.add_client(s.admin.call(), NewClient(name="平台", scopes=["events:read"]))
    ),
    "clients.rotate_key": on_a_client(
        lambda s, one: clients.rotate_key(s.admin.call(), one, RotateKey())
    ),
    "clients.close_client": on_a_client(lambda s, one: clients.close_client(s.admin.call(), one)),
    "clients.link_client_subject": on_sign_on(
        lambda s, one, request: clients.link_client_subject(s.admin.call(), one, request)
    ),
    "sign_on.link_account_subject": on_sign_on(
        lambda s, _, request: sign_on.link_account_subject(
            s.admin.call(), s.worker.actor.id, request
        )
    ),
    "sign_on.sign_on": at_once(signs_on),
    "sign_on.deny_sign_on": deny_sign_on,
    "accounts.reset_password": at_once(
        lambda s: accounts.reset_password(s.admin.call(), s.worker.actor.id)
    ),
    "failed_sign_ins.fail_sign_in": fail_sign_in,
    "passwords._set_first_password": set_first_password,
    "approvals.decide_waiting": decide,
    "claims.resolve_claim": resolve_claim,
    "disclosures.ask_disclosure": at_once(lambda s: s.asked()),
    "disclosures.approve_disclosure": approve_disclosure,
    "corrections.correct_record": correct,
    "county_import._lease": lease,
    "county_import._fail": fail,
    "county_import._keep_preview": keep_preview,
    "county_import._take_batch": take_batch,
    "county_import._finish": finish,
    "heads.sign_head": sign_head,
    "housekeeping.announce_lapses": announce_lapses,
    "housekeeping.forget_what_is_over": forget,
    "housekeeping.erase_what_is_over": erase_what_is_over,
    "erasures.erase_again": erase_again,
    "event_retention.forget_events": forget_events,
    "erasures.ask_erasure": ask_erasure,
    "erasures.decide_erasure": decide_erasure,
    "identities.correct_identity": at_once(
        lambda s: identities.correct_identity(
            s.county.call(), s.person.id, CorrectIdentity(name="新名", reason="身份证"), None
        )
    ),
    "merging.merge_volunteers": merge,
    "positions.appoint": at_once(appoint),
    "positions.end_position": end_position,
    "groups.add_group": at_once(a_group),
    "groups.join_group": join_group,
    "groups.leave_group": leave_group,
    "groups.close_group": close_group,
    "trainings.save_topic": at_once(save_topic),
    "trainings.plan_training": plan_training,
    "trainings.cancel_training": cancel_training,
    "trainings.sign_up": sign_up_for_training,
    "trainings.withdraw": withdraw_from_training,
    "training_attendance.record_training": record_training,
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
    "name_consents.set_name_consent": at_once(
        lambda s: name_consents.set_name_consent(
            s.himself.call(), s.person.id, ConsentToName(named=True)
        )
    ),
    "reminders.make_reminders": make_reminders,
    "reminders.seen_to": see_to_reminder,
    "objections.open_objection": open_objection,
    "objections.close_objection": close_objection,
    "holidays.set_holidays": at_once(
        lambda s: holidays.set_holidays(s.admin.call(), 2026, YearTable([]))
    ),
    "rights.ask_correction": ask_correction,
    "rights.resolve_correction": resolve_correction,
    "rights.withdraw_consent": at_once(
        lambda s: rights.withdraw_consent(
            s.himself.call(), s.person.id, WithdrawConsent(kind="rules")
        )
    ),
    "keys.give_keys": give_keys,
    "keys.rewrap": rewrap,
    "keys.reseal": reseal,
    "keys.retire": retire,
    "keys.supersede": supersede,
    "imports._store_upload": upload,
    "imports.start_commit": start_commit,
    "inductions.plan_session": at_once(
        lambda s: inductions.plan_session(
            s.worker.call(), PlanSession(station_id=s.station.id, held_on=TODAY)
        )
    ),
    "inductions.record_attendance": record_attendance,
    "inductions.sign_up": sign_up,
    "inductions.cancel_sign_up": cancel_sign_up,
    "recognitions.publish_recognition": publish,
    "intake._take_up": take_up,
    "intake.register": at_once(
        lambda s: intake.register(
            builders.call(), Register(station_id=s.station.id, form=builders.form())
        )
    ),
    "registrations.enrol_volunteer": enrol,
    "registrations.check_materials": check_materials,
    "registrations.decline": decline,
    "service_records.record_service": at_once(lambda s: s.recorded()),
    "stations.add_station": at_once(
        lambda s: stations.add_station(
            s.county.call(), NewStation(code="N1", name="新站", kind="station")
        )
    ),
    "stations.edit_station": at_once(
        lambda s: stations.edit_station(
            s.county.call(), s.station.id, EditStation(name="改名"), None
        )
    ),
    "transfers.transfer_volunteer": transfer,
    "volunteers.edit_volunteer": at_once(
        lambda s: volunteers.edit_volunteer(
            s.worker.call(), s.person.id, EditVolunteer(phone="10000000077"), None
        )
    ),
    "volunteers.suspend": at_once(
        lambda s: volunteers.suspend(s.worker.call(), s.person.id, WithReason(reason="病"), None)
    ),
    "volunteers.reinstate": reinstate,
    "volunteers.exit_volunteer": at_once(
        lambda s: volunteers.exit_volunteer(
            s.worker.call(), s.person.id, WithReason(reason="搬家"), None
        )
    ),
}


async def problems(s):
    run = await s.uploaded()
    return lambda: imports.problems(s.county.call(), run.id, after=0, limit=5)


async def rows_to_mend(s):
    run = await s.uploaded()
    assert await county_import.work_on_next(lambda: NOW)
    return lambda: imports.rows_to_mend(s.county.call(), run.id)


async def read_import(s):
    run = await s.uploaded()
    return lambda: imports.read_import(s.county.call(), run.id)


async def read_record(s):
    record_id = await s.recorded()
    return lambda: service_records.read_record(s.worker.call(), record_id)


async def download_file(s):
    await upload_file(s)
    return lambda: files._download_file(s.worker.call(), s.person.id, "photo")


async def read_digests(s):
    platform = await builders.client_key("events:read")
    return lambda: digests.digests(platform.call(), on=None, station_id=None, **PAGE)


PAGE = {"after": None, "limit": 5}
READINGS = {
    "named.volunteers_named": at_once(
        lambda s: named.volunteers_named(s.worker.call(), [s.person.id])
    ),
    "registrations.newest_registrations": at_once(
        lambda s: registrations.newest_registrations(
            s.worker.call(), station_id=None, state=None, before=None, limit=9
        )
    ),
    "volunteers.read_story": at_once(lambda s: volunteers.read_story(s.worker.call(), s.person.id)),
    "digests.digests": read_digests,
    "activities.read_activity": on_an_activity(
        lambda s, one: activities.read_activity(s.worker.call(), one.id)
    ),
    "activities.activities": at_once(
        lambda s: activities.activities(
            s.worker.call(), station_id=None, from_on=None, to_on=None, **PAGE
        )
    ),
    "check_ins.site_code": on_an_activity(
        lambda s, one: check_ins.site_code(s.worker.call(START), one.id)
    ),
    "check_ins.check_ins": on_an_activity(
        lambda s, one: check_ins.check_ins(s.worker.call(), one.id, **PAGE)
    ),
    "check_ins.read_check_in": read_check_in,
    "undos.undos": at_once(
        lambda s: undos.undos(s.worker.call(), station_id=None, target_id=None, **PAGE)
    ),
    "undos.read_undo": read_undo,
    "reviews.review_signals": at_once(
        lambda s: reviews.review_signals(s.worker.call(), station_id=None, state=None, **PAGE)
    ),
    "self_reports.photos": photos,
    "self_reports._read_photo": read_photo,
    "signups.signups_for": on_an_activity(
        lambda s, one: signups.signups_for(s.worker.call(), one.id, **PAGE)
    ),
    "signups.signups_of": at_once(
        lambda s: signups.signups_of(s.worker.call(), s.person.id, **PAGE)
    ),
    "signups.notices": at_once(lambda s: signups.notices(s.worker.call(), s.person.id, **PAGE)),
    "members.find_members": at_once(
        lambda s: members.find_members(s.worker.call(), s.station.id, ["wxm"])
    ),
    "members.sheet_stations": at_once(lambda s: members.sheet_stations(s.worker.call())),
    "sheets.check_written": at_once(lambda s: sheets.check_written(s.worker.call(), written(s))),
    "files._download_file": download_file,
    "files._key": at_once(lambda s: files._key(s.worker.call(), s.person.id)),
    "staffing.open_work": at_once(
        lambda s: staffing.open_work(s.admin.call(), s.worker.actor.id, **PAGE)
    ),
    "positions.positions_of": at_once(
        lambda s: positions.positions_of(s.worker.call(), s.person.id)
    ),
    "positions.holders": at_once(
        lambda s: positions.holders(s.worker.call(), station_id=None, **PAGE)
    ),
    "groups.groups": at_once(lambda s: groups.groups(s.worker.call(), station_id=None, **PAGE)),
    "trainings.trainings": at_once(
        lambda s: trainings.trainings(s.worker.call(), station_id=None, **PAGE)
    ),
    "training_attendance.training_of": at_once(
        lambda s: training_attendance.training_of(s.worker.call(), s.person.id)
    ),
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
    "reminders.listed": at_once(
        lambda s: reminders.listed(s.worker.call(), station_id=None, **PAGE)
    ),
    "objections.open_objections": at_once(
        lambda s: objections.open_objections(s.worker.call(), station_id=None, overdue=True, **PAGE)
    ),
    "objections.objections_of": at_once(
        lambda s: objections.objections_of(s.worker.call(), s.person.id, **PAGE)
    ),
    "staffing.delegations": at_once(lambda s: staffing.delegations(s.worker.call(), **PAGE)),
    "accesses.reveal": at_once(
        lambda s: accesses.reveal(
            s.worker.call(),
            s.person.id,
            Reveal(fields=["phone"], purpose="contact", reason="回电"),
        )
    ),
    "accesses.accesses": at_once(
        lambda s: accesses.accesses(s.county.call(), s.person.id, after=0, limit=5)
    ),
    "accesses.audit_entries": at_once(
        lambda s: accesses.audit_entries(
            s.auditor.call(), subject=None, actor_id=None, after=0, limit=5
        )
    ),
    "inductions.coming_sessions": at_once(
        lambda s: inductions.coming_sessions(s.himself.call(), s.person.id)
    ),
    "inductions.sign_ups": read_sign_ups,
    "receipts.read_receipt": read_receipt,
    "rights.correction_requests_of": at_once(
        lambda s: rights.correction_requests_of(s.himself.call(), s.person.id)
    ),
    "keys.prove_ring": at_once(lambda _: keys.prove_ring(builders.call())),
    "exports.export_person": at_once(
        lambda s: exports.export_person(s.worker.call(), s.person.id, AskExport(reason="申请"))
    ),
    "claims.open_claims": at_once(lambda s: claims.open_claims(s.worker.call(), **PAGE)),
    "disclosures.disclosures": at_once(
        lambda s: disclosures.disclosures(s.worker.call(), waiting=True, **PAGE)
    ),
    "registrations.registrations": at_once(
        lambda s: registrations.registrations(
            s.worker.call(), station_id=None, open_only=False, **PAGE
        )
    ),
    "snapshot.read_snapshot": at_once(
        lambda s: snapshot.read_snapshot(s.county.call(), begun=None, after=None, limit=5)
    ),
    "endpoints.endpoints": at_once(
        lambda s: endpoints.endpoints(s.county.call(), after=None, limit=5)
    ),
    "endpoints.read_endpoint": on_an_endpoint(endpoints.read_endpoint),
    "endpoints.attempts": on_an_endpoint(
        lambda call, one: endpoints.attempts(call, one, event_id=None, before=None, limit=5)
    ),
    "clients.clients": at_once(lambda s: clients.clients(s.admin.call(), after=None, limit=5)),
    "accounts.accounts": at_once(lambda s: accounts.accounts(s.admin.call(), after="", limit=5)),
    "imports.problems": problems,
    "imports.rows_to_mend": rows_to_mend,
    "imports.runs": at_once(lambda s: imports.runs(s.county.call(), **PAGE)),
    "imports.read_import": read_import,
    "recognitions.draft_recognition": at_once(
        lambda s: recognitions.draft_recognition(s.county.call(), 2026, Publish())
    ),
    "recognitions.read_recognition": at_once(
        lambda s: recognitions.read_recognition(s.county.call(), 2026, None)
    ),
    "registrations.read_registration": at_once(
        lambda s: registrations.read_registration(s.worker.call(), s.person.registration_id)
    ),
    "service_records.records": at_once(
        lambda s: service_records.records(s.worker.call(), station_id=None, state=None, **PAGE)
    ),
    "service_records.records_of": at_once(
        lambda s: service_records.records_of(s.worker.call(), s.person.id, state=None, **PAGE)
    ),
    "service_records.read_record": read_record,
    "volunteers.find_volunteers": at_once(
        lambda s: volunteers.find_volunteers(s.worker.call(), Search(), **PAGE)
    ),
    "volunteers.read_volunteer": at_once(
        lambda s: volunteers.read_volunteer(s.worker.call(), s.person.id)
    ),
    "volunteers.read_ledger": at_once(
        lambda s: volunteers.read_ledger(s.worker.call(), s.person.id, after=0, limit=5)
    ),
    "volunteers.read_stars": at_once(lambda s: volunteers.read_stars(s.worker.call(), s.person.id)),
}


def test_every_command_has_its_scene():
    assert commands(changes=True) == CHANGES.keys()
    assert commands(changes=False) == READINGS.keys()


async def tables():
    """A digest of every table but the trails."""
    rows = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {
        row["tablename"]: (await fetch(
            f"SELECT count(*), sum(hashtext(t::text)) FROM {row['tablename']} t"))[0]
        for row in rows
        if row["tablename"] not in TRAIL
    }  # fmt: skip


async def audited():
    rows = await fetch("SELECT * FROM audit_outbox WHERE trail = 'audit' ORDER BY outbox_id")
    return [dict(row) | {"detail": json.loads(row["detail"])} for row in rows]


@pytest.fixture
async def scene(database):
    return await Scene().set()


@pytest.mark.parametrize("name", CHANGES)
async def test_a_command_that_changes_something_leaves_one_entry(scene, name):
    act = await CHANGES[name](scene)
    before, entries = await tables(), len(await audited())
    await act()
    assert await tables() != before, "the scene shows no change"
    new = (await audited())[entries:]
    assert [entry["action"] for entry in new] == [name.partition(".")[2].lstrip("_")]


@pytest.mark.parametrize("name", READINGS)
async def test_a_reading_changes_nothing_and_leaves_no_audit_entry(scene, name):
    act = await READINGS[name](scene)
    before, entries = await tables(), len(await audited())
    await act()
    assert await tables() == before
    assert len(await audited()) == entries


async def test_what_is_refused_or_repeated_leaves_no_entry(scene):
    entries = await audited()
    with pytest.raises(Refusal):
        await volunteers.reinstate(scene.worker.call(), scene.person.id, None)
    run = await scene.committing()
    entries = await audited()
    lane = Lane(county_import.county_stations.take, 100, [])
    with pytest.raises(MovedOn):
        await county_import._take_batch(scene.county.call(), run, lane, 0, 7)
    assert await audited() == entries
    idle = builders.call()
    assert await housekeeping.announce_lapses(idle) == 0
    refused = await record(scene.worker, scene.station.id, line(ids.uuid7()))
    assert refused[0].outcome == "refused"
    assert await audited() == entries


async def test_an_entry_says_who_when_from_where_and_what_it_was_before(scene):
    call = scene.worker.call()
    await volunteers.suspend(call, scene.person.id, WithReason(reason="王小明病了"), None)
    entry = (await audited())[-1]
    assert entry["actor_kind"] == "staff"
    assert entry["actor_id"] == scene.worker.actor.id
    assert entry["actor_station_id"] == scene.station.id
    assert entry["happened_at"] == NOW
    assert entry["subject"] == f"volunteer/{scene.person.id}"
    assert entry["detail"] == {"before": {"state": "active"}, "after": {"state": "suspended"}}


async def test_a_sheet_leaves_one_entry_with_its_counts_also_when_it_is_joined(scene):
    other = await builders.active(scene.station.id)
    sheet = Sheet(
        station_id=scene.station.id,
        entries=[line(scene.person), line(other), line(other, minutes=700), line(ids.uuid7())],
    )
    before = len(await audited())
    await service_records.record_service(scene.worker.call(), sheet)
    joiner = Joiner()
    again = Sheet(station_id=scene.station.id, entries=[line(scene.person), line(other)])
    for _ in range(2):
        await joiner.record_service(None, scene.second.call(), again)
    await joiner.close()
    first, *joined = (await audited())[before:]
    assert first["detail"]["entries"] == {"counted": 2, "waiting": 1, "refused": 1}
    assert len(first["detail"]["sheet_sha256"]) == 64
    assert [entry["actor_id"] for entry in joined] == [scene.second.actor.id] * 2


async def test_an_import_leaves_an_entry_a_batch_not_a_record(scene):
    run = await scene.committing()
    before = len(await audited())
    assert await county_import.work_on_next(lambda: NOW)
    entries = (await audited())[before:]
    assert len(entries) < 40
    assert {entry["action"] for entry in entries} == {"lease", "take_batch", "finish"}
    assert {entry["subject"] for entry in entries} == {f"import/{run.id}"}
    batches = [entry["detail"]["rows"] for entry in entries if entry["action"] == "take_batch"]
    assert sum(batches) == run.rows_total > 10_000


async def test_no_entry_holds_what_would_have_to_be_erased(scene):
    marks = ["王赵钱", "10000000088", "解放路八号", "擅长书法", "手写的理由"]
    form = builders.form(name=marks[0], phone=marks[1], address=marks[2], skills=marks[3])
    marks += [form.document_number, "10000000099"]
    request = Enrol(station_id=scene.station.id, form=form, materials=builders.ALL_MATERIALS)
    person = await registrations.enrol_volunteer(scene.worker.call(), request)
    edit = EditVolunteer(phone="10000000099", address="解放路八号", skills="擅长书法")
    await volunteers.edit_volunteer(scene.worker.call(), person.volunteer_id, edit, None)
    await volunteers.exit_volunteer(
        scene.worker.call(), person.volunteer_id, WithReason(reason=marks[4]), None
    )
    text = str(await fetch("SELECT t::text FROM audit_outbox t"))
    assert str(person.volunteer_id) in text
    assert [mark for mark in marks if mark in text] == []
    assert '""phone"":""*********88""' in text  # as PostgreSQL quotes a row
    assert '""phone"":""*********99""' in text
