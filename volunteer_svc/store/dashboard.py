"""Figures of a station or of the county: counts and sums alone, never a person (R12).

`station_id` None is the county. Each figure is one statement over the whole set.
"""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc.store.database import fetch, fetch_row


class MonthOfKind(msgspec.Struct, frozen=True, kw_only=True):
    """Counted service of one month (1..12) and kind; `kind` None: none was said.

    `records`, `minutes` None: of so few people that it is not told outside the stations.
    """

    month: int
    kind: str | None
    records: int | None
    minutes: int | None


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """Who began to serve and who left on the days of one month; `month` is its first day."""

    month: date
    joined: int
    left: int


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the registrations applied for in a year."""

    applied: int
    registered: int
    inducted: int
    waiting: int
    lapsed: int
    declined: int


class StationFigures(msgspec.Struct, frozen=True, kw_only=True):
    """`members` are active or suspended today; `served` of all volunteers had hours there."""

    station_id: UUID
    name: str
    members: int
    served: int
    minutes: int | None


async def months(station_id: UUID | None, year: int) -> list[MonthOfKind]:
    """Counted minutes by date of service, at that station."""
    rows = await fetch(
        """
        SELECT date_part('month', served_on)::int AS month, kind, count(*)::int AS records,
            sum(standing_minutes)::bigint AS minutes
        FROM service_record
        WHERE state = 'counted' AND served_on BETWEEN $2 AND $3
            AND ($1::uuid IS NULL OR station_id = $1)
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        station_id, date(year, 1, 1), date(year, 12, 31),
    )  # fmt: skip
    return [MonthOfKind(**row) for row in rows]


async def servers(station_id: UUID | None, year: int) -> dict[tuple[int, str | None], int]:
    """How many people's service stands in each month and kind of `months`."""
    rows = await fetch(
        """
        SELECT date_part('month', served_on)::int AS month, kind,
            count(DISTINCT volunteer_id)::int AS people
        FROM service_record
        WHERE state = 'counted' AND served_on BETWEEN $2 AND $3
            AND ($1::uuid IS NULL OR station_id = $1)
        GROUP BY 1, 2
        """,
        station_id, date(year, 1, 1), date(year, 12, 31),
    )  # fmt: skip
    return {(row["month"], row["kind"]): row["people"] for row in rows}


async def stars(station_id: UUID | None, today: date) -> dict[int, int]:
    """How many of the members hold each star; stars that nobody holds are left out."""
    rows = await fetch(
        """
        SELECT v.star, count(*)::int FROM volunteer v
        JOIN registration r ON r.volunteer_id = v.id
            AND r.inducted_on <= $2 AND (r.ended_on IS NULL OR r.ended_on > $2)
        WHERE v.erased_on IS NULL AND v.merged_into IS NULL
            AND ($1::uuid IS NULL OR v.station_id = $1)
        GROUP BY v.star
        """,
        station_id, today,
    )  # fmt: skip
    return dict(rows)


async def stays(station_id: UUID | None, until: date) -> list[Stay]:
    """By month in which anything happened, in order, up to that day."""
    rows = await fetch(
        """
        SELECT date_trunc('month', day)::date AS month, sum(joined)::int AS joined,
            sum(ended)::int AS left
        FROM volunteer v
        JOIN registration r ON r.volunteer_id = v.id
        CROSS JOIN LATERAL (VALUES (r.inducted_on, 1, 0), (r.ended_on, 0, 1))
            AS stay (day, joined, ended)
        WHERE v.merged_into IS NULL AND r.inducted_on IS NOT NULL AND day <= $2
            AND ($1::uuid IS NULL OR v.station_id = $1)
        GROUP BY 1 ORDER BY 1
        """,
        station_id, until,
    )  # fmt: skip
    return [Stay(**row) for row in rows]


async def funnel(station_id: UUID | None, year: int, today: date) -> Funnel:
    """By day of application; a lapse is what the dates say today."""
    row = await fetch_row(
        """
        SELECT count(*)::int AS applied,
            count(registered_on)::int AS registered,
            count(inducted_on)::int AS inducted,
            count(*) FILTER (WHERE is_open AND NOT is_late)::int AS waiting,
            count(*) FILTER (WHERE is_open AND is_late AND registered_on IS NOT NULL)::int
                AS lapsed,
            count(*) FILTER (WHERE declined_on IS NOT NULL
                OR (is_open AND is_late AND registered_on IS NULL))::int AS declined
        FROM registration r
        CROSS JOIN LATERAL (SELECT
            r.inducted_on IS NULL AND r.declined_on IS NULL AND r.ended_on IS NULL AS is_open,
            coalesce(r.induction_due_on, r.expires_on) < $4 AS is_late
        ) AS stand
        WHERE applied_on BETWEEN $2 AND $3 AND ($1::uuid IS NULL OR station_id = $1)
        """,
        station_id, date(year, 1, 1), date(year, 12, 31), today,
    )  # fmt: skip
    if row is None:
        raise AssertionError("a count always has a row")
    return Funnel(**row)


async def side_by_side(station_id: UUID | None, year: int, today: date) -> list[StationFigures]:
    """Each station, or that one, in code order: from the totals by year."""
    rows = await fetch(
        """
        WITH member AS (
            SELECT v.station_id, count(*)::int AS members FROM volunteer v
            JOIN registration r ON r.volunteer_id = v.id
                AND r.inducted_on <= $3 AND (r.ended_on IS NULL OR r.ended_on > $3)
            WHERE v.erased_on IS NULL AND v.merged_into IS NULL GROUP BY v.station_id
        ), served AS (
            SELECT station_id, count(*) FILTER (WHERE minutes > 0)::int AS served,
                sum(minutes)::bigint AS minutes
            FROM yearly_minutes WHERE year = $2 GROUP BY station_id
        )
        SELECT s.id AS station_id, s.name, coalesce(member.members, 0) AS members,
            coalesce(served.served, 0) AS served, coalesce(served.minutes, 0) AS minutes
        FROM station s LEFT JOIN member ON member.station_id = s.id
            LEFT JOIN served ON served.station_id = s.id
        WHERE $1::uuid IS NULL OR s.id = $1 ORDER BY s.code
        """,
        station_id, year, today,
    )  # fmt: skip
    return [StationFigures(**row) for row in rows]


async def served(station_id: UUID | None, year: int) -> int:
    """How many volunteers had counted hours that year, each once, over all or at that station."""
    row = await (
        fetch_row(f"{_SERVED} FROM year_total WHERE {_THAT_YEAR}", year)
        if station_id is None
        else fetch_row(
            f"{_SERVED} FROM yearly_minutes WHERE {_THAT_YEAR} AND station_id = $2",
            year, station_id,
        )
    )  # fmt: skip
    return row["served"] if row else 0


_SERVED = "SELECT count(*)::int AS served"
_THAT_YEAR = "year = $1 AND minutes > 0"
