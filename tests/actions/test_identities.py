"""Mending who somebody is: mistyped data with a trail, and one person entered twice."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from tests import builders
from tests.actions.test_erasures import APPROVE, everything
from tests.actions.world import assert_books_agree, events, hours, line, record
from tests.builders import ALL_MATERIALS, PASSWORD, TODAY, call
from volunteer_svc import store
from volunteer_svc.actions import (
    accounts,
    corrections,
    erasures,
    exports,
    identities,
    merging,
    registrations,
    sessions,
    volunteers,
)
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.erasures import AskErasure
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.actions.identities import CorrectIdentity
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.merging import MergeVolunteer
from volunteer_svc.actions.registrations import CheckMaterials, Enrol
from volunteer_svc.actions.sessions import SignIn, UseSlip
from volunteer_svc.actions.volunteers import Search, WithReason
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.identity import people, person_keys
from volunteer_svc.store.database import fetch

REASON = "身份证原件已核"


@pytest.fixture
async def desk(database):
    station = await builders.station()
    return await builders.staff("station_head", station.id)


@pytest.fixture
async def county(database):
    return await builders.staff("county")


def asked(**changes):
    return CorrectIdentity(**changes | {"reason": REASON})


async def mend(county, person, **changes):
    return await identities.correct_identity(county.call(), person.id, asked(**changes), None)


async def found(desk, **search):
    page = await volunteers.find_volunteers(desk.call(), Search(**search), after=None, limit=10)
    return [view.id for view in page]


async def test_a_mistyped_number_is_mended_and_what_stood_there_is_kept_sealed(desk, county):
    person = await builders.active(desk.actor.station_id, name="王小名")
    right = builders.form(date(1988, 3, 2))
    view = await mend(
        county, person, name="王小明", birth_date=right.birth_date, sex=right.sex,
        document_number=right.document_number.lower(),
    )  # fmt: skip
    assert (view.name, view.birth_date) == ("王小明", right.birth_date)
    assert await found(desk, document_number=right.document_number) == [person.id]
    assert await found(desk, document_number=person.form.document_number) == []
    (row,) = await store.identities.corrections_of(person.id)
    changed = {"name", "birth_date", "document_number"} | (
        {"sex"} if right.sex != person.form.sex else set()
    )
    assert (set(row.fields), row.reason, row.corrected_by) == (changed, REASON, county.actor.id)
    key = (await person_keys.of([person.id]))[person.id]
    before = people.open_trail(key, row.before_sealed, row.id)
    assert (before.name, before.document_number) == ("王小名", person.form.document_number)
    assert "王小名" not in str((await everything())["identity_correction"])
    last = (await events())[-1]
    assert (last["name"], set(last["fields"])) == ("volunteer.updated", changed)
    export = await exports.export_person(desk.call(), person.id, AskExport(reason="x"))
    assert export.identity_corrections[0].before == before
    # The old number may be somebody else's: it is free again.
    form = msgspec.structs.replace(person.form, applied_on=TODAY)
    other = await registrations.enrol_volunteer(
        desk.call(), Enrol(station_id=person.station_id, form=form)
    )
    assert other.volunteer_id != person.id


async def test_what_cannot_be_right_is_refused(desk, county):
    person = await builders.active(desk.actor.station_id)
    other = await builders.active(desk.actor.station_id)
    child = builders.form(date(2013, 5, 1))
    for changes, code in (
        ({"document_number": "100000201206150025"}, "id_number_invalid"),
        ({"birth_date": date(1970, 1, 1)}, "birth_date_differs"),
        ({"sex": "M" if person.form.sex == "F" else "F"}, "sex_differs"),
        ({"name": person.form.name}, "identity_unchanged"),
        (
            {"document_number": child.document_number, "birth_date": child.birth_date,
             "sex": child.sex}, "under_minimum_age",
        ),
        (
            {"document_number": other.form.document_number, "sex": other.form.sex,
             "birth_date": other.form.birth_date}, "already_registered",
        ),
    ):  # fmt: skip
        with pytest.raises(Refusal, match=code):
            await mend(county, person, **changes)
    with pytest.raises(Refusal, match="changed_meanwhile"):
        await identities.correct_identity(county.call(), person.id, asked(name="新"), 99)
    assert await store.identities.corrections_of(person.id) == []


async def test_only_the_county_mends_and_merges_and_nobody_his_own_file(desk, county):
    person, other = [await builders.active(desk.actor.station_id) for _ in range(2)]
    ask = MergeVolunteer(duplicate_id=other.id, reason=REASON)
    himself = await builders.staff("county", volunteer_id=person.id)
    for who, code in (
        (desk, "forbidden"), (await builders.signed_in(person.id), "forbidden"),
        (await builders.staff("admin"), "forbidden"), (himself, "own_hours"),
    ):  # fmt: skip
        with pytest.raises(Refusal, match=code):
            await mend(who, person, name="新名")
        with pytest.raises(Refusal, match=code):
            await merging.merge_volunteers(who.call(), person.id, ask)


async def test_an_applications_mended_form_is_what_the_file_follows(desk, county):
    form = builders.form(name="王小名")
    await builders.handed_in(call(), Register(station_id=desk.actor.station_id, form=form))
    (row,) = await fetch("SELECT volunteer_id AS id, id AS registration_id FROM registration")
    await identities.correct_identity(county.call(), row["id"], asked(name="王小明"), None)
    await registrations.check_materials(
        desk.call(), row["registration_id"], CheckMaterials(materials=ALL_MATERIALS), None
    )
    assert (await store.people.find(row["id"])).name == "王小明"


def at(hour, day=date(2026, 11, 18)):
    """From that hour in Shanghai for an hour."""
    start = datetime(day.year, day.month, day.day, hour - 8, tzinfo=UTC)
    return {"started_at": start, "ended_at": start + timedelta(hours=1)}


async def two_files(desk):
    """One person entered twice: 65 and 38 hours with one hour in both, one corrected."""
    kept = await builders.active(desk.actor.station_id, name="王小明")
    twin = await builders.active(desk.actor.station_id, name="王晓明")
    await hours(desk, kept.station_id, kept, 65 * 60)
    await hours(desk, kept.station_id, twin, 36 * 60, since=date(2026, 7, 1))
    for person in (kept, twin):
        await record(desk, kept.station_id, line(person, **at(9)))
    await record(desk, kept.station_id, line(twin, **at(11)))
    (entry,) = await record(
        desk, kept.station_id, line(twin, served_on=date(2025, 5, 5), minutes=120)
    )
    fix = Correct(minutes=60, reason="多记", requested_by="本人")
    await corrections.correct_record(desk.call(), entry.record_id, fix)
    return kept, twin


async def merge(county, kept, twin):
    ask = MergeVolunteer(duplicate_id=twin.id, reason=REASON)
    return await merging.merge_volunteers(county.call(), kept.id, ask)


async def test_two_files_become_one_and_the_books_agree(desk, county):
    kept, twin = await two_files(desk)
    before = len(await events())
    done = await merge(county, kept, twin)
    await assert_books_agree()
    # 36 h + 1 h beside it + 1 h corrected; the hour that was in both files counts once.
    assert (done.records_moved, done.minutes_moved) == (7, 38 * 60)
    assert len(done.known_twice) == 1
    assert (done.volunteer.counted_minutes, done.volunteer.star) == (104 * 60, 1)
    gone = await volunteers.read_volunteer(desk.call(), twin.id)
    assert (gone.state, gone.merged_into, gone.counted_minutes) == ("merged", kept.id, 0)
    told = (await events())[before:]
    assert told[-1]["name"] == "volunteer.merged"
    assert (told[-1]["volunteer_id"], told[-1]["into_id"]) == (str(twin.id), str(kept.id))
    assert [e["to_star"] for e in told if e["name"] == "star.promoted"] == [1]
    moved = await fetch("SELECT * FROM merged_record")
    assert len([row for row in moved if row["to_record_id"]]) == 7
    assert [row["from_record_id"] for row in moved if not row["to_record_id"]] == done.known_twice
    stars = await volunteers.read_stars(desk.call(), kept.id)
    assert [row.to_star for row in stars.history] == [1]


async def test_both_numbers_and_documents_find_the_kept_file(desk, county):
    kept, twin = await two_files(desk)
    slip = await sessions.give_slip(desk.call(), kept.id)
    await merge(county, kept, twin)
    for number in (kept.member_no, twin.member_no):
        assert await found(desk, member_no=number) == [kept.id]
    for person in (kept, twin):
        assert await found(desk, document_number=person.form.document_number) == [kept.id]
        form = msgspec.structs.replace(person.form, applied_on=TODAY)
        with pytest.raises(Refusal) as refused:
            await registrations.enrol_volunteer(
                desk.call(), Enrol(station_id=kept.station_id, form=form)
            )
        assert refused.value.faults[0].params["member_no"] == kept.member_no
    assert await found(desk, name="明") == [kept.id]
    (by_number,) = await record(
        desk, kept.station_id,
        msgspec.structs.replace(line(kept), volunteer_id=None, member_no=twin.member_no),
    )  # fmt: skip
    assert (by_number.outcome, by_number.volunteer_id) == ("counted", kept.id)
    use = UseSlip(member_no=twin.member_no, slip=slip.slip, password=PASSWORD)
    await sessions.use_slip(call(), use, hours=1)
    token = await sessions.sign_in(
        call(), SignIn(kind="volunteer", name=twin.member_no, password=PASSWORD), hours=1
    )
    assert (await accounts.caller_of(token.token, builders.NOW)).actor.id == kept.id


async def test_the_returning_person_may_show_either_document(desk, county):
    kept, twin = await two_files(desk)
    await merge(county, kept, twin)
    await volunteers.exit_volunteer(desk.call(), kept.id, WithReason(reason="搬家"), None)
    form = msgspec.structs.replace(twin.form, applied_on=TODAY)
    again = await registrations.enrol_volunteer(
        desk.call(), Enrol(station_id=kept.station_id, form=form, materials=ALL_MATERIALS)
    )
    assert (again.volunteer_id, again.member_no) == (kept.id, kept.member_no)
    for person in (kept, twin):
        known = await found(desk, document_number=person.form.document_number)
        assert known == [kept.id], "also the one that was shown before"
    right = builders.form(date(1988, 3, 2))
    await mend(
        county, kept, document_number=right.document_number, birth_date=right.birth_date,
        sex=right.sex,
    )  # fmt: skip
    assert await found(desk, document_number=twin.form.document_number) == [], "it was mistyped"
    assert await found(desk, document_number=kept.form.document_number) == [kept.id]


async def test_a_merge_waits_for_what_waits_and_takes_the_living_file(desk, county):
    kept, twin = [await builders.active(desk.actor.station_id) for _ in range(2)]
    await record(desk, kept.station_id, line(twin, minutes=500))
    with pytest.raises(Refusal, match="merge_waits"):
        await merge(county, kept, twin)
    await merge(county, twin, kept)
    with pytest.raises(Refusal, match="state_forbids"):
        await merge(county, twin, kept)
    third = await builders.active(desk.actor.station_id)
    await volunteers.exit_volunteer(desk.call(), third.id, WithReason(reason="搬家"), None)
    with pytest.raises(Refusal, match="merge_other_way"):
        await merge(county, third, twin)
    with pytest.raises(Refusal, match="volunteer_unknown"):
        await merge(county, twin, twin)


async def test_files_merged_one_after_the_other_end_in_one(desk, county):
    first, second, third = [await builders.active(desk.actor.station_id) for _ in range(3)]
    await record(desk, first.station_id, line(first, served_on=date(2026, 1, 5)))
    await merge(county, second, first)
    await merge(county, third, second)
    await assert_books_agree()
    for person in (first, second, third):
        assert await found(desk, member_no=person.member_no) == [third.id]
        assert await found(desk, document_number=person.form.document_number) == [third.id]
    view = await volunteers.read_volunteer(desk.call(), third.id)
    assert view.counted_minutes == 60


async def test_an_erasure_reaches_the_merged_file_and_the_trail(desk, county):
    kept, twin = await two_files(desk)
    await record(desk, kept.station_id, line(twin, content="王晓明与王小明", minutes=30))
    await merge(county, kept, twin)
    await mend(county, kept, name="王小鸣")
    export = await exports.export_person(desk.call(), kept.id, AskExport(reason="x"))
    assert export.merged_files[0].before.document_number == twin.form.document_number
    assert export.merged_files[0].registrations[0].form == twin.form
    waits = await erasures.ask_erasure(county.call(), kept.id, AskErasure(reason="本人申请"))
    second = await builders.staff("county")
    await erasures.decide_erasure(second.call(), waits.id, APPROVE)
    await assert_books_agree()
    texts = await everything()
    hashes = [
        hashed.hex()
        for person in (kept, twin)
        for hashed in people.possible_document_hashes(person.form.document_number)
    ]
    for trace in ("王小明", "王晓明", "王小鸣", *hashes):
        assert [name for name, text in texts.items() if trace in text] == [], trace
    assert await person_keys.of([kept.id, twin.id]) == {}
    assert await found(desk, member_no=twin.member_no) == [kept.id]
