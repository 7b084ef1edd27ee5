"""Figures of any range of days, of a station or of the county: counts and sums alone (R12, R13).

`station_id` None is the county. The days of a range belong to it, the first and the last, too.
"""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc.domain.activity import ActivityForm
from volunteer_svc.domain.report import Hours
from volunteer_svc.domain.service_record import Evidence
from volunteer_svc.store.database import fetch, fetch_row


class Range(msgspec.Struct, frozen=True):
    """Which station, from which day to which."""

    station_id: UUID | None
    from_on: date
    until_on: date


class Moves(msgspec.Struct, frozen=True, kw_only=True):
    """Who came to be a member of a station or ceased to be, in a month (its first day).

    `month` None: before the range. `new` were never members before, `returned` were.
    """

    station_id: UUID
    month: date | None
    new: int
    returned: int
    moved_in: int
    exited: int
    moved_out: int


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """Counted service of a station and month (its first day)."""

    station_id: UUID
    month: date
    evidence: Evidence
    late: bool
    records: int
    minutes: int


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """Counted service by kind and form, and how many served: at each station, and in all."""

    hours: list[Hours]
    at_station: dict[UUID, int]
    volunteers: int


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """By what happened in the range: a registration may stand in all three."""

    station_id: UUID
    applied: int
    registered: int
    lapsed: int


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Activities that were published: how many, and at how many of them hours were counted."""

    station_id: UUID
    form: ActivityForm
    held: int
    served: int


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    records: int
    minutes: int
    volunteers: int


class Servers(msgspec.Struct, frozen=True, kw_only=True):
    """How many people had counted service of each evidence, and in each month (its first day)."""

    of_evidence: dict[Evidence, int]
    in_month: dict[date, int]


# A stay is one registration at one home: who moves stays on elsewhere. A station's past is that of
# its members then, not of those who live there today.
_STAYS = """
moved AS (
    SELECT volunteer_id, from_station_id AS station_id, transferred_on AS to_on,
        lag(transferred_on) OVER (PARTITION BY volunteer_id ORDER BY transferred_on, id) AS from_on
    FROM transfer
), home AS (
    SELECT volunteer_id, station_id, coalesce(from_on, '-infinity') AS from_on, to_on FROM moved
    UNION ALL
    SELECT v.id, v.station_id, coalesce(last.on_day, '-infinity'), 'infinity'
    FROM volunteer v LEFT JOIN (
        SELECT volunteer_id, max(transferred_on) AS on_day FROM transfer GROUP BY volunteer_id
    ) AS last ON last.volunteer_id = v.id
), stay AS (
    SELECT h.volunteer_id, h.station_id, greatest(r.inducted_on, h.from_on) AS from_on,
        least(r.ended_on, h.to_on) AS to_on, r.inducted_on < h.from_on AS moved_in,
        coalesce(r.ended_on > h.to_on, h.to_on < 'infinity') AS moved_out,
        EXISTS (SELECT FROM registration b WHERE b.volunteer_id = r.volunteer_id
            AND b.number < r.number AND b.inducted_on IS NOT NULL) AS again
    FROM home h JOIN volunteer v ON v.id = h.volunteer_id AND v.merged_into IS NULL
        JOIN registration r ON r.volunteer_id = h.volunteer_id
            AND r.inducted_on < h.to_on AND coalesce(r.ended_on, 'infinity') > h.from_on
            AND coalesce(r.ended_on, 'infinity') > r.inducted_on
    WHERE $1::uuid IS NULL OR h.station_id = $1
)
"""
_COUNTED = """
    r.state = 'counted' AND r.served_on BETWEEN $2 AND $3
    AND ($1::uuid IS NULL OR r.station_id = $1)
