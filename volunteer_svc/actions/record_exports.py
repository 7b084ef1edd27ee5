"""Exports of the five record classes with names and numbers: asked with a reason, made by a worker.

Whoever is in one finds in his file's accesses who took it out; the workbook is gone after a day.
"""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.actor import Anyone, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.domain.record_export import BATCH, HEADERS, KEPT_HOURS, PEOPLE_MAX, ROWS_MAX
from volunteer_svc.domain.report import check_range
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.i18n import DEFAULT, term
from volunteer_svc.identity import people, person_keys
from volunteer_svc.identity.permissions import require, require_staff, stations_seen
from volunteer_svc.identity.vault import vault
from volunteer_svc.store.record_exports import RecordExport
from volunteer_svc.workbooks.tables import Table, write_tables

Clock = Callable[[], datetime]
LEASE = timedelta(minutes=2)
ExportView = RecordExport
Cell = str | int | float


class AskRecordExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the members of a station (null: of all), with what they did and got in these days."""

    from_on: date
    until_on: date
    reason: RequiredReason
    station_id: UUID | None = None


@command
async def ask_record_export(call: Call, request: AskRecordExport) -> ExportView:
    """A worker makes it. Raises `forbidden`, `not_found` (station), `range_ends_before_start`,
    `range_too_long`, `export_too_large`."""
    staff = require_staff(call.actor, "records.export")
    scope = stations_seen(staff, "records.export", request.station_id)
    if scope is not None and await store.stations.find(scope) is None:
        raise not_found("station")
    check_range(request.from_on, request.until_on)
    total = await store.record_exports.count_people(scope)
    if total > PEOPLE_MAX:
        raise refuse("export_too_large", "station_id", max=PEOPLE_MAX)
    export = RecordExport(
        id=ids.uuid7(),
        station_id=scope,
        from_on=request.from_on,
        until_on=request.until_on,
        reason=request.reason,
        state="asked",
        asked_by=staff.id,
        asked_at=call.now,
        people_total=total,
        people_done=0,
        finished_at=None,
    )
    await store.record_exports.insert(export)
    call.notes.changed(
        f"record_export/{export.id}", station_id=scope, people=total,
        from_on=request.from_on, until_on=request.until_on,
    )  # fmt: skip
    return export


@reading
async def record_exports(call: Call, *, after: UUID | None, limit: int) -> list[ExportView]:
    """One's own, the last first. Raises `forbidden`."""
    stations_seen(call.actor, "records.export")
    staff = require_staff(call.actor, "records.export")
    return await store.record_exports.asked_by(staff.id, after=after, limit=limit)


@reading
async def read_record_export(call: Call, export_id: UUID) -> ExportView:
    """How far it is. Raises `forbidden`, `not_found`: also for who did not ask for it."""
    return await _own(call, export_id)


@reading
async def _read_workbook(call: Call, export_id: UUID) -> bytes:
    export = await _own(call, export_id)
    kept = await store.record_exports.workbook_sealed(export_id)
    over = export.finished_at is not None and (
        call.now >= export.finished_at + timedelta(hours=KEPT_HOURS)
    )
    if export.state == "forgotten" or (export.state == "done" and over):
        raise refuse("export_forgotten", kind="gone", hours=KEPT_HOURS)
    if kept is None:
        raise refuse("export_not_ready", kind="conflict")
    call.notes.looked(
        None, fields=["record_classes"], export_id=export_id, people=export.people_total
    )
    return kept


async def download_record_export(call: Call, export_id: UUID) -> bytes:
    """The workbook, to whoever asked for it, for a day.

    Raises `export_not_ready` (409), `export_forgotten` (410), `not_found`, `forbidden`.
    """
    return vault().open(await _read_workbook(call, export_id), _place(export_id))


async def _own(call: Call, export_id: UUID) -> RecordExport:
    stations_seen(call.actor, "records.export")
    staff = require_staff(call.actor, "records.export")
    export = await store.record_exports.find(export_id)
    if export is None or export.asked_by != staff.id:
        raise not_found("record_export")
    require(staff, "records.export", export.station_id)
    return export


def _place(export_id: UUID) -> str:
    return f"record_export/{export_id}"


