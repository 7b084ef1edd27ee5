"""Hours a volunteer reports himself: with text and photos, answered within the clock (R17)."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, OnceKey, command, reading
from volunteer_svc.actions.recording import Batch, record_batches
from volunteer_svc.domain.actor import Self, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.file import SIDE_MAX
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.domain.report_clock import Clock, clock_of
from volunteer_svc.domain.service_record import Level, Refused
from volunteer_svc.domain.sheet import Hours, Instant, SheetLine, entry
from volunteer_svc.domain.text import Reason, Short
from volunteer_svc.identity import files, person_keys
from volunteer_svc.identity.permissions import require_volunteer
from volunteer_svc.images.pictures import Picture, take_in
from volunteer_svc.store.files import File
from volunteer_svc.store.service_records import RecordRow

PHOTOS_MAX = 3
"""Of one report."""


Told = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\u0000]*$")]


class ReportHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done, where and when: times, or a day with minutes or hours."""

    station_id: UUID
    content: Annotated[
        str, Meta(min_length=1, max_length=2000, pattern=r"^[^\u0000]*\S[^\u0000]*$")
    ]
    started_at: Instant | None = None
    ended_at: Instant | None = None
    break_minutes: int = 0
    served_on: date | None = None
    minutes: int | None = None
    hours: Hours | None = None
    activity_id: UUID | None = None
    title: Short = ""
    kind: ServiceCategory | None = None
    place: Short = ""
    late_reason: Reason = ""


class SelfReport(msgspec.Struct, frozen=True, kw_only=True):
    """It waits for staff of the station, until `clock.due_on`."""

    record_id: UUID
    minutes: int
    level: Level | None
    why: str | None
    late: bool
    clock: Clock


@command
async def report_hours(call: Call, volunteer_id: UUID, request: ReportHours) -> SelfReport:
    """The volunteer's own report. Raises what recording refuses, `forbidden`."""
    own = isinstance(call.actor, Self) and call.actor.id == volunteer_id
    if not own:
        raise refuse("forbidden", kind="forbidden", permission="record.report")
    if not await store.stations.closings({request.station_id}):
        raise refuse("station_unknown", "station_id")
    told = {name: getattr(request, name) for name in _TOLD}
    line = SheetLine(volunteer_id=volunteer_id, evidence="self", **told)
    made = entry(line, request.station_id, volunteer_id)
    if isinstance(made, Refused):
        raise Refusal(*made.faults)
    ((outcome,),) = await record_batches([Batch(call=call, entries=[made], sheet_id=ids.uuid7())])
    if outcome.record_id is None or outcome.minutes is None:
        raise Refusal(*outcome.faults)
    call.notes.changed(f"service_record/{outcome.record_id}", volunteer_id=volunteer_id)
    policies, calendar = await store.policies.load(), await store.policies.work_calendar()
    return SelfReport(
        record_id=outcome.record_id,
        minutes=outcome.minutes,
        level=outcome.level,
        why=outcome.why,
        late=outcome.late,
        clock=clock_of(local_date(call.now), local_date(call.now), policies, calendar),
    )


_TOLD = [name for name in ReportHours.__struct_fields__ if name != "station_id"]


async def upload_photo(
    call: Call, record_id: UUID, content: bytes, *, once: OnceKey | None = None
) -> File:
    """A photo of what was done, to a report that still waits: his own, or brought to the desk.

    Raises the image's refusals, `not_waiting`, `photos_too_many` (409), `files_unavailable`,
    `not_found`, `forbidden`.
    """
    record = await _own_report(call, record_id)
    picture = await take_in(content, side_max=SIDE_MAX["service_photo"])
    file_id = ids.uuid7()
    key = (await person_keys.of([record.volunteer_id])).get(record.volunteer_id)
    if key is None:  # erased
        raise not_found("service_record")
    await files.put(key, file_id, "service_photo", picture.content)
    return await _add_photo.once(once, call, record_id, file_id, picture)


@command
async def _add_photo(call: Call, record_id: UUID, file_id: UUID, picture: Picture) -> File:
    record = await _own_report(call, record_id)
    volunteer = (await store.volunteers.lock([record.volunteer_id])).get(record.volunteer_id)
    if volunteer is None or not volunteer.is_there:  # erased meanwhile, and the file's key with him
        raise not_found("service_record")
    record = (await store.service_records.load([record_id]))[record_id]
    if record.state != "waiting":
        raise refuse("not_waiting", kind="conflict", state=record.state)
    if len(await store.files.of_record(record_id)) >= PHOTOS_MAX:
        raise refuse("photos_too_many", kind="conflict", max=PHOTOS_MAX)
    file = File(
        id=file_id,
        volunteer_id=record.volunteer_id,
        kind="service_photo",
        bytes=len(picture.content),
        width=picture.width,
        height=picture.height,
        stored_at=call.now,
        stored_by=call.actor.id if isinstance(call.actor, Staff) else None,
    )
    await store.files.insert(file)
    await store.files.attach(file_id, record_id)
    call.notes.changed(f"service_record/{record_id}", file_id=file_id)
    return file


@reading
async def photos(call: Call, record_id: UUID) -> list[File]:
    """The photos of a report, for whoever reads it. Raises `not_found`, `forbidden`."""
    await _readable(call, record_id)
    return await store.files.of_record(record_id)


async def download_photo(call: Call, record_id: UUID, file_id: UUID) -> bytes:
    """A JPEG. Raises `not_found`, `forbidden`, `files_unavailable`."""
    file = await _read_photo(call, record_id, file_id)
    key = (await person_keys.of([file.volunteer_id])).get(file.volunteer_id)
    if key is None:
        raise not_found("file")
    return await files.get(key, file.id, "service_photo")


@reading
async def _read_photo(call: Call, record_id: UUID, file_id: UUID) -> File:
    """Which file it is; the store is asked outside of the transaction."""
    record = await _readable(call, record_id)
    for file in await store.files.of_record(record_id):
        if file.id == file_id:
            call.notes.looked(record.volunteer_id, fields=["service_photo"])
            return file
    raise not_found("file")


async def _readable(call: Call, record_id: UUID) -> RecordRow:
    """Photos show people: they are the desk's and the volunteer's, as his file is."""
    record = await store.service_records.find(record_id)
    station_id = record.station_id if record else record_id
    volunteer_id = record.volunteer_id if record else record_id
    require_volunteer(call.actor, "file.read", volunteer_id, station_id)
    if record is None:
        raise not_found("service_record")
    return record


async def _own_report(call: Call, record_id: UUID) -> RecordRow:
    """Raises `not_found`, `forbidden`; of hours that were not reported there are no photos."""
    record = await store.service_records.find(record_id)
    station_id = record.station_id if record else record_id
    volunteer_id = record.volunteer_id if record else record_id
    require_volunteer(call.actor, "file.write", volunteer_id, station_id)
    if record is None or record.evidence != "self":
        raise not_found("service_record")
    return record
