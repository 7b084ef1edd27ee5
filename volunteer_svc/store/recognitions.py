"""Published lists: frozen snapshots by scope, year and issue; who may be named on them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.recognition import Ranked
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class Exclusion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody the head left out, and why (责任心强)."""

    volunteer_id: UUID
    reason: RequiredReason


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One issue of a list; it never changes."""

    recognition_id: UUID
    version: int
    published_by: UUID
    on_behalf_of: UUID | None = None
    published_at: datetime
    tied_at_cutoff: bool
    entries: list[Ranked]
    exclusions: list[Exclusion]


async def next_version(new_id: UUID, *, station_id: UUID | None, year: int) -> tuple[UUID, int]:
    """The list's id and the number of its next issue, locked until the command ends."""
    row = await fetch_row(
        """
        INSERT INTO recognition (id, scope, station_id, year, version) VALUES ($1, $2, $3, $4, 1)
        ON CONFLICT (year, station_id) DO UPDATE SET version = recognition.version + 1
        RETURNING id, version
        """,
        new_id, "station" if station_id else "county", station_id, year,
    )  # fmt: skip
    if row is None:
        raise AssertionError("an upsert returns its row")
    return row["id"], row["version"]


async def insert(issue_id: UUID, issue: Issue) -> None:
    await execute(
        "INSERT INTO recognition_issue VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb,"
        " $9)",
        issue_id, issue.recognition_id, issue.version, issue.published_by, issue.published_at,
        issue.tied_at_cutoff, msgspec.json.encode(issue.entries).decode(),
        msgspec.json.encode(issue.exclusions).decode(), issue.on_behalf_of,
    )  # fmt: skip


async def issues(*, station_id: UUID | None, year: int) -> list[Issue]:
    """All issues of a list, oldest first."""
    rows = await fetch(
        """
        SELECT i.recognition_id, i.version, i.published_by, i.on_behalf_of, i.published_at,
            i.tied_at_cutoff, i.entries::text, i.exclusions::text
        FROM recognition_issue i JOIN recognition r ON r.id = i.recognition_id
        WHERE r.year = $1 AND r.station_id IS NOT DISTINCT FROM $2 ORDER BY i.version
        """,
        year, station_id,
    )  # fmt: skip
    return [
        Issue(
            **dict(row)
            | {
                "entries": msgspec.json.decode(row["entries"], type=list[Ranked]),
                "exclusions": msgspec.json.decode(row["exclusions"], type=list[Exclusion]),
            }
        )
        for row in rows
    ]


class NameConsent(msgspec.Struct, frozen=True, kw_only=True):
    """The volunteer may be named outside his station, until he takes it back (R19).

    `recorded_by` is None when he said so himself.
    """

    id: UUID
    volunteer_id: UUID
    text_version: str
    given_at: datetime
    recorded_by: UUID | None
    withdrawn_at: datetime | None = None


async def give_consent(consent: NameConsent) -> None:
    """Raises database.Violation when one is given already."""
    await tables.NameConsent.insert(tables.NameConsent(**msgspec.structs.asdict(consent)))


async def take_consent_back(volunteer_id: UUID, now: datetime) -> bool:
    """Whether there was one."""
    row = await fetch_row(
        "UPDATE name_consent SET withdrawn_at = $2 WHERE volunteer_id = $1"
        " AND withdrawn_at IS NULL RETURNING id",
        volunteer_id, now,
    )  # fmt: skip
    return row is not None


async def consented(volunteer_ids: Collection[UUID]) -> set[UUID]:
    """Which of them may be named today."""
    rows = await fetch(
        "SELECT volunteer_id FROM name_consent WHERE volunteer_id = ANY($1)"
        " AND withdrawn_at IS NULL",
        list(volunteer_ids),
    )
    return {row["volunteer_id"] for row in rows}


async def consents_of(volunteer_id: UUID) -> list[NameConsent]:
    """All that he gave, oldest first."""
    rows = await fetch(
        f"SELECT {', '.join(NameConsent.__struct_fields__)} FROM name_consent"
        " WHERE volunteer_id = $1 ORDER BY id",
        volunteer_id,
    )
    return [NameConsent(**row) for row in rows]
