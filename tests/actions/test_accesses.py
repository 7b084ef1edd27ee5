"""Reading is logged (R11): in full only with right, reason and entry; who read is told."""

import json
from datetime import date, timedelta

import pytest

from tests import builders
from tests.actions.world import line, record
from tests.builders import NOW
from volunteer_svc.actions import accesses, disclosures, files, service_records, volunteers
from volunteer_svc.actions.accesses import Reveal
from volunteer_svc.actions.claims import open_claims
from volunteer_svc.actions.disclosures import VALID_DAYS, AskDisclosure
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.registrations import read_registration
from volunteer_svc.actions.volunteers import EditVolunteer, Search
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.registration import Guardian
from volunteer_svc.images.pictures import Picture
from volunteer_svc.store import event_log, trails
from volunteer_svc.store.database import fetch

PAGE = {"after": None, "limit": 10}
PHONE = Reveal(fields=["phone"], purpose="contact", reason="活动改期,回电告知")


@pytest.fixture
async def chained(database):
    """Brings what was noted into the trails."""
    connection = await event_log.connect(database)

    async def chain():
        while await trails.move(connection, 1000):
            pass

    yield chain
    await event_log.disconnect(connection)


@pytest.fixture
async def station(database):
    return await builders.station()


@pytest.fixture
async def worker(station):
    return await builders.staff("social_worker", station.id)


@pytest.fixture
async def head(station):
    return await builders.staff("station_head", station.id)


@pytest.fixture
async def person(station):
    return await builders.active(station.id, address="解放路八号")


@pytest.fixture
async def child(station):
    guardian = Guardian("李四", "父亲", "10000000009", date(2025, 3, 3), "2025")
    return await builders.active(station.id, birth_date=date(2010, 1, 1), guardian=guardian)


async def looks():
    rows = await fetch("SELECT * FROM audit_outbox WHERE trail = 'access' ORDER BY outbox_id")
    return [
        (row["actor_id"], row["action"], row["subject"], json.loads(row["detail"])) for row in rows
    ]


async def code_of(asking):
    with pytest.raises(Refusal) as refused:
        await asking
    return refused.value.code


@pytest.mark.rule("R11")
async def test_a_field_is_read_in_full_with_a_reason_and_an_entry(worker, person):
    request = Reveal(
        fields=["document_number", "phone", "address"], purpose="identity_check", reason="核对"
    )
    seen = await accesses.reveal(worker.call(), person.id, request)
    assert seen.document_number == person.form.document_number
    assert seen.phone == person.form.phone
    assert seen.address == "解放路八号"
    ((who, action, subject, detail),) = await looks()
    assert (who, action, subject) == (worker.actor.id, "reveal", f"volunteer/{person.id}")
    assert detail["fields"] == ["address", "document_number", "phone"]
    assert detail["purpose"] == "identity_check"
    text = str(await fetch("SELECT o::text FROM audit_outbox o"))
    for secret in (person.form.document_number, person.form.phone, "解放路", "核对"):
        assert secret not in text


async def test_a_guardians_phone_is_read_in_full_likewise(worker, child):
    request = Reveal(fields=["guardian"], purpose="contact", reason="监护人同意书")
    seen = await accesses.reveal(worker.call(), child.id, request)
    assert seen.guardian
    assert (seen.guardian.name, seen.guardian.phone) == ("李四", "10000000009")
    assert seen.phone is None
    assert len(await looks()) == 1


async def test_who_may_not_gets_neither_field_nor_entry(worker, person):
    elsewhere = await builders.station()
    for other in (
        await builders.staff("station_head", elsewhere.id),
        await builders.staff("auditor"),
        await builders.staff("bureau"),
        await builders.staff("admin"),
        await builders.client_key("volunteers:read"),
        await builders.signed_in((await builders.active(elsewhere.id)).id),
    ):
        assert await code_of(accesses.reveal(other.call(), person.id, PHONE)) == "forbidden"
    assert await code_of(accesses.reveal(builders.call(), person.id, PHONE)) == "sign_in_required"
    blank = Reveal(fields=["phone"], purpose="contact", reason="  ")
    assert await code_of(accesses.reveal(worker.call(), person.id, blank)) == "reason_required"
    twice = Reveal(fields=["phone", "phone"], purpose="contact", reason="x")
    assert await code_of(accesses.reveal(worker.call(), person.id, twice)) == "item_repeated"
    county = await builders.staff("county")
    unknown = builders.ids.uuid7()
    assert await code_of(accesses.reveal(county.call(), unknown, PHONE)) == "not_found"
    assert await looks() == []


