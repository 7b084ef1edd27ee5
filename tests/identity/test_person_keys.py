"""Every person's own key: what it seals, where it is stored, how people from before get one."""

from datetime import date

import msgspec
import pytest

from tests import builders
from tests.builders import ALL_MATERIALS, call
from volunteer_svc import store
from volunteer_svc.actions import claims, keys, registrations, volunteers
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.registrations import CheckMaterials
from volunteer_svc.actions.volunteers import EditVolunteer, Search
from volunteer_svc.domain.registration import Guardian
from volunteer_svc.identity import people, person_keys
from volunteer_svc.identity.vault import VaultError, vault
from volunteer_svc.store.database import execute, fetch

SEALED = (
    ("person", "document_sealed"),
    ("person", "phone_sealed"),
    ("person", "address_sealed"),
    ("registration", "form_sealed"),
    ("claim", "form_sealed"),
)


@pytest.fixture
async def desk(database):
    station = await builders.station()
    return await builders.staff("station_head", station.id)


async def somebody(desk):
    """A minor with everything that is sealed: an address, a guardian, a claim."""
    guardian = Guardian("张监护", "母亲", "10099887766", builders.TODAY, "2026")
    form = builders.form(
        date(2010, 5, 1), name="张小红", address="东关街道三号楼", guardian=guardian
    )
    request = Register(station_id=desk.actor.station_id, form=form)
    await builders.handed_in(call(), request)
    await builders.handed_in(call(), request)
    (row,) = await fetch("SELECT volunteer_id, id FROM registration")
    return row["volunteer_id"], row["id"], form


async def sealed_values():
    return [
        row["value"]
        for table, column in SEALED
        for row in await fetch(f"SELECT {column} AS value FROM {table}")
    ]


async def test_what_is_secret_of_a_person_is_sealed_with_his_own_key_alone(desk):
    volunteer_id, registration_id, form = await somebody(desk)
    values = await sealed_values()
    assert len(values) == len(SEALED)
    assert all(person_keys.is_own(value) for value in values)
    key = (await person_keys.of([volunteer_id]))[volunteer_id]
    sealed = await store.registrations.form_sealed(registration_id)
    assert people.open_form(key, sealed, registration_id) == form
    await store.person_keys.destroy(volunteer_id)
    with pytest.raises(VaultError):
        people.open_form(None, sealed, registration_id)
    with pytest.raises(VaultError):
        vault().open(sealed, f"form/{registration_id}")


async def test_a_value_of_another_person_or_field_is_refused(desk):
    mine, other = [await builders.registered(desk.actor.station_id) for _ in range(2)]
    keys_of = await person_keys.of([mine.id, other.id])
    sealed = keys_of[mine.id].seal(b"10012345678", "phone")
    assert keys_of[mine.id].open(sealed, "phone") == b"10012345678"
    for key, field in ((keys_of[mine.id], "document"), (keys_of[other.id], "phone")):
        with pytest.raises(VaultError):
            key.open(sealed, field)
    # Nor may the wrapped keys be exchanged.
    rows = {row.volunteer_id: row for row in await store.person_keys.load([mine.id, other.id])}
    moved = store.person_keys.PersonKeyRow(mine.id, "k1", rows[other.id].wrapped)
    with pytest.raises(VaultError):
        person_keys.opened(moved)


async def as_before_there_were_persons_keys(volunteer_id, registration_id, form):
    """The rows as the ring alone sealed them."""
    ring = vault()
    (claim,) = await fetch("SELECT id FROM claim")
    await execute(
        "UPDATE person SET document_sealed = $2, phone_sealed = $3, address_sealed = $4"
        " WHERE volunteer_id = $1",
        volunteer_id,
        ring.seal(form.document_number.encode(), f"person/{volunteer_id}/document"),
        ring.seal(form.phone.encode(), f"person/{volunteer_id}/phone"),
        ring.seal(form.address.encode(), f"person/{volunteer_id}/address"),
    )
    for table, form_id in (("registration", registration_id), ("claim", claim["id"])):
        sealed = ring.seal(msgspec.json.encode(form), f"form/{form_id}")
        await store.people.reseal_form(table, form_id, sealed)
    await store.person_keys.destroy(volunteer_id)


async def shown(desk, volunteer_id):
    view = await volunteers.read_volunteer(desk.call(), volunteer_id)
    (claim,) = await claims.open_claims(desk.call(), after=None, limit=10)
    return view.document_number, view.phone, claim.name, claim.phone


async def test_people_from_before_are_read_as_they_are_and_then_get_keys(desk):
    volunteer_id, registration_id, form = await somebody(desk)
    before = await shown(desk, volunteer_id)
    await as_before_there_were_persons_keys(volunteer_id, registration_id, form)
    assert await shown(desk, volunteer_id) == before
    assert await keys.give_keys(call(), keys.NOBODY) == volunteer_id
    assert all(person_keys.is_own(value) for value in await sealed_values())
    assert await shown(desk, volunteer_id) == before
    assert await keys.give_keys(call(), keys.NOBODY) is None
    await registrations.check_materials(
        desk.call(), registration_id, CheckMaterials(materials=ALL_MATERIALS), None
    )
    assert await shown(desk, volunteer_id) == before


async def test_somebody_from_before_who_is_edited_gets_a_key_at_once(desk):
    volunteer_id, registration_id, form = await somebody(desk)
    await as_before_there_were_persons_keys(volunteer_id, registration_id, form)
    await volunteers.edit_volunteer(
        desk.call(), volunteer_id, EditVolunteer(phone="10000001234"), None
    )
    assert (await shown(desk, volunteer_id))[1] == "*********34"
    assert await keys.give_keys(call(), keys.NOBODY) == volunteer_id
    assert (await shown(desk, volunteer_id))[1] == "*********34"


async def test_names_are_found_by_a_part_and_numbers_whole(desk):
    person = await builders.registered(desk.actor.station_id, name="欧阳晓岚")
    for search in (
        Search(name="晓岚"),
        Search(document_number=person.form.document_number.lower()),
    ):
        found = await volunteers.find_volunteers(desk.call(), search, after=None, limit=10)
        assert [view.id for view in found] == [person.id]
    half = Search(document_number=person.form.document_number[:17])
    assert await volunteers.find_volunteers(desk.call(), half, after=None, limit=10) == []


async def test_a_key_wrapped_by_a_ring_key_nobody_knows_is_refused_by_the_database(desk):
    person = await builders.registered(desk.actor.station_id)
    with pytest.raises(store.database.Violation):
        await execute("UPDATE person_key SET key_name = 'k9' WHERE volunteer_id = $1", person.id)
