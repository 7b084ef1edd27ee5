"""Many certificates at once: the worker issues and prints them, whoever asked comes back for it."""

import io
import logging
import os
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.certificate_papers import sheet_of, stated_in
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.issuing import issue_period
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.certificate import period_faults
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.identity import files
from volunteer_svc.identity.permissions import require, require_staff, stations_seen
from volunteer_svc.identity.vault import decrypt, encrypt, vault
from volunteer_svc.printing import paper, press
from volunteer_svc.printing.paper import Sheet
from volunteer_svc.store.certificate_batches import Batch, Format, Item
from volunteer_svc.store.stations import Station

PEOPLE_MAX = 500
KEPT_DAYS = 7
_ISSUE_AT_ONCE = 20
_PRINT_AT_ONCE = 50
_LEASE = timedelta(minutes=5)
_logger = logging.getLogger(__name__)


class IssueBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`volunteer_ids`: whom; None: everybody who served there in the period."""

    station_id: UUID
    from_on: date
    to_on: date
    volunteer_ids: Annotated[list[UUID], Meta(min_length=1, max_length=PEOPLE_MAX)] | None = None
    format: Format = "pdf"


class LeftOut(msgspec.Struct, frozen=True):
    """A person without a certificate; `code`: why."""

    volunteer_id: UUID
    code: str


class BatchView(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is; once `done`, the file is there until `expires_at`."""

    batch: Batch
    left_out: list[LeftOut]


@command
async def issue_batch(call: Call, request: IssueBatch) -> Batch:
    """The worker does the rest. Raises `period_upside_down`, `period_in_future`,
    `no_counted_hours`, `batch_too_large`, `station_unknown`, `forbidden`."""
    staff = require_staff(call.actor, "certificate.issue")
    require(staff, "certificate.issue", request.station_id)
    faults = period_faults(request.from_on, request.to_on, local_date(call.now))
    if faults:
        raise Refusal(*faults)
    if await store.stations.find(request.station_id) is None:
        raise refuse("station_unknown", "station_id")
    served = await store.certificates.who_served(
        request.station_id, request.from_on, request.to_on, PEOPLE_MAX + 1
    )
    wanted = served
    if request.volunteer_ids is not None:
        wanted = list(dict.fromkeys(request.volunteer_ids))
        known = await store.volunteers.load(wanted)
        for n, one in enumerate(wanted):
            if one not in known:
                raise refuse("volunteer_unknown", f"volunteer_ids[{n}]")
    if not wanted:
        raise refuse("no_counted_hours", "from_on")
    if len(wanted) > PEOPLE_MAX:
        raise refuse("batch_too_large", "to_on", max=PEOPLE_MAX)
    batch = Batch(
        id=ids.uuid7(),
        station_id=request.station_id,
        from_on=request.from_on,
        to_on=request.to_on,
        format=request.format,
        asked_by=staff.id,
        asked_at=call.now,
        state="issuing",
        total=len(wanted),
    )
    await store.certificate_batches.insert(batch, wanted)
    call.notes.changed(f"certificate_batch/{batch.id}", people=batch.total)
    return batch


@reading
async def batches(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Batch]:
    """The last first."""
    where = stations_seen(call.actor, "certificate.issue", station_id)
    return await store.certificate_batches.listing(station_id=where, after=after, limit=limit)


@reading
async def read_batch(call: Call, batch_id: UUID) -> BatchView:
    """Raises `not_found`, `forbidden`."""
    batch = await _found(call, batch_id)
    faults = await store.certificate_batches.faults(batch_id)
    return BatchView(
        batch=batch, left_out=[LeftOut(one.volunteer_id, one.fault or "") for one in faults]
    )


async def download_batch(call: Call, batch_id: UUID) -> tuple[Batch, bytes]:
    """The file, for a week. Raises `batch_not_ready` (409), `batch_expired` (410),
    `files_unavailable`, `not_found`, `forbidden`."""
    batch, key = await _ready(call, batch_id)
    sealed = await files.get_sealed(str(batch.file_id))
    return batch, decrypt(AESGCM(key), sealed, _place(batch_id))