"""


async def moves(asked: Range) -> list[Moves]:
    """Up to the last day, by month of the range; all that was before it in one row a station."""
    rows = await fetch(
        f"""
        WITH {_STAYS}
        SELECT station_id, CASE WHEN day >= $2 THEN date_trunc('month', day)::date END AS month,
            count(*) FILTER (WHERE what = 'new')::int AS new,
            count(*) FILTER (WHERE what = 'returned')::int AS returned,
            count(*) FILTER (WHERE what = 'moved_in')::int AS moved_in,
            count(*) FILTER (WHERE what = 'exited')::int AS exited,
            count(*) FILTER (WHERE what = 'moved_out')::int AS moved_out
        FROM stay CROSS JOIN LATERAL (VALUES
            (from_on, CASE WHEN moved_in THEN 'moved_in' WHEN again THEN 'returned' ELSE 'new' END),
            (to_on, CASE WHEN moved_out THEN 'moved_out' ELSE 'exited' END)) AS happened (day, what)
        WHERE day <= $3 GROUP BY 1, 2
        """,
        asked.station_id, asked.from_on, asked.until_on,
    )  # fmt: skip
    return [Moves(**row) for row in rows]


async def suspended(asked: Range) -> int:
    """How many members are suspended on the last day."""
    row = await fetch_row(
        f"""
        WITH {_STAYS}
        SELECT count(DISTINCT s.volunteer_id)::int AS n FROM stay
        JOIN suspension s ON s.volunteer_id = stay.volunteer_id
            AND s.from_on <= $2 AND (s.to_on IS NULL OR s.to_on > $2)
        WHERE stay.from_on <= $2 AND coalesce(stay.to_on, 'infinity') > $2
        """,
        asked.station_id, asked.until_on,
    )  # fmt: skip
    return row["n"] if row else 0


async def registered(asked: Range) -> list[Registered]:
    """A lapse is of the day behind the window."""
    rows = await fetch(
        """
        SELECT r.station_id, count(*) FILTER (WHERE r.applied_on >= $2)::int AS applied,
            count(*) FILTER (WHERE r.registered_on BETWEEN $2 AND $3)::int AS registered,
            count(*) FILTER (WHERE r.induction_due_on + 1 BETWEEN $2 AND $3
                AND r.inducted_on IS NULL AND r.declined_on IS NULL AND r.ended_on IS NULL)::int
                AS lapsed
        FROM registration r JOIN volunteer v ON v.id = r.volunteer_id AND v.merged_into IS NULL
        WHERE r.applied_on <= $3 AND ($1::uuid IS NULL OR r.station_id = $1)
        GROUP BY 1
        """,
        asked.station_id, asked.from_on, asked.until_on,
    )  # fmt: skip
    return [Registered(**row) for row in rows]


async def posted(asked: Range) -> list[Posted]:
    rows = await fetch(
        f"""
        SELECT r.station_id, date_trunc('month', r.served_on)::date AS month, r.evidence, r.late,
            count(*)::int AS records, sum(r.standing_minutes)::bigint AS minutes
        FROM service_record r WHERE {_COUNTED} GROUP BY 1, 2, 3, 4 ORDER BY 2, 3
        """,
        asked.station_id, asked.from_on, asked.until_on,
    )  # fmt: skip
    return [Posted(**row) for row in rows]


async def served(asked: Range) -> Served:
    """The form of an hour is that of its activity."""
    rows = await fetch(
        f"""
        WITH each AS (
            SELECT r.volunteer_id, r.station_id, r.kind, r.activity_id, count(*) AS records,
                sum(r.standing_minutes) AS minutes
            FROM service_record r WHERE {_COUNTED} GROUP BY 1, 2, 3, 4
        )
        SELECT grouping(e.station_id) AS whole, grouping(e.kind) AS any_kind, e.station_id, e.kind,
            a.form, sum(e.records)::int AS records, sum(e.minutes)::bigint AS minutes,
            count(DISTINCT e.volunteer_id) FILTER (WHERE e.minutes > 0)::int AS volunteers
        FROM each e LEFT JOIN activity a ON a.id = e.activity_id
        GROUP BY GROUPING SETS ((e.kind, a.form), (e.station_id), ())
        ORDER BY e.kind, a.form
        """,
        asked.station_id, asked.from_on, asked.until_on,
    )  # fmt: skip
    hours = [
        Hours(
            kind=row["kind"], form=row["form"], records=row["records"], minutes=row["minutes"],
            volunteers=row["volunteers"],
        )
        for row in rows if not row["any_kind"]
    ]  # fmt: skip
    at_station = {row["station_id"]: row["volunteers"] for row in rows if not row["whole"]}
    (volunteers,) = (row["volunteers"] for row in rows if row["whole"] and row["any_kind"])
    return Served(hours=hours, at_station=at_station, volunteers=volunteers)


async def servers(asked: Range) -> Servers:
    rows = await fetch(
        f"""
        WITH each AS (
            SELECT DISTINCT r.volunteer_id, r.evidence,
                date_trunc('month', r.served_on)::date AS month
            FROM service_record r WHERE {_COUNTED}
        )
        SELECT evidence, month, count(DISTINCT volunteer_id)::int AS people FROM each
        GROUP BY GROUPING SETS ((evidence), (month))
        """,
        asked.station_id, asked.from_on, asked.until_on,
    )  # fmt: skip
    return Servers(
        of_evidence={row["evidence"]: row["people"] for row in rows if row["evidence"]},
        in_month={row["month"]: row["people"] for row in rows if row["month"]},
    )


async def waiting(asked: Range) -> Waiting:
    """What was entered for days of the range and is not decided yet: counts for nothing."""
    row = await fetch_row(
        "SELECT count(*)::int AS records, coalesce(sum(minutes), 0)::bigint AS minutes,"
        " count(DISTINCT volunteer_id)::int AS volunteers"
        " FROM service_record WHERE state = 'waiting' AND served_on BETWEEN $2 AND $3"
        " AND ($1::uuid IS NULL OR station_id = $1)",
        asked.station_id, asked.from_on, asked.until_on,
    )  # fmt: skip
    return Waiting(**row) if row else Waiting(records=0, minutes=0, volunteers=0)


async def held(asked: Range) -> list[Held]:
    """By the day on which the activity begins, in Shanghai."""
    rows = await fetch(
        """
        SELECT a.station_id, a.form, count(*)::int AS held,
            count(*) FILTER (WHERE EXISTS (SELECT FROM service_record r WHERE r.activity_id = a.id
                AND r.state = 'counted' AND r.standing_minutes > 0))::int AS served
        FROM activity a
        WHERE a.state = 'published' AND ($1::uuid IS NULL OR a.station_id = $1)
            AND a.started_at >= $2::date::timestamp AT TIME ZONE 'Asia/Shanghai'
            AND a.started_at < ($3::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
        GROUP BY 1, 2 ORDER BY 2
        """,
        asked.station_id, asked.from_on, asked.until_on,
    )  # fmt: skip
    return [Held(**row) for row in rows]


async def certificates(asked: Range) -> int:
    """Issued in the range, whatever became of them since: the register's numbers have no gaps."""
    row = await fetch_row(
        "SELECT count(*)::int AS n FROM certificate WHERE issued_on BETWEEN $2 AND $3"
        " AND ($1::uuid IS NULL OR station_id = $1)",
        asked.station_id, asked.from_on, asked.until_on,
    )  # fmt: skip
    return row["n"] if row else 0
