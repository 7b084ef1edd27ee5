"""What a volunteer may ask for himself: his data, corrections in time, consents taken back."""

import json
from datetime import date, timedelta

import msgspec
import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events, hours, line, record
from tests.builders import NOW, TODAY, call, noon
from volunteer_svc import ids
from volunteer_svc.actions import (
    accesses,
    corrections,
    disclosures,
    erasures,
    exports,
    files,
    recognitions,
    record_exports,
    rights,
    volunteers,
)
from volunteer_svc.actions.accesses import Reveal
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.disclosures import AskDisclosure
from volunteer_svc.actions.erasures import AskErasure
from volunteer_svc.actions.export_tables import tables_of
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.recognitions import Publish
from volunteer_svc.actions.record_exports import AskRecordExport
from volunteer_svc.actions.rights import AskCorrection, ResolveCorrection, WithdrawConsent
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.registration import Guardian
from volunteer_svc.images.pictures import Picture
from volunteer_svc.store import event_log, trails
from volunteer_svc.store.database import fetch
from volunteer_svc.store.recognitions import Exclusion


@pytest.fixture
async def desk(database):
    station = await builders.station()
    return await builders.staff("station_head", station.id)


async def minor(desk, **changes):
    guardian = Guardian("张监护", "母亲", "10099887766", date(2025, 3, 3), "2026")
    return await builders.active(
        desk.actor.station_id, birth_date=date(2009, 5, 1), guardian=guardian, **changes
    )


@pytest.mark.rule("R5")
@pytest.mark.rule("R17")
async def test_an_export_has_everything_there_is_of_the_person_and_nobody_else(desk):
    person = await minor(desk, name="张<小>红", address="东关街道三号楼", skills="理发")
    other = await builders.active(desk.actor.station_id, name="别人")
    await builders.handed_in(
        call(), Register(station_id=person.station_id, form=msgspec.structs.replace(
            person.form, applied_on=TODAY, phone="10055554444"))
    )  # fmt: skip
    await hours(desk, person.station_id, person, 6_100)
    (entry,) = await record(desk, person.station_id, line(person, minutes=60, content="送餐"))
    await corrections.correct_record(
        desk.call(), entry.record_id, Correct(minutes=30, reason="多记", requested_by="本人")
    )
    await record(desk, person.station_id, line(other, content="别人的事"))
    await volunteers.suspend(desk.call(), person.id, WithReason(reason="休养"), None)
    me = await builders.signed_in(person.id)
    await rights.ask_correction(me.call(), person.id, AskCorrection(text="住址应为四号楼"))
    picture = Picture(100, 100, b"a face")
    await files._upload_file(desk.call(), ids.uuid7(), person.id, "photo", picture)
    await files._upload_file(desk.call(), ids.uuid7(), other.id, "photo", picture)
    export = await exports.export_person(me.call(), person.id, AskExport())
    assert [(file.kind, file.volunteer_id) for file in export.files] == [("photo", person.id)]
    assert export.identity.document_number == person.form.document_number
    assert (export.identity.phone, export.identity.address) == (
        person.form.phone, "东关街道三号楼",
    )  # fmt: skip
    assert export.registrations[0].form == person.form
    assert export.claims[0].form.phone == "10055554444"
    assert len(export.service_records) == len(await fetch(
        "SELECT 1 FROM service_record WHERE volunteer_id = $1", person.id))  # fmt: skip
    assert sum(row.minutes_delta for row in export.ledger) == export.counted_minutes == 6_130
    assert [row.requested_by for row in export.corrections] == ["本人"]
    assert [row.to_star for row in export.stars] == [1]
    assert [row.reason for row in export.suspensions] == ["休养"]
    assert len(export.inductions) == 1
    assert [row.text for row in export.correction_requests] == ["住址应为四号楼"]
    text = msgspec.json.encode(export).decode()
    assert "别人" not in text
    assert json.loads(text)["identity"]["name"] == "张<小>红"
    for language in ("zh-CN", "en"):
        page = msgspec.json.encode(tables_of(export, language)).decode()
        for shown in (
            person.form.document_number, person.form.phone, "10055554444", "东关街道三号楼",
            "张监护", "10099887766", "送餐", "住址应为四号楼", "张<小>红", "休养", "102.16",
        ):  # fmt: skip
            assert shown in page, shown
        assert "export." not in page, "a word is missing"


