"""Reminders: at their days, each once, by day, and on the station's list without a telephone."""

import asyncio
from datetime import date, timedelta

import msgspec
import pytest

from tests import builders
from tests.actions.world import line, record
from tests.builders import NOW, TODAY
from tests.codes.receivers import mail_server
from volunteer_svc.actions import (
    complaints,
    inductions,
    intake,
    objections,
    registrations,
    reminders,
    rights,
    trainings,
    volunteers,
)
from volunteer_svc.actions.complaints import Complain
from volunteer_svc.actions.inductions import Attendee, PlanSession, RecordAttendance
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.objections import Object
from volunteer_svc.actions.registrations import CheckMaterials
from volunteer_svc.actions.rights import AskCorrection
from volunteer_svc.actions.training_attendance import TrainingList, record_training
from volunteer_svc.actions.trainings import PlanTraining, SaveTopic
from volunteer_svc.actions.volunteers import EditVolunteer
from volunteer_svc.config import Config
from volunteer_svc.domain.calendar import local_instant
from volunteer_svc.domain.reminder import may_send, step_due
from volunteer_svc.outbound.code_channels import channel_of
from volunteer_svc.store.database import fetch
from workers import work

DUE = date(2027, 2, 20)
"""The window of who registered on builders.TODAY."""


@pytest.fixture
async def desk(database):
    return await builders.staff("social_worker", (await builders.station()).id)


def at(day, hour=12):
    return builders.call(now=local_instant(day, hour * 60))


async def made(day):
    return await reminders.make_reminders(at(day))


async def on_list(desk, day=TODAY):
    rows = await reminders.listed(
        desk.call(builders.noon(day)), station_id=None, after=None, limit=50
    )
    return [row.kind for row in rows]


@pytest.mark.parametrize(
    ("left", "step"), [(31, None), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, 1), (-1, None)]
)
def test_a_day_belongs_to_the_latest_step_that_has_come(left, step):
    assert step_due(TODAY + timedelta(days=left), TODAY, (30, 7, 1)) == step


def test_nobody_is_written_to_at_night():
    hours = [hour for hour in range(24) if may_send(local_instant(TODAY, hour * 60))]
    assert hours == list(range(8, 20))


@pytest.mark.rule("R3")
async def test_an_induction_is_reminded_of_thirty_seven_and_one_day_ahead_each_once(desk):
    person = await builders.registered(desk.actor.station_id)
    days = {}
    for left in range(32, -2, -1):
        day = DUE - timedelta(days=left)
        await asyncio.gather(made(day), made(day))
        for message in await reminders.take_due(at(day)):
            days[left] = message
            await reminders.sent(at(day), message.id)
    assert list(days) == [30, 7, 1]
    assert {message.phone for message in days.values()} == {person.form.phone}
    assert "2027-02-20" in days[7].text
    assert "7 天" in days[7].text
    assert person.form.name not in days[7].text
    assert await on_list(desk) == []


async def test_who_reads_english_is_written_to_in_english(desk):
    person = await builders.registered(desk.actor.station_id)
    await volunteers.edit_volunteer(desk.call(), person.id, EditVolunteer(language="en"), None)
    day = DUE - timedelta(days=7)
    await made(day)
    (message,) = await reminders.take_due(at(day))
    assert message.title == "Induction due"
    assert "2027-02-20 (7 days left)" in message.text


async def test_who_registers_in_english_is_written_to_in_it_and_still_after_a_return(desk):
    """A known person's language is not changed by whoever fills in a form."""
    home, head = desk.actor.station_id, await builders.staff("station_head", desk.actor.station_id)
    new, known = builders.form(), await builders.registered(home)
    for one in (new, known.form):
        await intake.register(builders.call(), Register(station_id=home, form=one), None, "en")
    await builders.taken_up(NOW)
    (row,) = await fetch("SELECT r.id, v.id AS person FROM registration r JOIN volunteer v"
                         " ON v.id = r.volunteer_id WHERE r.registered_on IS NULL")  # fmt: skip
    complete = CheckMaterials(materials=builders.ALL_MATERIALS)
    await registrations.check_materials(desk.call(), row["id"], complete, None)
    day = DUE - timedelta(days=7)
    await made(day)
    titles = {message.phone: message.title for message in await reminders.take_due(at(day))}
    assert titles == {new.phone: "Induction due", known.form.phone: "入会辅导提醒"}
    leave = volunteers.WithReason(reason="外出")
    await volunteers.exit_volunteer(head.call(), row["person"], leave, None)
    tomorrow = builders.call(now=NOW + timedelta(days=1))
    again = msgspec.structs.replace(new, applied_on=TODAY + timedelta(days=1))
    await builders.handed_in(tomorrow, Register(station_id=home, form=again))
    (row,) = await fetch("SELECT id FROM registration WHERE registered_on IS NULL")
    await registrations.check_materials(desk.call(tomorrow.now), row["id"], complete, None)
    assert {r["language"] for r in await fetch("SELECT language FROM person")} == {"en", "zh-CN"}


