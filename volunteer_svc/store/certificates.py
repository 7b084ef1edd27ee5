"""The register of certificates: numbered, found, ended; nothing is ever taken away."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.certificate import Because, CertificateKind, CertificateState, Served
from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the register. `issued_by` None: the volunteer; `ended_by` None: a consequence.

    `because`: why it is superseded; `reason`: why it is revoked; `ended_on`: since when.
    """

    id: UUID
    station_id: UUID
    year: int
    number: int
    kind: CertificateKind
    volunteer_id: UUID
    code: str
    from_on: date | None
    to_on: date | None
    star: int | None
    minutes: int
    issued_on: date
    issued_at: datetime
    issued_by: UUID | None
    replaces: UUID | None
    state: CertificateState
    because: Because | None
    ended_on: date | None
    ended_by: UUID | None
    reason: str | None
    stated_sealed: bytes


class Touched(msgspec.Struct, frozen=True):
    """A valid certificate that is no longer true."""

    id: UUID
    volunteer_id: UUID
    station_id: UUID


_COLUMNS = Certificate.__struct_fields__
_ROW = ", ".join(_COLUMNS)
_ROW_C = ", ".join(f"c.{column}" for column in _COLUMNS)


async def next_number(station_id: UUID, year: int) -> int:
    """Held to the end of the transaction, so that numbers have no gaps."""
    row = await fetch_row(
        "INSERT INTO certificate_counter AS c VALUES ($1, $2, 1)"
        " ON CONFLICT (station_id, year) DO UPDATE SET last = c.last + 1 RETURNING last",
        station_id, year,
    )  # fmt: skip
    return int(row["last"]) if row else 1


async def insert(certificate: Certificate) -> None:
    """Raises database.Violation when one of the same period or star is valid, or the one that it
    replaces is replaced already."""
    await tables.Certificate.insert(tables.Certificate(**msgspec.structs.asdict(certificate)))


async def find(certificate_id: UUID) -> Certificate | None:
    return _one(await fetch_row(f"SELECT {_ROW} FROM certificate WHERE id = $1", certificate_id))


async def by_code(code: str) -> Certificate | None:
    return _one(await fetch_row(f"SELECT {_ROW} FROM certificate WHERE code = $1", code))


async def load(certificate_ids: Collection[UUID]) -> dict[UUID, Certificate]:
    rows = await fetch(f"SELECT {_ROW} FROM certificate WHERE id = ANY($1)", list(certificate_ids))
    return {row["id"]: Certificate(**row) for row in rows}


async def valid_of_period(
    volunteer_id: UUID, station_id: UUID, from_on: date, to_on: date
) -> Certificate | None:
    return _one(
        await fetch_row(
            f"SELECT {_ROW} FROM certificate WHERE volunteer_id = $1 AND station_id = $2"
            " AND from_on = $3 AND to_on = $4 AND state = 'valid' AND kind = 'service_time'",
            volunteer_id, station_id, from_on, to_on,
        )
    )  # fmt: skip


async def valid_of_star(volunteer_id: UUID, star: int) -> Certificate | None:
    return _one(
        await fetch_row(
            f"SELECT {_ROW} FROM certificate WHERE volunteer_id = $1 AND star = $2"
            " AND state = 'valid' AND kind = 'star'",
            volunteer_id, star,
        )
    )  # fmt: skip


async def replaced_by(certificate_id: UUID) -> Certificate | None:
    return _one(
        await fetch_row(f"SELECT {_ROW} FROM certificate WHERE replaces = $1", certificate_id)
    )


async def supersede(certificate_ids: Collection[UUID], because: Because, on: date) -> None:
    """Those of them that are valid."""
    await execute(
        "UPDATE certificate SET state = 'superseded', because = $2,"
        " ended_on = greatest($3, issued_on) WHERE id = ANY($1) AND state = 'valid'",
        list(certificate_ids), because, on,
    )  # fmt: skip


async def revoke(certificate_id: UUID, on: date, staff_id: UUID, reason: str) -> bool:
    """Whether this call revoked it."""
    row = await fetch_row(
        "UPDATE certificate SET state = 'revoked', ended_on = greatest($2, issued_on),"
        " ended_by = $3, reason = $4 WHERE id = $1 AND state <> 'revoked' RETURNING id",
        certificate_id, on, staff_id, reason,
    )  # fmt: skip
    return row is not None


async def of(volunteer_id: UUID) -> list[Certificate]:
    """All of a volunteer's and of files merged into his, newest first."""
    rows = await fetch(
        f"SELECT {_ROW} FROM certificate WHERE volunteer_id = $1 OR volunteer_id IN"
        " (SELECT id FROM volunteer WHERE merged_into = $1) ORDER BY id DESC",
        volunteer_id,
    )
    return [Certificate(**row) for row in rows]


