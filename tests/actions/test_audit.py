"""The audit trail: no command that changes something leaves no entry, no entry a person's data."""

import importlib
import json
import pkgutil
from pathlib import Path

import pytest

from tests import builders
from tests.actions.audit.scene import Scene
from tests.actions.world import line, record
from tests.builders import NOW
from volunteer_svc import actions, ids
from volunteer_svc.actions import (
    county_import,
    housekeeping,
    registrations,
    service_records,
    volunteers,
)
from volunteer_svc.actions.command import Command
from volunteer_svc.actions.county_import import Lane, MovedOn
from volunteer_svc.actions.joined import Joiner
from volunteer_svc.actions.registrations import Enrol
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.actions.volunteers import EditVolunteer, WithReason
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import fetch

AREAS = [
    importlib.import_module(f"tests.actions.audit.{file.stem}")
    for file in sorted(Path(__file__).parent.glob("audit/*.py"))
]


def scenes(kind):
    """Of all areas. No command has two."""
    pairs = [pair for area in AREAS for pair in vars(area).get(kind, {}).items()]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


CHANGES, READINGS = scenes("CHANGES"), scenes("READINGS")
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


def test_every_command_has_its_scene():
    assert commands(changes=True) == CHANGES.keys()
    assert commands(changes=False) == READINGS.keys()


async def tables():
    """A digest of every table but the trails."""
    names = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    one = "SELECT '{0}' AS name, count(*), sum(hashtext(t::text)) FROM {0} t"
    every = [one.format(row["tablename"]) for row in names if row["tablename"] not in TRAIL]
    return {row["name"]: row for row in await fetch(" UNION ALL ".join(every))}


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