@pytest.mark.rule("R3")
async def test_who_is_inducted_meanwhile_or_asleep_is_not_written_to(desk):
    person, day = await builders.registered(desk.actor.station_id), DUE - timedelta(days=7)
    other = await builders.registered(desk.actor.station_id)
    assert await made(day) == 2
    assert await reminders.take_due(at(day, hour=23)) == []
    there = desk.call(builders.noon(day))
    session = await inductions.plan_session(
        there, PlanSession(station_id=person.station_id, held_on=day)
    )
    came = RecordAttendance(attendees=[Attendee(volunteer_id=person.id)])
    await inductions.record_attendance(there, session.id, came)
    (message,) = await reminders.take_due(at(day))
    assert message.phone == other.form.phone


async def test_without_a_telephone_it_is_on_the_stations_list_until_it_is_seen_to(desk):
    person = await builders.registered(desk.actor.station_id, phone="")
    day = DUE - timedelta(days=1)
    await made(day)
    assert await reminders.take_due(at(day)) == []
    (row,) = await reminders.listed(desk.call(), station_id=None, after=None, limit=9)
    assert (row.kind, row.volunteer_id, row.due_on) == ("induction", person.id, DUE)
    elsewhere = await builders.staff("social_worker", (await builders.station()).id)
    assert await on_list(elsewhere) == []
    await reminders.seen_to(desk.call(), row.id)
    assert await on_list(desk) == []


async def test_a_channel_that_never_takes_it_gives_it_to_the_station_at_last(desk):
    await builders.registered(desk.actor.station_id)
    day = DUE - timedelta(days=1)
    await made(day)
    tries = [await reminders.take_due(builders.call(now=builders.noon(day) + timedelta(minutes=n)))
             for n in range(0, 20, 2)]  # fmt: skip
    assert [len(messages) for messages in tries] == [1] * 5 + [0] * 5
    assert len({message.id for messages in tries for message in messages}) == 1
    assert await on_list(desk) == ["induction"]


@pytest.mark.rule("R4")
async def test_training_is_reminded_of_before_it_expires_unless_it_was_renewed(desk):
    county, station_id = await builders.staff("county"), desk.actor.station_id
    topic = SaveTopic(code="fire", name_zh="消防", name_en="Fire", validity_months=1)
    await trainings.save_topic(county.call(), topic)
    people = [await builders.active(station_id) for _ in range(2)]

    async def trained(on, *these):
        start = builders.noon(on)
        plan = PlanTraining(station_id=station_id, title="消防", topics=["fire"],
                            starts_at=start, ends_at=start + timedelta(hours=1))  # fmt: skip
        planned = await trainings.plan_training(desk.call(), plan)
        came = TrainingList(attendees=[Attendee(volunteer_id=one.id) for one in these])
        await record_training(desk.call(start), planned.session.id, came)

    await trained(date(2026, 11, 1), *people)  # holds up to 1 December
    await trained(date(2026, 11, 10), people[1])
    day = date(2026, 11, 24)
    assert await made(day) == 2
    await volunteers.edit_volunteer(desk.call(), people[0].id, EditVolunteer(language="en"), None)
    messages = {m.phone: m.text for m in await reminders.take_due(at(day))}
    assert "Fire" in messages[people[0].form.phone], "the topic, too, is named in his language"
    assert "2026-12-01" in messages[people[0].form.phone]
    assert "消防" in messages[people[1].form.phone]
    assert "2026-12-10" in messages[people[1].form.phone]


@pytest.mark.rule("R14")
@pytest.mark.rule("R17")
async def test_the_station_is_told_once_of_each_clock_that_ran_out(desk):
    person = await builders.active(desk.actor.station_id)
    (told,) = await record(desk, person.station_id, line(person, minutes=500))
    await objections.open_objection(desk.call(), told.record_id, Object(text="不对"))
    await complaints.open_complaint(
        desk.call(), person.id, Complain(direction="about", text="迟到")
    )
    await rights.ask_correction(desk.call(), person.id, AskCorrection(text="地址"))
    assert await made(date(2026, 11, 25)) == 0
    assert await made(date(2026, 11, 26)) == 4
    assert await made(date(2026, 11, 27)) == 0
    assert sorted(await on_list(desk)) == [
        "approval_waiting", "complaint_overdue", "correction_overdue", "objection_overdue",
    ]  # fmt: skip
    assert not await fetch("SELECT FROM reminder WHERE volunteer_id IS NOT NULL")


async def test_the_worker_sends_them_as_mail_and_only_once(desk, monkeypatch):
    person = await builders.registered(desk.actor.station_id)
    monkeypatch.setattr(work.clock, "now", lambda: builders.noon(DUE - timedelta(days=7)))
    with mail_server() as (box, port):
        config = Config(
            code_channel="smtp", code_mail_from="station@example.org",
            code_mail_to="{phone}@sms.example.org", code_smtp_url=f"smtp://127.0.0.1:{port}",
        )  # fmt: skip
        context = {"channel": channel_of(config), "reminding": asyncio.Lock()}
        for _ in range(2):
            await work.make_reminders({})
            await work.send_reminders(context)
    (mail,) = box.mails
    assert mail.rcpt_tos == [f"{person.form.phone}@sms.example.org"]
    (row,) = await fetch("SELECT sent_at, due_at FROM reminder")
    assert (row["sent_at"], row["due_at"]) == (work.clock.now(), None)
    assert row["sent_at"] > NOW
