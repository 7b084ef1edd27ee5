"""Erasing a person: nobody can say any more who it was, and all books still agree."""

from datetime import date, timedelta

import msgspec
import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events, hours, line, record
from tests.builders import NOW, TODAY, call, noon
from volunteer_svc import store
from volunteer_svc.actions import (
    claims,
    complaints,
    corrections,
    erasures,
    evaluations,
    exports,
    housekeeping,
    intake,
    objections,
    recognitions,
    record_exports,
    registrations,
    rights,
    sent_codes,
    sessions,
    volunteers,
)
from volunteer_svc.actions.command import OnceKey
from volunteer_svc.actions.complaints import CloseComplaint, Complain, NoteContact
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.evaluations import Evaluate
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.objections import AnswerObjection, Object
from volunteer_svc.actions.recognitions import Publish
from volunteer_svc.actions.record_exports import AskRecordExport
from volunteer_svc.actions.registrations import Decline, Enrol
from volunteer_svc.actions.rights import AskCorrection, WithdrawConsent
from volunteer_svc.actions.sent_codes import RequestCode
from volunteer_svc.actions.sessions import SignIn
from volunteer_svc.actions.volunteers import Search, WithReason
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.registration import Guardian
from volunteer_svc.identity import people, person_keys
from volunteer_svc.identity.vault import VaultError, vault
from volunteer_svc.store.database import fetch
from volunteer_svc.store.recognitions import Exclusion

NAME, ADDRESS, GUARDIAN = "欧阳晓岚", "东关街道三号楼", "张监护"
LAST_YEAR = TODAY.year - 1
APPROVE = DecideErasure(decision="approve", reason="本人申请")


@pytest.fixture
async def desk(database):
    station = await builders.station()
    return await builders.staff("station_head", station.id)


@pytest.fixture
async def county(database):
    return [await builders.staff("county") for _ in range(2)]


async def everything():
    """All rows of all tables as text."""
    tables = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    texts = {}
    for table in tables:
        name = table["tablename"]
        rows = await fetch(f'SELECT to_jsonb(t)::text AS row FROM "{name}" t')
        texts[name] = "\n".join(row["row"] for row in rows)
    return texts


async def somebody(desk):
    """Somebody who has left traces wherever a person can."""
    guardian = Guardian(GUARDIAN, "母亲", "10099887766", date(2025, 1, 3), "2026")
    person = await builders.active(
        desk.actor.station_id, date(LAST_YEAR, 1, 3), name=NAME, address=ADDRESS,
        skills="理发", area="东关", birth_date=date(2009, 5, 1), guardian=guardian,
    )  # fmt: skip
    await hours(desk, person.station_id, person, 6_100, since=date(LAST_YEAR, 2, 1))
    fields = {"content": f"{NAME}送餐", "leader": NAME, "title": f"与{NAME}"}
    (entry,) = await record(desk, person.station_id, line(person, **fields))
    fix = Correct(minutes=30, reason=f"{NAME}多记", requested_by=f"{NAME}本人")
    await corrections.correct_record(desk.call(), entry.record_id, fix)
    again = msgspec.structs.replace(person.form, applied_on=TODAY)
    await builders.handed_in(call(), Register(station_id=person.station_id, form=again))
    late = msgspec.structs.replace(again, skills="不再处理")
    await intake.register(call(), Register(station_id=person.station_id, form=late))
    await sent_codes.request_code(call(), RequestCode(name=person.member_no))
    wrong = SignIn(kind="volunteer", name=person.member_no, password="a wrong long one")
    with pytest.raises(Refusal, match="sign_in_failed"):
        await sessions.sign_in(call(), wrong, hours=1)
    me = await builders.signed_in(person.id)
    await sessions.give_slip(desk.call(), person.id)
    once = OnceKey(key_hash=b"k" * 32, body_hash=b"b", now=NOW)
    await volunteers.suspend.once(
        once, desk.call(), person.id, WithReason(reason=f"{NAME}休养"), None
    )
    await volunteers.reinstate(desk.call(), person.id, None)
    await rights.ask_correction(me.call(), person.id, AskCorrection(text=f"{NAME}住址"))
    about = {"from_on": date(LAST_YEAR, 1, 1), "until_on": TODAY, "station_id": person.station_id}
    await record_exports.ask_record_export(
        desk.call(), AskRecordExport(**about, reason=f"{NAME}的记录核对")
    )
    await builders.staff("station_head", person.station_id, volunteer_id=person.id)
    return person, me