async def _what_happens_to_a_file(desk, person):
    """Looked at, taken out, disclosed openly and in secret, left out of a list, sent a notice."""
    county, worker = await builders.staff("county"), await builders.staff(
        "social_worker", person.station_id)  # fmt: skip
    await accesses.reveal(worker.call(), person.id, Reveal(
        fields=["phone"], purpose="contact", reason="回电"))  # fmt: skip
    for recipient, secret in (("法院", False), ("侦查机关", True)):
        letter = AskDisclosure(recipient=recipient, letter_reference=f"{recipient}7号",
                               fields=["phone"], reason="来函", secret=secret)  # fmt: skip
        asked = await disclosures.ask_disclosure(worker.call(), person.id, letter)
        await disclosures.approve_disclosure(desk.call(), asked.id)
        await accesses.reveal(worker.call(), person.id, Reveal(
            fields=["phone"], purpose="third_party", reason=f"按{recipient}函",
            disclosure_id=asked.id))  # fmt: skip
    year = {"from_on": TODAY.replace(month=1, day=1), "until_on": TODAY}
    await record_exports.ask_record_export(
        desk.call(), AskRecordExport(**year, reason="报县民政局")
    )
    while await record_exports.work_on_next(lambda: NOW):
        pass
    await recognitions.publish_recognition(
        county.call(), TODAY.year - 1, Publish(exclusions=[Exclusion(person.id, "本人推辞")])
    )
    await fetch(
        "INSERT INTO reminder (id, kind, item_id, step, volunteer_id, station_id, due_on, listed,"
        " made_at, attempts, sent_at) VALUES ($1, 'training_expiry', $1, 7, $2, $3, $4, false,"
        " $5, 1, $5)", ids.uuid7(), person.id, person.station_id, TODAY, NOW,
    )  # fmt: skip


@pytest.mark.rule("R11")
@pytest.mark.rule("R17")
async def test_an_export_tells_who_read_what_went_out_and_what_was_asked(desk, database):
    person = await builders.active(desk.actor.station_id)
    await _what_happens_to_a_file(desk, person)
    me = await builders.signed_in(person.id)
    asking = AskErasure(reason="不再参加")
    await erasures.ask_erasure(me.call(), person.id, asking)
    connection = await event_log.connect(database)
    while await trails.move(connection, 1000):
        pass
    await event_log.disconnect(connection)
    export = await exports.export_person(me.call(), person.id, AskExport())
    told = export.handling
    assert [(one.purpose, one.recipient, one.reason) for one in told.accesses] == [
        ("contact", None, "回电"), ("third_party", "法院", "按法院函"),
        ("third_party", None, None), ("record_export", None, "报县民政局"),
    ]  # fmt: skip
    assert [(one.recipient, one.letter_reference, one.secret) for one in told.disclosures] == [
        ("法院", "法院7号", False), (None, None, True),
    ]  # fmt: skip
    assert [one.reason for one in told.left_out] == ["本人推辞"]
    assert [(one.state, one.reason) for one in told.erasures] == [("waiting", "不再参加")]
    assert [(one.kind, one.sent_at) for one in told.messages] == [("training_expiry", NOW)]
    assert len(told.sessions) == 1
    text = msgspec.json.encode(export).decode()
    assert "侦查" not in text
    assert "token" not in text
    page = msgspec.json.encode(tables_of(export, "zh-CN")).decode()
    for shown in (
        "法院7号",
        "依法不予告知",
        "本人推辞",
        "不再参加",
        "随五类记录导出",
        "技能辅导到期",
    ):
        assert shown in page, shown


async def test_staff_of_the_station_export_with_a_reason_and_nobody_else_does(desk):
    person = await builders.active(desk.actor.station_id)
    elsewhere = await builders.staff("station_head", (await builders.station()).id)
    other = await builders.signed_in((await builders.active(desk.actor.station_id)).id)
    machine = await builders.client_key("volunteers:read")
    auditor = await builders.staff("auditor")
    reason = AskExport(reason="本人到站申请")
    with pytest.raises(Refusal, match="reason_required"):
        await exports.export_person(desk.call(), person.id, AskExport(reason=" "))
    for who in (elsewhere, other, machine, auditor):
        with pytest.raises(Refusal, match="forbidden"):
            await exports.export_person(who.call(), person.id, reason)
    export = await exports.export_person(desk.call(), person.id, reason)
    assert export.identity.document_number == person.form.document_number


