"""Registrations and their materials."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.registration import Material
from volunteer_svc.domain.volunteer import Registration, State
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row


class NewRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A registration as it is first written."""

    registration: Registration
    volunteer_id: UUID
    number: int
    channel: str
    receipt: str
    form_sealed: bytes
    rules_version: str
    household_local: bool
    entered_by: UUID | None
    received_at: datetime


class RegistrationRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk sees of a registration."""

    id: UUID
    volunteer_id: UUID
    number: int
    station_id: UUID
    channel: str
    receipt: str
    rules_version: str
    household_local: bool
    applied_on: date
    expires_on: date
    registered_on: date | None
    induction_due_on: date | None
    attended_on: date | None
    inducted_on: date | None
    declined_on: date | None
    decline_reason: str | None
    ended_on: date | None
    revision: int


_ROW = ", ".join(RegistrationRow.__struct_fields__)


async def insert(rows: Iterable[NewRegistration]) -> None:
    await bulk.insert(
        "registration",
        (
            "id", "volunteer_id", "number", "station_id", "channel", "receipt", "form_sealed",
            "rules_version", "household_local", "applied_on", "expires_on", "registered_on",
            "induction_due_on", "attended_on", "inducted_on", "entered_by", "received_at",
            "revision",
        ),
        [
            (r.registration.id, r.volunteer_id, r.number, r.registration.station_id, r.channel,
             r.receipt, r.form_sealed, r.rules_version, r.household_local,
             r.registration.applied_on, r.registration.expires_on, r.registration.registered_on,
             r.registration.induction_due_on, r.registration.attended_on,
             r.registration.inducted_on, r.entered_by, r.received_at, 1)
            for r in rows
        ],
    )  # fmt: skip


async def save(registrations: Collection[Registration]) -> None:
    """Write back the days of the registrations of locked volunteers."""
    if not registrations:
        return
    await execute(
        """
        UPDATE registration SET registered_on = new.registered_on,
            induction_due_on = new.induction_due_on, attended_on = new.attended_on,
            inducted_on = new.inducted_on, declined_on = new.declined_on,
            ended_on = new.ended_on, revision = revision + 1
        FROM unnest($1::uuid[], $2::date[], $3::date[], $4::date[], $5::date[], $6::date[],
                    $7::date[])
            AS new (id, registered_on, induction_due_on, attended_on, inducted_on, declined_on,
                    ended_on)
        WHERE registration.id = new.id
        """,
        *zip(
            *(
                (r.id, r.registered_on, r.induction_due_on, r.attended_on, r.inducted_on,
                 r.declined_on, r.ended_on)
                for r in registrations
            ),
            strict=True,
        ),
    )  # fmt: skip


async def note_reason(registration_id: UUID, column: str, reason: str) -> None:
    """Why it was declined (`decline_reason`) or ended (`end_reason`)."""
    await execute(f"UPDATE registration SET {column} = $2 WHERE id = $1", registration_id, reason)


async def find(registration_id: UUID) -> RegistrationRow | None:
    row = await fetch_row(f"SELECT {_ROW} FROM registration WHERE id = $1", registration_id)
    return RegistrationRow(**row) if row else None


async def listing(
    *, station_id: UUID | None, open_on: date | None, after: UUID | None, limit: int
) -> list[RegistrationRow]:
    """In the order they came in. `open_on`: those whose materials can be completed that day."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM registration
        WHERE ($1::uuid IS NULL OR station_id = $1)
            AND ($2::uuid IS NULL OR id > $2)
            AND ($3::date IS NULL OR (registered_on IS NULL AND declined_on IS NULL
                AND expires_on >= $3))
        ORDER BY id LIMIT $4
        """,
        station_id, after, open_on, limit,
    )  # fmt: skip
    return [RegistrationRow(**row) for row in rows]


_STANDS = """
CASE WHEN declined_on IS NOT NULL THEN 'declined'
    WHEN ended_on IS NOT NULL THEN 'exited'
    WHEN registered_on IS NULL AND $1::date <= expires_on THEN 'applied'
    WHEN registered_on IS NULL THEN 'declined'
    WHEN inducted_on IS NOT NULL THEN 'active'
    WHEN $1 > induction_due_on THEN 'lapsed'
    ELSE 'registered' END