def traces(person):
    document = person.form.document_number
    phone = person.form.phone
    hashed = [
        hashed.hex()
        for hashed in (
            *people.possible_document_hashes(document),
            vault().keyed_hash("phone", phone),
            vault().keyed_hash("sign-in", str(person.id)),
        )
    ]
    birth = person.form.birth_date.isoformat()
    return [NAME, ADDRESS, GUARDIAN, document, phone, "10099887766", "理发", birth, *hashed]


async def erase(desk, county, person, who=None):
    asked = await erasures.ask_erasure(
        (who or county[0]).call(), person.id, AskErasure(reason=f"{NAME}的申请,存档12号")
    )
    return await erasures.decide_erasure(county[1].call(), asked.id, APPROVE)


async def test_afterwards_no_column_says_who_it_was(desk, county):
    person, me = await somebody(desk)
    other = await builders.active(desk.actor.station_id, name="他人")
    before = await everything()
    found = {t for t in traces(person) if any(t in text for text in before.values())}
    assert {NAME, person.form.birth_date.isoformat(), "理发"} <= found
    assert len(found) == 6, "name, birth date, skills and the hashes are there before"
    assert before["intake"]
    assert before["sent_code"]
    (row,) = await store.person_keys.load([person.id])
    sealed = await store.registrations.form_sealed(person.registration_id)
    done = await erase(desk, county, person, who=me)
    assert (done.state, done.asked_by, done.decided_by) == ("erased", None, county[1].actor.id)
    after = await everything()
    left = {t: name for t in traces(person) for name, text in after.items() if t in text}
    assert left == {}
    assert row.wrapped.hex() not in str(after), "the key is destroyed"
    assert sealed.hex() not in str(after)
    for table in ("person", "person_key", "volunteer_password"):
        assert str(person.id) not in after[table]
    assert after["intake"] == after["sent_code"] == after["sign_in_attempt"] == ""
    assert str(person.id) not in after["session"]
    assert str(person.id) not in after["staff"]
    assert await fetch("SELECT 1 FROM idempotency_key") == []
    assert (await store.people.find(other.id)).name == "他人"
    with pytest.raises(VaultError):
        people.open_form(None, sealed, person.registration_id)
    assert await person_keys.of([person.id]) == {}


async def test_others_keep_their_forms_and_the_code_to_a_shared_telephone(desk, county):
    person = await builders.active(desk.actor.station_id)
    other = await builders.active(desk.actor.station_id, phone=person.form.phone)
    await sent_codes.request_code(call(), RequestCode(name=other.member_no))
    form = msgspec.structs.replace(other.form, applied_on=TODAY)
    await intake.register(call(), Register(station_id=other.station_id, form=form))
    await erase(desk, county, person)
    (message,) = await sent_codes.take_due(call())
    assert message.phone == other.form.phone
    await builders.taken_up(NOW)
    (claim,) = await claims.open_claims(desk.call(), after=None, limit=10)
    assert claim.volunteer_id == other.id


@pytest.mark.rule("R11")
@pytest.mark.rule("R20")
async def test_hours_stars_and_lists_stay_under_the_member_number(desk, county):
    person, _ = await somebody(desk)
    published = await recognitions.publish_recognition(
        county[0].call(), LAST_YEAR, Publish(station_id=person.station_id)
    )
    assert [place.name for place in published.entries] == [NAME]
    of_the_county = Publish(exclusions=[Exclusion(person.id, "曾被投诉,家住城东")])
    await recognitions.publish_recognition(county[0].call(), LAST_YEAR, of_the_county)
    await erase(desk, county, person)
    kept = await recognitions.read_recognition(county[0].call(), LAST_YEAR, None)
    assert kept.exclusions == [Exclusion(person.id, "-")], "who was left out stays, why does not"
    await assert_books_agree()
    view = await volunteers.read_volunteer(desk.call(), person.id)
    assert (view.state, view.name, view.document_number) == ("erased", "*", None)
    assert (view.member_no, view.counted_minutes, view.star) == (person.member_no, 6_130, 1)
    listed = await recognitions.read_recognition(desk.call(), LAST_YEAR, person.station_id)
    (place,) = listed.entries
    assert (place.member_no, place.minutes, place.name) == (person.member_no, 6_100, "*")
    assert (listed.status, listed.outdated) == ("published", False)
    assert [e["name"] for e in await events()][-1] == "volunteer.erased"
    found = await volunteers.find_volunteers(
        desk.call(), Search(state="erased"), after=None, limit=10
    )
    assert [v.id for v in found] == [person.id]
    assert await claims.open_claims(desk.call(), after=None, limit=10) == []
    assert (
        await rights.open_correction_requests(desk.call(), station_id=None, after=None, limit=9)
        == []
    )