@pytest.mark.rule("R17")
async def test_a_correction_request_is_due_after_three_working_days(desk):
    person = await builders.active(desk.actor.station_id)
    me = await builders.signed_in(person.id)
    view = await rights.ask_correction(me.call(), person.id, AskCorrection(text="姓名有误"))
    # Asked on Friday 20 November: Monday, Tuesday, Wednesday.
    assert (view.due_on, view.calendar, view.overdue) == (date(2026, 11, 25), None, False)
    (sealed,) = await fetch("SELECT text_sealed FROM correction_request")
    assert "姓名有误".encode() not in sealed["text_sealed"]
    elsewhere = await builders.staff("station_head", (await builders.station()).id)
    for days, overdue in ((5, False), (6, True)):
        then = NOW + timedelta(days=days)
        (waiting,) = await rights.open_correction_requests(
            desk.call(then), station_id=None, after=None, limit=10
        )
        assert (waiting.text, waiting.overdue) == ("姓名有误", overdue)
    assert (
        await rights.open_correction_requests(
            elsewhere.call(), station_id=None, after=None, limit=9
        )
        == []
    )
    answer = ResolveCorrection(outcome="corrected", reason="已按证件更正")
    with pytest.raises(Refusal, match="forbidden"):
        await rights.resolve_correction(elsewhere.call(), view.id, answer)
    with pytest.raises(Refusal, match="forbidden"):
        await rights.resolve_correction(me.call(), view.id, answer)
    resolved = await rights.resolve_correction(desk.call(), view.id, answer)
    assert (resolved.outcome, resolved.reason) == ("corrected", "已按证件更正")
    with pytest.raises(Refusal, match="request_resolved"):
        await rights.resolve_correction(desk.call(), view.id, answer)
    assert (
        await rights.open_correction_requests(desk.call(), station_id=None, after=None, limit=9)
        == []
    )


async def test_who_takes_back_the_rules_leaves_and_keeps_his_hours(desk):
    person = await builders.active(desk.actor.station_id)
    await hours(desk, person.station_id, person, 6_100)
    me = await builders.signed_in(person.id)
    done = await rights.withdraw_consent(me.call(), person.id, WithdrawConsent(kind="rules"))
    assert done.state == "exited"
    assert [e["name"] for e in await events()][-1] == "volunteer.exited"
    view = await volunteers.read_volunteer(me.call(), person.id)
    assert (view.state, view.counted_minutes, view.star) == ("exited", 6_100, 1)
    with pytest.raises(Refusal, match="state_forbids"):
        await rights.withdraw_consent(me.call(), person.id, WithdrawConsent(kind="rules"))
    await assert_books_agree()


async def test_an_application_whose_consent_is_taken_back_is_declined(desk):
    request = Register(station_id=desk.actor.station_id, form=builders.form())
    await builders.handed_in(call(), request)
    (row,) = await fetch("SELECT id FROM volunteer")
    done = await rights.withdraw_consent(desk.call(), row["id"], WithdrawConsent(kind="rules"))
    assert done.state == "declined"


async def test_a_minor_whose_guardian_takes_back_serves_no_more(desk):
    person = await minor(desk)
    me = await builders.signed_in(person.id)
    ask = WithdrawConsent(kind="guardian", reason="监护人来站")
    with pytest.raises(Refusal, match="forbidden"):
        await rights.withdraw_consent(me.call(), person.id, ask)
    done = await rights.withdraw_consent(desk.call(), person.id, ask)
    assert done.state == "suspended"
    (outcome,) = await record(desk, person.station_id, line(person))
    assert (outcome.outcome, outcome.faults[0].code) == ("refused", "not_active_on_date")
    adult = noon(date(2027, 5, 1))
    with pytest.raises(Refusal, match="consent_not_needed"):
        await rights.withdraw_consent(desk.call(adult), person.id, ask)