@reading
async def _ready(call: Call, batch_id: UUID) -> tuple[Batch, bytes]:
    batch = await _found(call, batch_id)
    over = batch.expires_at is not None and batch.expires_at <= call.now
    if batch.state == "expired" or (batch.state == "done" and over):
        raise refuse("batch_expired", kind="gone")
    kept = await store.certificate_batches.key_sealed(batch_id)
    if batch.state != "done" or kept is None:
        raise refuse("batch_not_ready", kind="conflict", state=batch.state)
    call.notes.looked(None, fields=["certificates"], batch_id=batch_id, people=batch.issued)
    return batch, vault().open(kept, key_place(batch_id))


async def work_on_next(call: Call, origin: str, now: Callable[[], datetime]) -> bool:
    """The worker: a step of the oldest batch that waits; False: none does.

    Killed in between, it goes on where it was once its lease is over.
    """
    leased = await _lease(call)
    if leased is None:
        return False
    batch, station = leased
    while batch.state == "issuing":
        step = Call(actor=call.actor, now=now(), channel=call.channel)
        batch = await _issue_some(step, batch.id)
    if batch.state == "printing":
        try:
            await _print(call, batch, station, origin)
        except press.PressError:  # tried again it would be no better
            _logger.exception("a batch was not printed")
            await _keep(call, batch.id, None, 0, None)
    return True


@command
async def _lease(call: Call) -> tuple[Batch, Station] | None:
    batch = await store.certificate_batches.lease(call.now, call.now + _LEASE)
    if batch is None:
        call.notes.unchanged = True
        return None
    call.notes.changed(f"certificate_batch/{batch.id}", done=batch.done)
    station = await store.stations.find(batch.station_id)
    if station is None:
        raise AssertionError("stations are never deleted")
    return batch, station


@command
async def _issue_some(call: Call, batch_id: UUID) -> Batch:
    """The next people, under their locks; who cannot have one is noted with the reason."""
    batch = await store.certificate_batches.lock(batch_id)
    if batch is None or batch.state != "issuing":
        raise refuse("batch_not_ready", kind="conflict", state=batch.state if batch else "")
    station = await store.stations.find(batch.station_id)
    if station is None:
        raise AssertionError("stations are never deleted")
    items = await store.certificate_batches.next_items(batch_id, batch.done, _ISSUE_AT_ONCE)
    volunteers = await store.volunteers.lock({one.volunteer_id for one in items})
    journal = Journal(call, volunteers, await store.policies.load())
    answers = []
    for one in items:
        volunteer = volunteers[one.volunteer_id]
        if not volunteer.is_there:
            answers.append(Item(one.position, one.volunteer_id, None, "state_forbids"))
            continue
        try:
            made = await issue_period(
                call, journal, station, volunteer.id, batch.from_on, batch.to_on, by=batch.asked_by
            )
        except Refusal as refusal:  # raised before anything of this person was written
            answers.append(Item(one.position, one.volunteer_id, None, refusal.code))
        else:
            answers.append(Item(one.position, one.volunteer_id, made.id, None))
    await journal.write()
    await store.certificate_batches.answer(batch_id, answers)
    issued = batch.issued + sum(one.fault is None for one in answers)
    done = batch.done + len(items)
    over = done >= batch.total
    failed = over and issued == 0
    batch = msgspec.structs.replace(
        batch,
        done=done,
        issued=issued,
        state="failed" if failed else "printing" if over else "issuing",
        finished_at=call.now if failed else None,
    )
    await store.certificate_batches.save(batch, leased_until=call.now + _LEASE)
    call.notes.changed(f"certificate_batch/{batch_id}", done=done, issued=issued)
    return batch