async def test_an_erased_person_can_do_nothing_and_returns_as_a_new_one(desk, county):
    person, _ = await somebody(desk)
    await erase(desk, county, person)
    (outcome,) = await record(desk, person.station_id, line(person))
    assert outcome.outcome == "refused"
    reason = AskExport(reason="x")
    for asked in (
        exports.export_person(desk.call(), person.id, reason),
        rights.ask_correction(desk.call(), person.id, AskCorrection(text="x")),
        rights.withdraw_consent(desk.call(), person.id, WithdrawConsent(kind="rules")),
        volunteers.suspend(desk.call(), person.id, WithReason(reason="x"), None),
        volunteers.exit_volunteer(desk.call(), person.id, WithReason(reason="x"), None),
        erasures.ask_erasure(county[0].call(), person.id, AskErasure(reason="x")),
    ):
        with pytest.raises(Refusal, match="state_forbids"):
            await asked
    form = msgspec.structs.replace(person.form, applied_on=TODAY)
    new = await registrations.enrol_volunteer(
        desk.call(), Enrol(station_id=person.station_id, form=form)
    )
    assert new.volunteer_id != person.id
    view = await volunteers.read_volunteer(desk.call(), new.volunteer_id)
    assert (view.counted_minutes, view.state) == (0, "applied")


async def test_what_was_open_about_somebody_erased_takes_no_more_words(desk, county):
    person = await builders.active(desk.actor.station_id, date(LAST_YEAR, 1, 3), name=NAME)
    (entry,) = await record(desk, person.station_id, line(person))
    said = Complain(direction="about", text=f"{NAME}迟到")
    complaint = await complaints.open_complaint(desk.call(), person.id, said)
    wrong = Object(text=f"{NAME}说多记了")
    objection = await objections.open_objection(desk.call(), entry.record_id, wrong)
    await erase(desk, county, person)
    for work in (
        complaints.note_contact(
            desk.call(), complaint.id, NoteContact(contact="call", on=TODAY, words=NAME)
        ),
        complaints.close_complaint(
            desk.call(), complaint.id, CloseComplaint(outcome="withdrawn", words=NAME)
        ),
        objections.close_objection(
            county[0].call(), objection.id, AnswerObjection(outcome="kept", reason=NAME)
        ),
        evaluations.evaluate_record(desk.call(), entry.record_id, Evaluate(grade=1, words=NAME)),
    ):
        with pytest.raises(Refusal, match="state_forbids"):
            await work
    assert NAME not in str(await everything())
    assert await fetch("SELECT FROM person_key WHERE volunteer_id = $1", person.id) == []
    listed = {"station_id": None, "overdue": False, "after": None, "limit": 9}
    assert await complaints.open_complaints(desk.call(), **listed) == []
    assert await objections.open_objections(desk.call(), **listed) == []