"""


async def newest(
    *,
    today: date,
    station_id: UUID | None,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> list[tuple[RegistrationRow, State]]:
    """Newest first, each with how it stands that day, in the words of the volunteer's state."""
    rows = await fetch(
        f"""
        SELECT {_ROW}, {_STANDS} AS state FROM registration
        WHERE ($2::uuid IS NULL OR station_id = $2) AND ($3::uuid IS NULL OR id < $3)
            AND ($4::text IS NULL OR {_STANDS} = $4)
        ORDER BY id DESC LIMIT $5
        """,
        today, station_id, before, state, limit,
    )  # fmt: skip
    return [
        (RegistrationRow(**{k: v for k, v in row.items() if k != "state"}), row["state"])
        for row in rows
    ]


async def inductions_due(
    *, today: date, until: date, station_id: UUID | None, limit: int
) -> list[RegistrationRow]:
    """Registrations that lapse unless their induction is held by `until`, the first due first."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM registration
        WHERE induction_due_on BETWEEN $1 AND $2 AND inducted_on IS NULL AND declined_on IS NULL
            AND ended_on IS NULL AND ($3::uuid IS NULL OR station_id = $3)
        ORDER BY induction_due_on, id LIMIT $4
        """,
        today, until, station_id, limit,
    )  # fmt: skip
    return [RegistrationRow(**row) for row in rows]


async def form_sealed(registration_id: UUID) -> bytes:
    row = await fetch_row("SELECT form_sealed FROM registration WHERE id = $1", registration_id)
    if row is None:
        raise LookupError(registration_id)
    return bytes(row["form_sealed"])


async def materials(registration_id: UUID) -> list[Material]:
    rows = await fetch(
        "SELECT item, original_seen_by, original_seen_at, copy_received_at FROM material"
        " WHERE registration_id = $1 ORDER BY item",
        registration_id,
    )
    return [Material(**row) for row in rows]


async def save_materials(rows: Iterable[tuple[UUID, UUID, Material]]) -> None:
    """Write ticks: (row id, registration id, material). An item ticked before is replaced."""
    rows = list(rows)
    await execute(
        "DELETE FROM material USING unnest($1::uuid[], $2::text[]) AS new (registration_id, item)"
        " WHERE material.registration_id = new.registration_id AND material.item = new.item",
        [registration_id for _, registration_id, _ in rows],
        [material.item for _, _, material in rows],
    )
    await bulk.insert(
        "material",
        (
            "id", "registration_id", "item", "original_seen_by", "original_seen_at",
            "copy_received_at",
        ),
        [
            (row_id, registration_id, m.item, m.original_seen_by, m.original_seen_at,
             m.copy_received_at)
            for row_id, registration_id, m in rows
        ],
    )  # fmt: skip


async def due_lapses(today: date, limit: int) -> list[UUID]:
    """Volunteers with a registration whose window is over and whose lapse is not announced."""
    rows = await fetch(
        """
        SELECT DISTINCT volunteer_id FROM registration
        WHERE induction_due_on < $1 AND inducted_on IS NULL AND declined_on IS NULL
            AND ended_on IS NULL AND lapse_announced_on IS NULL
        ORDER BY volunteer_id LIMIT $2
        """,
        today, limit,
    )  # fmt: skip
    return [row["volunteer_id"] for row in rows]


async def restate_lapse(registration_id: UUID, announced_on: date | None) -> None:
    """An induction that voided an announced lapse is gone: announced anew, or to be (None)."""
    await execute(
        "UPDATE registration SET lapse_announced_on = $2 WHERE id = $1",
        registration_id, announced_on,
    )  # fmt: skip


async def mark_lapse_announced(registration_ids: Collection[UUID], today: date) -> set[UUID]:
    """The registrations announced by this call; one announced before is left out."""
    rows = await fetch(
        "UPDATE registration SET lapse_announced_on = $2"
        " WHERE id = ANY($1) AND lapse_announced_on IS NULL RETURNING id",
        list(registration_ids), today,
    )  # fmt: skip
    return {row["id"] for row in rows}
