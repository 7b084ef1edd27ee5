"""Photos and, by setting, copies of documents: taken in, replaced, read, deleted, swept."""

from datetime import timedelta
from uuid import UUID

from volunteer_svc import ids, store
from volunteer_svc.actions import registrations
from volunteer_svc.actions.command import Call, OnceKey, command, reading
from volunteer_svc.domain.actor import Self, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.file import SIDE_MAX, FileKind, ticks_photo
from volunteer_svc.identity import files, person_keys
from volunteer_svc.identity.permissions import Permission, require, require_volunteer
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.images.pictures import Picture, take_in
from volunteer_svc.store.files import File

SWEEP_MAX = 1_000
"""Files deleted by one sweep at most: a database that does not belong to the store does less harm
before somebody notices."""
REMOVED_DAYS = 7
"""How long the bytes of a removed file stay: a backup of the database finds its files."""
UNKNOWN_HOURS = 24
"""How old a file without a row is deleted: an upload stores first and writes its row then."""


async def upload(
    call: Call,
    volunteer_id: UUID,
    kind: FileKind,
    content: bytes,
    *,
    copies: bool,
    once: OnceKey | None = None,
) -> File:
    """Take an image in, in the place of the one before.

    `copies`: whether copies of documents may be kept. Raises the image's refusals,
    `document_copies_off`, `files_unavailable`, `not_found`, `forbidden`.
    """
    await _require(call, "file.write", volunteer_id, kind)
    if kind != "photo" and not copies:
        raise refuse("document_copies_off", kind="forbidden")
    picture = await take_in(content, side_max=SIDE_MAX[kind])
    file_id = ids.uuid7()
    key = await _key(call, volunteer_id)
    await files.put(key, file_id, kind, picture.content)
    return await _upload_file.once(once, call, file_id, volunteer_id, kind, picture)


@reading
async def _key(_call: Call, volunteer_id: UUID) -> PersonKey:
    """His key, made now for somebody enrolled before there were any. Raises `not_found`."""
    volunteer = (await store.volunteers.load([volunteer_id])).get(volunteer_id)
    if volunteer is None or not volunteer.is_there:  # erased
        raise not_found("volunteer")
    return await person_keys.ensured(volunteer_id)


@command
async def _upload_file(
    call: Call, file_id: UUID, volunteer_id: UUID, kind: FileKind, picture: Picture
) -> File:
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    if volunteer is None or not volunteer.is_there:  # erased meanwhile, and the file's key with him
        raise not_found("volunteer")
    staff_id = call.actor.id if isinstance(call.actor, Staff) else None
    await store.files.remove(volunteer_id, kind, call.now, staff_id)
    file = File(
        id=file_id,
        volunteer_id=volunteer_id,
        kind=kind,
        bytes=len(picture.content),
        width=picture.width,
        height=picture.height,
        stored_at=call.now,
        stored_by=staff_id,
    )
    await store.files.insert(file)
    state = volunteer.state(local_date(call.now))
    if staff_id is not None and ticks_photo(kind, state, by_staff=True):
        await registrations.tick_photo(call, volunteer.registrations[-1].id, staff_id)
    call.notes.changed(f"volunteer/{volunteer_id}", file_id=file_id, kind=kind)
    return file


async def keep_photo(call: Call, volunteer_id: UUID, picture: Picture) -> None:
    """Inside the command that makes a new volunteer: the photo that came with the open form.

    Should the command fail, the sweep finds the bytes. Raises `files_unavailable`: then the form
    waits and is taken up later.
    """
    file_id = ids.uuid7()
    key = await person_keys.ensured(volunteer_id)
    await files.put(key, file_id, "photo", picture.content)
    file = File(
        id=file_id,
        volunteer_id=volunteer_id,
        kind="photo",
        bytes=len(picture.content),
        width=picture.width,
        height=picture.height,
        stored_at=call.now,
        stored_by=None,
    )
    await store.files.insert(file)


async def download(call: Call, volunteer_id: UUID, kind: FileKind) -> bytes:
    """A JPEG. Raises `not_found`, `forbidden`, `files_unavailable`."""
    file = await _download_file(call, volunteer_id, kind)
    key = (await person_keys.of([volunteer_id])).get(volunteer_id)
    if key is None:
        raise not_found("file")
    return await files.get(key, file.id, kind)


@reading
async def _download_file(call: Call, volunteer_id: UUID, kind: FileKind) -> File:
    """Which file it is; the store is asked outside of the transaction."""
    await _require(call, "file.read", volunteer_id, kind)
    file = await store.files.current(volunteer_id, kind)
    if file is None:
        raise not_found("file")
    call.notes.looked(volunteer_id, fields=[kind])
    return file


async def kept(call: Call, volunteer_id: UUID) -> set[FileKind]:
    """What is kept of somebody; nothing for those who may not read it. Not the files."""
    station_id = await store.volunteers.station_of(volunteer_id)
    try:
        require_volunteer(call.actor, "file.read", volunteer_id, station_id or volunteer_id)
    except Refusal:
        return set()
    return await store.files.kinds(volunteer_id)


@command
async def remove_file(call: Call, volunteer_id: UUID, kind: FileKind) -> None:
    """Nobody can read it from now on; its bytes go with the sweep. A tick stays: the print may be
    in the cabinet. Raises `not_found`, `forbidden`."""
    await _require(call, "file.write", volunteer_id, kind)
    staff_id = call.actor.id if isinstance(call.actor, Staff) else None
    if not await store.files.remove(volunteer_id, kind, call.now, staff_id):
        raise not_found("file")
    call.notes.changed(None, kind=kind)


async def sweep(call: Call) -> int:
    """Delete what no row wants any more: removed, replaced, or left by an upload that failed."""
    before = call.now - timedelta(hours=UNKNOWN_HOURS)
    old = [name async for name, stored_at in files.stored() if stored_at < before]
    known = {name: file_id for name in old if (file_id := _id(name)) is not None}
    wanted = await store.files.wanted(
        known.values(), removed_after=call.now - timedelta(days=REMOVED_DAYS)
    )
    unwanted = [name for name, file_id in known.items() if file_id not in wanted][:SWEEP_MAX]
    for name in unwanted:
        await files.delete(name)
    return len(unwanted)


def _id(name: str) -> UUID | None:
    """None: not ours; somebody keeps other things there."""
    try:
        return UUID(name)
    except ValueError:
        return None


async def _require(call: Call, permission: Permission, volunteer_id: UUID, kind: FileKind) -> None:
    """Staff of the home station; of his photo the volunteer himself, too."""
    station_id = await store.volunteers.station_of(volunteer_id)
    # To a stranger an unknown id and somebody else's look the same.
    where = station_id or volunteer_id
    if kind == "photo" and isinstance(call.actor, Self):
        require_volunteer(call.actor, permission, volunteer_id, where)
    else:
        require(call.actor, permission, where)
    if station_id is None:
        raise not_found("volunteer")
