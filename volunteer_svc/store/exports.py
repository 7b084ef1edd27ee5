"""What else there is about a volunteer, for his own export: a statement per kind."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from volunteer_svc.domain.reminder import Kind
from volunteer_svc.store.check_ins import CheckIn
from volunteer_svc.store.corrections import Correction
from volunteer_svc.store.database import fetch
from volunteer_svc.store.files import File
from volunteer_svc.store.signups import Signup

T = TypeVar("T", bound=msgspec.Struct)


class AttendedSession(msgspec.Struct, frozen=True, kw_only=True):
    """An induction attended; `counted`: it made, or will make, the registration active, unless
    it was taken back (`revoked_at`)."""

    held_on: date
    station_id: UUID
    place: str
    counted: bool
    revoked_at: datetime | None


class SuspensionRow(msgspec.Struct, frozen=True, kw_only=True):
    from_on: date
    to_on: date | None
    reason: str


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """A place on a published list; `station_id` is None for the county's."""

    year: int
    station_id: UUID | None
    version: int
    rank: int
    minutes: int


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Not on an issue of a list, though among those looked at; `station_id` None: the county's."""

    year: int
    station_id: UUID | None
    version: int
    reason: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder: sent to his telephone, or (`listed`) the station was to call him."""

    kind: Kind
    due_on: date
    made_at: datetime
    listed: bool
    sent_at: datetime | None
    done_at: datetime | None


class FiledForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form as it lies in the file, sealed; blanked ones are left out."""

    id: UUID
    form_sealed: bytes
    received_at: datetime


async def attended(volunteer_id: UUID) -> list[AttendedSession]:
    rows = await fetch(
        "SELECT s.held_on, s.station_id, s.place, a.counted, a.revoked_at FROM attendance a"
        " JOIN induction_session s ON s.id = a.session_id"
        " WHERE a.volunteer_id = $1 ORDER BY s.held_on, a.id",
        volunteer_id,
    )
    return [AttendedSession(**row) for row in rows]


async def suspensions(volunteer_id: UUID) -> list[SuspensionRow]:
    rows = await fetch(
        "SELECT from_on, to_on, reason FROM suspension WHERE volunteer_id = $1 ORDER BY from_on",
        volunteer_id,
    )
    return [SuspensionRow(**row) for row in rows]


async def corrections(volunteer_id: UUID) -> list[Correction]:
    columns = ", ".join(f"c.{name}" for name in Correction.__struct_fields__)
    rows = await fetch(
        f"SELECT {columns} FROM service_record r JOIN correction c ON c.record_id = r.id"
        " WHERE r.volunteer_id = $1 ORDER BY c.id",
        volunteer_id,
    )
    return [Correction(**row) for row in rows]


async def recognised(volunteer_id: UUID) -> list[Recognised]:
    """Places on the issues of all lists, oldest first."""
    rows = await fetch(
        """
        SELECT r.year, r.station_id, i.version, (e ->> 'rank')::int AS rank,
            (e ->> 'minutes')::int AS minutes
        FROM recognition_issue i JOIN recognition r ON r.id = i.recognition_id,
            jsonb_array_elements(i.entries) AS e
        WHERE e ->> 'volunteer_id' = $1::text ORDER BY r.year, i.published_at
        """,
        str(volunteer_id),
    )
    return [Recognised(**row) for row in rows]


async def left_out(volunteer_id: UUID) -> list[LeftOut]:
    """Of the issues of all lists, oldest first."""
    rows = await fetch(
        """
        SELECT r.year, r.station_id, i.version, e ->> 'reason' AS reason
        FROM recognition_issue i JOIN recognition r ON r.id = i.recognition_id,
            jsonb_array_elements(i.exclusions) AS e
        WHERE i.exclusions @> jsonb_build_array(jsonb_build_object('volunteer_id', $1::text))
            AND e ->> 'volunteer_id' = $1::text
        ORDER BY r.year, i.published_at
        """,
        str(volunteer_id),
    )
    return [LeftOut(**row) for row in rows]


async def messages(volunteer_id: UUID) -> list[Message]:
    """In the order they were made."""
    rows = await fetch(
        f"SELECT {', '.join(Message.__struct_fields__)} FROM reminder"
        " WHERE volunteer_id = $1 ORDER BY id",
        volunteer_id,
    )
    return [Message(**row) for row in rows]


async def sign_ups(volunteer_id: UUID) -> list[tuple[str, Signup]]:
    """With the activity's title, in the order they were made."""
    columns = ", ".join(f"s.{name}" for name in Signup.__struct_fields__)
    rows = await fetch(
        f"SELECT a.title, {columns} FROM signup s JOIN activity a ON a.id = s.activity_id"
        " WHERE s.volunteer_id = $1 ORDER BY s.id",
        volunteer_id,
    )
    return [(title, _struct(Signup, fields)) for title, *fields in rows]


async def check_ins(volunteer_id: UUID) -> list[tuple[str, CheckIn]]:
    """With the activity's title, in the order of their days."""
    columns = ", ".join(f"c.{name}" for name in CheckIn.__struct_fields__)
    rows = await fetch(
        f"SELECT a.title, {columns} FROM check_in c JOIN activity a ON a.id = c.activity_id"
        " WHERE c.volunteer_id = $1 ORDER BY c.in_at, c.id",
        volunteer_id,
    )
    return [(title, _struct(CheckIn, fields)) for title, *fields in rows]


async def photos(volunteer_id: UUID) -> list[tuple[UUID, File]]:
    """Those of his reports that are there, also such as came with a merged file."""
    columns = ", ".join(f"f.{name}" for name in File.__struct_fields__)
    rows = await fetch(
        f"SELECT p.record_id, {columns} FROM service_record r"
        " JOIN record_photo p ON p.record_id = r.id JOIN file f ON f.id = p.file_id"
        " WHERE r.volunteer_id = $1 AND f.removed_at IS NULL ORDER BY f.id",
        volunteer_id,
    )
    return [(record_id, _struct(File, fields)) for record_id, *fields in rows]


async def training_sign_ups(volunteer_id: UUID) -> list[dict[str, Any]]:
    rows = await fetch(
        "SELECT t.title, t.starts_at, s.signed_up_at, s.withdrawn_at FROM training_signup s"
        " JOIN training_session t ON t.id = s.session_id WHERE s.volunteer_id = $1 ORDER BY s.id",
        volunteer_id,
    )
    return [dict(row) for row in rows]


async def in_groups(volunteer_id: UUID) -> list[dict[str, Any]]:
    rows = await fetch(
        "SELECT g.name, m.from_on, m.to_on FROM group_member m"
        " JOIN volunteer_group g ON g.id = m.group_id WHERE m.volunteer_id = $1 ORDER BY m.id",
        volunteer_id,
    )
    return [dict(row) for row in rows]


def _struct(kind: type[T], fields: Sequence[Any]) -> T:
    return kind(**dict(zip(kind.__struct_fields__, fields, strict=True)))


async def registration_forms(volunteer_id: UUID) -> list[FiledForm]:
    return await _forms("registration", volunteer_id)


async def claim_forms(volunteer_id: UUID) -> list[FiledForm]:
    return await _forms("claim", volunteer_id)


async def _forms(table: str, volunteer_id: UUID) -> list[FiledForm]:
    rows = await fetch(
        f"SELECT id, form_sealed, received_at FROM {table}"
        " WHERE volunteer_id = $1 AND form_sealed <> '' ORDER BY id",
        volunteer_id,
    )
    return [FiledForm(**row) for row in rows]