@pytest.mark.rule("R11")
async def test_looking_at_a_file_is_kept_and_ones_own_is_not(worker, person):
    client = await builders.client_key("volunteers:read")
    for who in (worker, client):
        await volunteers.read_volunteer(who.call(), person.id)
    await volunteers.read_ledger(worker.call(), person.id, after=0, limit=5)
    await volunteers.read_stars(worker.call(), person.id)
    await service_records.records_of(worker.call(), person.id, state=None, **PAGE)
    await read_registration(worker.call(), person.registration_id)
    himself = await builders.signed_in(person.id)
    await volunteers.read_volunteer(himself.call(), person.id)
    await volunteers.read_stars(himself.call(), person.id)
    found = await looks()
    assert [look[1] for look in found] == [
        "read_volunteer", "read_volunteer", "read_ledger", "read_stars", "records_of",
        "read_registration",
    ]  # fmt: skip
    assert [look[0] for look in found] == [worker.actor.id, client.actor.id] + [worker.actor.id] * 4
    assert {look[2] for look in found} == {f"volunteer/{person.id}"}


async def test_of_a_list_only_minors_are_kept_and_who_is_found_by_number(worker, person, child):
    await volunteers.find_volunteers(worker.call(), Search(), **PAGE)
    assert [look[2] for look in await looks()] == [f"volunteer/{child.id}"]
    number = Search(member_no=person.member_no)
    await volunteers.find_volunteers(worker.call(), number, **PAGE)
    assert (await looks())[-1][2] == f"volunteer/{person.id}"


async def test_a_minors_file_is_kept_also_when_it_is_seen_by_an_edit(worker, child):
    await volunteers.edit_volunteer(worker.call(), child.id, EditVolunteer(area="城东"), None)
    assert [look[1] for look in await looks()] == ["edit_volunteer"]


async def test_every_download_of_a_file_is_kept_with_its_kind(chained, worker, child):
    for kind in ("photo", "residence_permit"):
        picture = Picture(100, 100, b"x")
        await files._upload_file(worker.call(), builders.ids.uuid7(), child.id, kind, picture)
        await files._download_file(worker.call(), child.id, kind)
    himself = await builders.signed_in(child.id)
    await files._download_file(himself.call(), child.id, "photo")
    await chained()
    told = await accesses.accesses(himself.call(), child.id, after=0, limit=10)
    assert [(one.action, one.fields) for one in told] == [
        ("download_file", ["photo"]), ("download_file", ["residence_permit"]),
    ]  # fmt: skip
    assert {one.actor_id for one in told} == {worker.actor.id}


async def test_of_an_auditor_every_reading_is_kept(person):
    auditor = await builders.staff("auditor")
    await volunteers.find_volunteers(auditor.call(), Search(), **PAGE)
    await service_records.records(auditor.call(), station_id=None, state=None, **PAGE)
    await accesses.audit_entries(auditor.call(), subject=None, actor_id=None, after=0, limit=5)
    assert [look[1:3] for look in await looks()] == [
        ("find_volunteers", None), ("records", None), ("audit_entries", None),
    ]  # fmt: skip


async def test_a_claim_shows_a_phone_and_is_kept(worker, station, person):
    await builders.handed_in(builders.call(), Register(station_id=station.id, form=builders.form(
        birth_date=person.form.birth_date, name=person.form.name, sex=person.form.sex,
        document_number=person.form.document_number)))  # fmt: skip
    assert len(await open_claims(worker.call(), **PAGE)) == 1
    assert [look[2:] for look in await looks()] == [
        (f"volunteer/{person.id}", {"fields": ["claim"], "purpose": "contact"})
    ]


async def test_who_looked_is_told_to_the_volunteer_and_the_head(chained, worker, head, person):
    await accesses.reveal(worker.call(), person.id, PHONE)
    await volunteers.read_volunteer(worker.call(), person.id)
    await chained()
    himself = await builders.signed_in(person.id)
    deputy = await builders.staff("deputy_head", person.station_id)
    for reader in (himself, head, deputy, await builders.staff("county")):
        first, second = await accesses.accesses(reader.call(), person.id, after=0, limit=10)
        assert (first.actor_id, first.actor_name) == (worker.actor.id, "社工")
        assert (first.fields, first.purpose, first.reason) == (["phone"], "contact", PHONE.reason)
        assert (second.fields, second.reason) == (["file"], None)
    stranger = await builders.station()
    for reader in (
        worker,
        await builders.staff("station_head", stranger.id),
        await builders.signed_in((await builders.active(stranger.id)).id),
        await builders.staff("bureau"),
    ):
        reading = accesses.accesses(reader.call(), person.id, after=0, limit=10)
        assert await code_of(reading) == "forbidden"


