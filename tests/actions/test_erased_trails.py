"""What the trails say of somebody erased: all entries stay, and no reason can be read any more."""

import base64
import json
from types import SimpleNamespace

import pytest

from tests import builders
from tests.actions.world import hours
from volunteer_svc import ids
from volunteer_svc.actions import accesses, disclosures, erasures, exports, files, volunteers
from volunteer_svc.actions.accesses import Reveal
from volunteer_svc.actions.disclosures import AskDisclosure
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.actions.verification import Verified, verify_all
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.identity import people, person_keys
from volunteer_svc.identity.vault import VaultError, vault
from volunteer_svc.images.pictures import Picture
from volunteer_svc.store import event_log, trails
from volunteer_svc.store.database import fetch
from volunteer_svc.store.verification import snapshot

NAME = "欧阳晓岚"
WHY = f"{NAME}的儿子来电,查找走失的母亲"


@pytest.fixture
async def looked_at(database):
    """Somebody whose file was read for every kind of reason, and the trails chained since."""
    station = await builders.station()
    head = await builders.staff("station_head", station.id)
    person = await builders.active(station.id, name=NAME)
    await hours(head, station.id, person, 480)
    fields = ["phone", "document_number"]
    contact = Reveal(fields=fields, purpose="contact", reason=WHY)
    await accesses.reveal(head.call(), person.id, contact)
    letter = AskDisclosure(
        recipient=f"派出所({NAME}案)", letter_reference=f"{NAME}走失", fields=["phone"], reason=WHY
    )
    asked = await disclosures.ask_disclosure(head.call(), person.id, letter)
    await disclosures.approve_disclosure(head.call(), asked.id)
    third = Reveal(fields=["phone"], purpose="third_party", reason=WHY, disclosure_id=asked.id)
    await accesses.reveal(head.call(), person.id, third)
    await exports.export_person(head.call(), person.id, AskExport(reason=WHY))
    await volunteers.suspend(head.call(), person.id, WithReason(reason=WHY), None)
    sequencer = await event_log.connect(database)

    async def chain():
        while await trails.move(sequencer, 1000):
            pass

    await chain()
    yield SimpleNamespace(head=head, person=person, config=database, chain=chain)
    await event_log.disconnect(sequencer)


async def erase(scene):
    asking, deciding = [await builders.staff("county") for _ in range(2)]
    wish = await erasures.ask_erasure(asking.call(), scene.person.id, AskErasure(reason=WHY))
    decided = DecideErasure(decision="approve", reason=WHY)
    await erasures.decide_erasure(deciding.call(), wish.id, decided)


async def chained(trail):
    return [dict(row) for row in await fetch(f"SELECT * FROM {trail} ORDER BY seq")]


async def differences(config):
    async with snapshot(config) as books:
        return [one async for one in verify_all(books, Verified(), lambda *_: None)]


async def test_no_reason_can_be_read_any_more_and_every_chain_agrees(looked_at):
    reader, volunteer_id = looked_at.head, looked_at.person.id
    told = await accesses.accesses(reader.call(), volunteer_id, after=0, limit=50)
    assert [one.reason for one in told if one.reason] == [WHY] * 3
    other = await builders.active(looked_at.head.actor.station_id)
    before = {trail: await chained(trail) for trail in ("access_log", "audit_entry")}

    await erase(looked_at)
    await looked_at.chain()

    told = await accesses.accesses(reader.call(), volunteer_id, after=0, limit=50)
    assert {one.reason for one in told} == {None}
    for trail, entries in before.items():
        assert (await chained(trail))[: len(entries)] == entries, "an erasure changes no entry"
    assert await differences(looked_at.config) == []

    # Nor by anybody who holds the ring and the keys of everybody else.
    left = (await person_keys.of([other.id]))[other.id]
    details = [json.loads(row["detail"]) for row in before["access_log"]]
    sealed = [detail["reason_sealed"] for detail in details if "reason_sealed" in detail]
    assert len(sealed) == 3
    for text in sealed:
        assert people.open_reason(left, text) is None
        with pytest.raises(VaultError):
            vault().open(base64.b64decode(text), f"person/{volunteer_id}/access-reason")


async def test_no_table_says_any_more_why_a_file_was_read_or_by_whose_letter(looked_at):
    async def naming():
        tables = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = set()
        for name in (row["tablename"] for row in tables):
            rows = await fetch(f'SELECT to_jsonb(t)::text AS row FROM "{name}" t')
            found |= {name for row in rows if NAME in row["row"]}
        return found

    assert {"person", "disclosure", "suspension"} <= await naming()
    await erase(looked_at)
    assert await naming() == set()
    (letter,) = await disclosures.disclosures(
        looked_at.head.call(), waiting=False, after=None, limit=5
    )
    assert (letter.recipient, letter.letter_reference) == ("派出所(*案)", "*走失")
    assert letter.reason == ""


async def test_an_upload_that_an_erasure_overtakes_leaves_no_file(looked_at):
    volunteer_id, call = looked_at.person.id, looked_at.head.call()
    picture = Picture(100, 100, b"x")
    await files._upload_file(call, ids.uuid7(), volunteer_id, "photo", picture)
    await erase(looked_at)
    with pytest.raises(Refusal, match="not_found"):
        await files._upload_file(call, ids.uuid7(), volunteer_id, "photo", picture)
    with pytest.raises(Refusal, match="not_found"):
        await files._download_file(call, volunteer_id, "photo")
    rows = await fetch("SELECT removed_at FROM file WHERE volunteer_id = $1", volunteer_id)
    assert [row["removed_at"] is not None for row in rows] == [True]


async def test_a_reason_needs_somebody_who_is_there(looked_at):
    await erase(looked_at)
    asking = Reveal(fields=["phone"], purpose="contact", reason=WHY)
    with pytest.raises(Refusal, match="not_found"):
        await accesses.reveal(looked_at.head.call(), looked_at.person.id, asking)
    rows = await fetch("SELECT 1 FROM person_key WHERE volunteer_id = $1", looked_at.person.id)
    assert rows == [], "no new key is made for somebody erased"