async def test_a_second_person_of_the_county_decides(desk, county):
    person = await builders.active(desk.actor.station_id)
    asking = AskErasure(reason="本人申请")
    for who in (desk, await builders.staff("admin"), await builders.staff("auditor")):
        with pytest.raises(Refusal, match="forbidden"):
            await erasures.ask_erasure(who.call(), person.id, asking)
    asked = await erasures.ask_erasure(county[0].call(), person.id, asking)
    with pytest.raises(Refusal, match="erasure_waits"):
        await erasures.ask_erasure(county[1].call(), person.id, asking)
    with pytest.raises(Refusal, match="second_person_required"):
        await erasures.decide_erasure(county[0].call(), asked.id, APPROVE)
    himself = await builders.staff("county", volunteer_id=person.id)
    with pytest.raises(Refusal, match="second_person_required"):
        await erasures.decide_erasure(himself.call(), asked.id, APPROVE)
    with pytest.raises(Refusal, match="forbidden"):
        await erasures.decide_erasure(desk.call(), asked.id, APPROVE)
    assert [e.id for e in await erasures.waiting_erasures(county[1].call(), after=None, limit=9)]
    refused = await erasures.decide_erasure(
        county[1].call(), asked.id, DecideErasure(decision="refuse", reason="未到站确认")
    )
    assert refused.state == "refused"
    with pytest.raises(Refusal, match="erasure_decided"):
        await erasures.decide_erasure(county[1].call(), asked.id, APPROVE)
    view = await volunteers.read_volunteer(desk.call(), person.id)
    assert view.state == "active"
    with pytest.raises(store.database.Violation):
        await store.database.execute(
            "UPDATE erasure SET state = 'erased', decided_by = asked_by WHERE id = $1", asked.id
        )


async def test_applications_that_led_to_nothing_are_erased_in_time(desk):
    async def apply(**changes):
        form = builders.form(**changes)
        request = Register(station_id=desk.actor.station_id, form=form)
        await builders.handed_in(call(), request)
        (row,) = await fetch("SELECT volunteer_id, id FROM registration ORDER BY id DESC LIMIT 1")
        return row["volunteer_id"], row["id"]

    (expires, _), (declined, registration_id) = await apply(), await apply()
    member = await builders.registered(desk.actor.station_id)
    await registrations.decline(desk.call(), registration_id, Decline(reason="材料不全"), None)
    for day, gone in (
        (TODAY + timedelta(90), set()),
        (TODAY + timedelta(91), {declined}),
        (TODAY + timedelta(180 + 90), {declined}),
        (TODAY + timedelta(180 + 91), {declined, expires}),
    ):
        while await housekeeping.erase_what_is_over(call(now=noon(day))):
            pass
        rows = await fetch("SELECT id FROM volunteer WHERE erased_on IS NOT NULL")
        assert {row["id"] for row in rows} == gone, day
    assert {row["cause"] for row in await fetch("SELECT cause FROM erasure")} == {"unfinished"}
    assert (await store.people.find(member.id)) is not None


@pytest.mark.rule("R20")
async def test_who_has_left_is_erased_after_ten_years_and_hours_stay(desk):
    person = await builders.active(desk.actor.station_id)
    stays = await builders.active(desk.actor.station_id)
    await hours(desk, person.station_id, person, 6_100)
    await volunteers.exit_volunteer(desk.call(), person.id, WithReason(reason="搬家"), None)
    almost, over = date(2036, 11, 20), date(2036, 11, 21)
    assert await housekeeping.erase_what_is_over(call(now=noon(almost))) == 0
    assert await housekeeping.erase_what_is_over(call(now=noon(over))) == 1
    assert await housekeeping.erase_what_is_over(call(now=noon(over))) == 0
    assert await person_keys.of([person.id]) == {}
    assert (await person_keys.of([stays.id])).keys() == {stays.id}
    await assert_books_agree()


@pytest.mark.rule("R20")
async def test_the_form_of_a_resolved_claim_is_blanked_in_time(desk):
    person = await builders.active(desk.actor.station_id)
    form = msgspec.structs.replace(person.form, applied_on=TODAY)
    for _ in range(2):
        await builders.handed_in(call(), Register(station_id=person.station_id, form=form))
    first, waits = await claims.open_claims(desk.call(), after=None, limit=10)
    await claims.resolve_claim(desk.call(), first.id)

    async def kept():
        rows = await fetch("SELECT id FROM claim WHERE form_sealed <> ''")
        return {row["id"] for row in rows}

    await housekeeping.forget_what_is_over(call(now=NOW + timedelta(days=30)))
    assert await kept() == {first.id, waits.id}
    await housekeeping.forget_what_is_over(call(now=NOW + timedelta(days=31)))
    assert await kept() == {waits.id}