@pytest.mark.rule("R11")
async def test_a_third_party_reads_by_letter_and_the_heads_approval(chained, worker, head, person):
    letter = AskDisclosure(
        recipient="海城市公安局", letter_reference="海公〔2026〕7号", fields=["phone"],
        reason="协助查找", secret=True,
    )  # fmt: skip
    asked = await disclosures.ask_disclosure(worker.call(), person.id, letter)
    request = Reveal(fields=["phone"], purpose="third_party", reason="来函", disclosure_id=asked.id)
    too_early = accesses.reveal(worker.call(), person.id, request)
    assert await code_of(too_early) == "disclosure_needed"
    approving = disclosures.approve_disclosure(worker.call(), asked.id)
    assert await code_of(approving) == "forbidden"
    (listed,) = await disclosures.disclosures(head.call(), waiting=True, **PAGE)
    approved = await disclosures.approve_disclosure(head.call(), listed.id)
    assert (approved.approved_by, approved.approved_at) == (head.actor.id, NOW)
    assert await disclosures.disclosures(head.call(), waiting=True, **PAGE) == []
    again = disclosures.approve_disclosure(head.call(), asked.id)
    assert await code_of(again) == "disclosure_approved"

    assert (await accesses.reveal(worker.call(), person.id, request)).phone == person.form.phone
    await chained()
    told = await accesses.accesses(head.call(), person.id, after=0, limit=10)
    assert [(one.recipient, one.letter_reference, one.reason) for one in told] == [
        ("海城市公安局", "海公〔2026〕7号", "来函")
    ]
    himself = await builders.signed_in(person.id)
    (own,) = await accesses.accesses(himself.call(), person.id, after=0, limit=10)
    assert (own.purpose, own.recipient, own.reason) == ("third_party", None, None)
    (entry,) = await fetch("SELECT detail FROM audit_entry WHERE action = 'approve_disclosure'")
    assert "海公" not in entry["detail"]


async def test_an_approval_covers_its_fields_its_file_and_thirty_days(worker, head, person):
    letter = AskDisclosure(
        recipient="法院", letter_reference="7号", fields=["phone"], reason="取证"
    )
    asked = await disclosures.ask_disclosure(worker.call(), person.id, letter)
    await disclosures.approve_disclosure(head.call(), asked.id)
    other = await builders.active(person.station_id)

    async def asking(volunteer_id, *fields, now=NOW, purpose="third_party", by=asked.id):
        request = Reveal(fields=list(fields), purpose=purpose, reason="来函", disclosure_id=by)
        return await accesses.reveal(worker.call(now), volunteer_id, request)

    assert await code_of(asking(person.id, "phone", "address")) == "disclosure_needed"
    assert await code_of(asking(other.id, "phone")) == "disclosure_needed"
    late = NOW + timedelta(days=VALID_DAYS, seconds=1)
    assert await code_of(asking(person.id, "phone", now=late)) == "disclosure_needed"
    unknown = builders.ids.uuid7()
    assert await code_of(asking(person.id, "phone", by=unknown)) == "disclosure_needed"
    for purpose, by in (("contact", asked.id), ("third_party", None)):
        code = await code_of(asking(person.id, "phone", purpose=purpose, by=by))
        assert code == "third_party_by_disclosure"
    assert (await asking(person.id, "phone", now=NOW + timedelta(days=VALID_DAYS))).phone


async def test_a_letter_that_is_no_secret_is_told_to_the_person(chained, worker, head, person):
    letter = AskDisclosure(
        recipient="法院", letter_reference="7号", fields=["phone"], reason="取证"
    )
    asked = await disclosures.ask_disclosure(worker.call(), person.id, letter)
    await disclosures.approve_disclosure(head.call(), asked.id)
    request = Reveal(fields=["phone"], purpose="third_party", reason="来函", disclosure_id=asked.id)
    await accesses.reveal(worker.call(), person.id, request)
    await chained()
    himself = await builders.signed_in(person.id)
    (own,) = await accesses.accesses(himself.call(), person.id, after=0, limit=10)
    assert (own.recipient, own.letter_reference, own.reason) == ("法院", "7号", "来函")


async def test_the_auditor_reads_the_audit_trail(chained, worker, person):
    await record(worker, person.station_id, line(person))
    await chained()
    auditor = await builders.staff("auditor")
    entries = await accesses.audit_entries(
        auditor.call(), subject=f"station/{person.station_id}", actor_id=worker.actor.id,
        after=0, limit=5,
    )  # fmt: skip
    assert [(one.action, one.detail["entries"]) for one in entries] == [
        ("record_service", {"counted": 1})
    ]
    assert len(bytes.fromhex(entries[0].hash)) == 32
    for other in (worker, await builders.staff("county"), await builders.staff("admin")):
        reading = accesses.audit_entries(
            other.call(), subject=None, actor_id=None, after=0, limit=5
        )
        assert await code_of(reading) == "forbidden"