async def work_on_next(clock: Clock) -> bool:
    """For the worker: make the next one, if any waits."""
    export = await _lease(Call(actor=Anyone(), now=clock(), channel="worker"))
    if export is None:
        return False
    try:
        asker = await _asker(export)
        tables = await _tables(asker, export, clock)
        content = await asyncio.to_thread(write_tables, tables)
        sealed = await asyncio.to_thread(vault().seal, content, _place(export.id))
        await _finish(Call(actor=asker, now=clock(), channel="worker"), export.id, sealed)
    except Refusal:
        await _finish(Call(actor=Anyone(), now=clock(), channel="worker"), export.id, None)
    return True


@command
async def _lease(call: Call) -> RecordExport | None:
    export = await store.record_exports.lease_due(call.now, LEASE)
    call.notes.unchanged = export is None
    call.notes.changed(_place(export.id) if export else None)
    return export


@command
async def _finish(call: Call, export_id: UUID, sealed: bytes | None) -> None:
    """Without a workbook it has failed."""
    state = "done" if sealed is not None else "failed"
    await store.record_exports.finish(
        export_id, "done" if sealed is not None else "failed", call.now, sealed
    )
    call.notes.changed(_place(export_id), state=state)


async def _asker(export: RecordExport) -> Staff:
    """Whoever asked for it, if he still may: an account closed since takes nothing out."""
    account = await store.accounts.find(export.asked_by)
    if account is None or account.closed_at is not None:
        raise refuse("forbidden", kind="forbidden", permission="records.export")
    asker = Staff(account.id, account.role, account.station_id, account.volunteer_id)
    require(asker, "records.export", export.station_id)
    return asker


async def _tables(asker: Staff, export: RecordExport, clock: Clock) -> list[Table]:
    rows: dict[str, list[list[Cell]]] = {title: [] for title in HEADERS}
    after, done = None, 0
    while True:
        call = Call(actor=asker, now=clock(), channel="worker")
        step = await _take_people(call, export, after, done)
        if not step.volunteers:
            return [Table(title, headers, rows[title]) for title, headers in HEADERS.items()]
        for title, more in step.rows.items():
            rows[title] += more
        if sum(map(len, rows.values())) > ROWS_MAX:
            raise refuse("export_too_large", "until_on", max=ROWS_MAX)
        after, done = step.volunteers[-1], done + len(step.volunteers)


class _Step(msgspec.Struct, frozen=True):
    volunteers: list[UUID]
    rows: dict[str, list[list[Cell]]]


@command
async def _take_people(call: Call, export: RecordExport, after: UUID | None, done: int) -> _Step:
    """The next people's rows; that they were taken out stands in each of their files."""
    found = await store.record_exports.people(export.station_id, after=after, limit=BATCH)
    numbers = dict(found)
    persons, keys = await store.people.load(numbers), await person_keys.of(numbers)
    data = await store.record_exports.rows_of(list(numbers), export.from_on, export.until_on)
    for volunteer_id in persons:
        call.notes.looked(
            volunteer_id, fields=["record_classes"], purpose="record_export",
            reason_sealed=people.seal_reason(
                keys.get(volunteer_id) or await person_keys.ensured(volunteer_id), export.reason
            ),
        )  # fmt: skip
    who: dict[UUID, list[Cell]] = {
        one: [numbers[one], person.name] for one, person in persons.items()
    }
    basic: list[list[Cell]] = [
        [
            *who[one],
            term("sex", person.sex, DEFAULT),
            person.birth_date.isoformat(),
            people.opened_document(keys.get(one), person),
            person.area,
            people.opened_phone(keys.get(one), person) or "",
            person.skills,
            term("kind", person.service_category, DEFAULT) if person.service_category else "",
        ]
        for one, person in persons.items()
    ]
    classes: list[list[list[Cell]]] = [
        basic,
        [
            [*who[one], title, str(on), place, content, hours_shown(minutes), unit, leader]
            for one, title, on, place, content, minutes, unit, leader in data.services
            if one in who
        ],
        [
            [*who[one], title, topics, hours_shown(minutes), unit, str(on)]
            for one, title, topics, minutes, unit, on in data.trainings
            if one in who
        ],
        [[*who[one], name, str(on), by] for one, name, on, by in data.awards if one in who],
        [
            [*who[one], f"{grade} {words}".strip(), str(on)]
            for one, grade, words, on in data.evaluations
            if one in who
        ],
    ]
    call.notes.unchanged = not found
    if found:
        done += len(found)
        await store.record_exports.progress(export.id, done, call.now + LEASE)
        call.notes.changed(_place(export.id), people=len(found), day=local_date(call.now))
    return _Step(list(numbers), dict(zip(HEADERS, classes, strict=True)))