async def listing(
    *,
    station_id: UUID | None,
    state: CertificateState | None,
    year: int | None,
    number: int | None,
    volunteer_ids: Sequence[UUID] | None,
    after: UUID | None,
    limit: int,
) -> list[Certificate]:
    """The register, newest first, narrowed by what is given."""
    rows = await fetch(
        f"SELECT {_ROW_C} FROM certificate c WHERE ($1::uuid IS NULL OR station_id = $1)"
        " AND ($2::text IS NULL OR state = $2) AND ($3::int IS NULL OR year = $3)"
        " AND ($4::int IS NULL OR number = $4)"
        " AND ($5::uuid[] IS NULL OR volunteer_id = ANY($5))"
        " AND ($6::uuid IS NULL OR id < $6) ORDER BY id DESC LIMIT $7",
        station_id, state, year, number,
        None if volunteer_ids is None else list(volunteer_ids), after, limit,
    )  # fmt: skip
    return [Certificate(**row) for row in rows]


async def served(volunteer_id: UUID, station_id: UUID, from_on: date, to_on: date) -> list[Served]:
    """The counted records of a period at a station; the planned activity's title where the record
    has none of its own."""
    rows = await fetch(
        """
        SELECT r.served_on, coalesce(nullif(r.title, ''), a.title, '') AS title,
            coalesce(r.kind, a.kind) AS kind, r.standing_minutes AS minutes,
            r.evidence = 'historical' AS historical
        FROM service_record r LEFT JOIN activity a ON a.id = r.activity_id
        WHERE r.volunteer_id = $1 AND r.station_id = $2 AND r.state = 'counted'
            AND r.served_on BETWEEN $3 AND $4
        ORDER BY r.served_on, r.id
        """,
        volunteer_id, station_id, from_on, to_on,
    )  # fmt: skip
    return [Served(**row) for row in rows]


async def served_at(volunteer_id: UUID) -> list[tuple[UUID, str]]:
    """Stations where somebody has counted time, with their names; where he served last first."""
    rows = await fetch(
        """
        SELECT s.id, s.name FROM station s JOIN (SELECT station_id, max(served_on) AS last
            FROM service_record WHERE volunteer_id = $1 AND state = 'counted'
                AND standing_minutes > 0 GROUP BY station_id) r ON r.station_id = s.id
        ORDER BY r.last DESC, s.code
        """,
        volunteer_id,
    )
    return [(row["id"], row["name"]) for row in rows]


async def who_served(station_id: UUID, from_on: date, to_on: date, limit: int) -> list[UUID]:
    """Who has counted time there in that period, by member number; nobody erased."""
    rows = await fetch(
        """
        SELECT v.id FROM volunteer v WHERE v.erased_on IS NULL AND v.merged_into IS NULL AND EXISTS
            (SELECT FROM service_record r WHERE r.volunteer_id = v.id AND r.station_id = $1
                AND r.state = 'counted' AND r.standing_minutes > 0
                AND r.served_on BETWEEN $2 AND $3)
        ORDER BY v.member_no LIMIT $4
        """,
        station_id, from_on, to_on, limit,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def no_longer_true(
    corrected: Collection[tuple[UUID, UUID, date]], lost: Collection[tuple[UUID, int]]
) -> tuple[list[Touched], list[Touched]]:
    """Valid certificates over corrected days (volunteer, station, day) and of lost stars."""
    over = await fetch(
        "SELECT DISTINCT c.id, c.volunteer_id, c.station_id FROM certificate c"
        " JOIN unnest($1::uuid[], $2::uuid[], $3::date[]) AS d (volunteer_id, station_id, on_day)"
        " USING (volunteer_id, station_id) WHERE c.state = 'valid' AND c.kind = 'service_time'"
        " AND d.on_day BETWEEN c.from_on AND c.to_on ORDER BY c.id",
        [one[0] for one in corrected],
        [one[1] for one in corrected],
        [one[2] for one in corrected],
    )
    starred = await fetch(
        "SELECT c.id, c.volunteer_id, c.station_id FROM certificate c"
        " JOIN unnest($1::uuid[], $2::int[]) AS s (volunteer_id, star) USING (volunteer_id, star)"
        " WHERE c.state = 'valid' AND c.kind = 'star' ORDER BY c.id",
        [one[0] for one in lost],
        [one[1] for one in lost],
    )
    return [Touched(*row) for row in over], [Touched(*row) for row in starred]


async def valid_of(volunteer_id: UUID) -> list[Touched]:
    rows = await fetch(
        "SELECT id, volunteer_id, station_id FROM certificate WHERE volunteer_id = $1"
        " AND state = 'valid' ORDER BY id",
        volunteer_id,
    )
    return [Touched(*row) for row in rows]


def _one(row: object) -> Certificate | None:
    return Certificate(**row) if row else None  # type: ignore[arg-type]