async def _print(call: Call, batch: Batch, station: Station, origin: str) -> None:
    """Drawn in a process of its own, sealed with a key of its own that ends with the week."""
    items = await store.certificate_batches.next_items(batch.id, 0, batch.total)
    wanted = [one.certificate_id for one in items if one.certificate_id is not None]
    found = await store.certificates.load(wanted)
    sheets = []
    for certificate_id in wanted:
        stated = await stated_in(found[certificate_id])
        if stated is not None:
            sheets.append(sheet_of(found[certificate_id], stated, station.code, origin))
    if not sheets:
        await _keep(call, batch.id, None, 0, None)
        return
    async with press.opened() as opened:
        content = await _drawn(opened, call, batch, sheets)
    key, file_id = os.urandom(32), ids.uuid7()
    await files.put_sealed(str(file_id), encrypt(AESGCM(key), content, _place(batch.id)))
    await _keep(call, batch.id, file_id, len(content), vault().seal(key, key_place(batch.id)))


async def _drawn(opened: press.Press, call: Call, batch: Batch, sheets: list[Sheet]) -> bytes:
    stamp = int(batch.asked_at.timestamp())
    if batch.format == "pdf":
        await _printed(call, batch.id, 0)
        # For the printer: a tag for each word of 500 pages would be most of the file.
        papers = paper.certificates(sheets)
        return await opened.draw("service_time", papers, stamp=stamp, tagged=False)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n, sheet in enumerate(sheets):
            if n % _PRINT_AT_ONCE == 0:
                await _printed(call, batch.id, n)
            drawn = await opened.draw("service_time", paper.certificates([sheet]), stamp=stamp)
            name = zipfile.ZipInfo(f"{sheet.number}.pdf", batch.asked_at.timetuple()[:6])
            archive.writestr(name, drawn)
    return out.getvalue()


@command
async def _printed(call: Call, batch_id: UUID, printed: int) -> None:
    """How far the printing is."""
    batch = await store.certificate_batches.lock(batch_id)
    if batch is None or batch.state != "printing":
        raise refuse("batch_not_ready", kind="conflict", state=batch.state if batch else "")
    call.notes.changed(f"certificate_batch/{batch_id}", printed=printed)
    batch = msgspec.structs.replace(batch, printed=printed)
    await store.certificate_batches.save(batch, leased_until=call.now + _LEASE)


@command
async def _keep(
    call: Call, batch_id: UUID, file_id: UUID | None, size: int, sealed_key: bytes | None
) -> None:
    """It is done; without a file it has failed: everybody in it was erased meanwhile."""
    batch = await store.certificate_batches.lock(batch_id)
    if batch is None or batch.state != "printing":
        raise refuse("batch_not_ready", kind="conflict", state=batch.state if batch else "")
    batch = msgspec.structs.replace(
        batch,
        state="done" if sealed_key else "failed",
        printed=batch.issued if sealed_key else 0,
        finished_at=call.now,
        expires_at=call.now + timedelta(days=KEPT_DAYS),
        file_id=file_id,
        bytes=size,
    )
    await store.certificate_batches.save(batch, leased_until=None, key=sealed_key)
    call.notes.changed(f"certificate_batch/{batch_id}", state=batch.state, bytes=size)


@command
async def expire_batches(call: Call) -> int:
    """Retention: what is a week old can never be opened again."""
    over = await store.certificate_batches.expire(call.now)
    call.notes.unchanged = not over
    call.notes.changed("certificate_batches", expired=len(over))
    return len(over)


def key_place(batch_id: UUID) -> str:
    """Where the sealed key of a batch's file belongs."""
    return f"certificate-batch/{batch_id}/key"


def _place(batch_id: UUID) -> str:
    return f"certificate-batch/{batch_id}"


async def _found(call: Call, batch_id: UUID) -> Batch:
    batch = await store.certificate_batches.find(batch_id)
    # To a stranger an unknown id and another station's look the same.
    require(call.actor, "certificate.issue", batch.station_id if batch else batch_id)
    if batch is None:
        raise not_found("batch")
    return batch
