"""Volunteers as the rules see them: totals, registrations and suspensions, locked or not."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from volunteer_svc.domain.member_number import member_number
from volunteer_svc.domain.volunteer import Registration, Suspension, Volunteer
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row

# Structs take the fields of a row by these very strings: with the equal ones that asyncpg hands
# out, a struct of twelve fields takes five times as long to make.
_FIELDS = (
    "id", "station_id", "member_no", "counted_minutes", "star", "rated_under", "ledger_seq",
    "ledger_hash", "version", "revision", "erased_on", "merged_into",
)  # fmt: skip
_COLUMNS = ", ".join(_FIELDS)
_REGISTRATION_FIELDS = Registration.__struct_fields__
_REGISTRATION = ", ".join(_REGISTRATION_FIELDS)


async def lock(volunteer_ids: Collection[UUID]) -> dict[UUID, Volunteer]:
    """The volunteers, locked until the command ends; in id order, so that no two commands wait
    for each other. Unknown ids are left out."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM volunteer WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        list(volunteer_ids),
    )
    return await _with_history(rows)


async def load(volunteer_ids: Collection[UUID]) -> dict[UUID, Volunteer]:
    """The volunteers as they are, without a lock."""
    rows = await fetch(f"SELECT {_COLUMNS} FROM volunteer WHERE id = ANY($1)", list(volunteer_ids))
    return await _with_history(rows)


async def page(*, after: UUID | None, limit: int) -> list[Volunteer]:
    """Volunteers in id order behind `after`, without a lock."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM volunteer WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2",
        after, limit,
    )  # fmt: skip
    return list((await _with_history(rows)).values())


async def _with_history(rows: Collection[Any]) -> dict[UUID, Volunteer]:
    found = [row["id"] for row in rows]
    registrations: dict[UUID, list[Registration]] = defaultdict(list)
    suspensions: dict[UUID, list[Suspension]] = defaultdict(list)
    for row in await fetch(
        f"SELECT volunteer_id, {_REGISTRATION} FROM registration"
        " WHERE volunteer_id = ANY($1) ORDER BY volunteer_id, number",
        found,
    ):
        owner, *fields = row
        registrations[owner].append(
            Registration(**dict(zip(_REGISTRATION_FIELDS, fields, strict=True)))
        )
    for row in await fetch(
        "SELECT volunteer_id, from_on, to_on FROM suspension WHERE volunteer_id = ANY($1)", found
    ):
        suspensions[row["volunteer_id"]].append(Suspension(row["from_on"], row["to_on"]))
    return {
        row["id"]: Volunteer(
            registrations=tuple(registrations[row["id"]]),
            suspensions=tuple(suspensions[row["id"]]),
            **dict(zip(_FIELDS, row, strict=True)),
        )
        for row in rows
    }


async def ids_by_member_number(numbers: Collection[str]) -> dict[str, UUID]:
    """The number of a merged file finds the one that was kept."""
    rows = await fetch(
        "SELECT member_no, coalesce(merged_into, id) FROM volunteer WHERE member_no = ANY($1)",
        list(numbers),
    )
    return dict(rows)


async def ids_by_document(hashes: Collection[bytes]) -> dict[bytes, UUID]:
    """Volunteers by the keyed hash of their whole document number."""
    rows = await fetch(
        "SELECT document_hash, volunteer_id FROM person WHERE document_hash = ANY($1)"
        " UNION ALL"
        " SELECT document_hash, volunteer_id FROM former_document WHERE document_hash = ANY($1)",
        list(hashes),
    )
    return dict(rows)


async def next_member_numbers(count: int) -> list[str]:
    """`count` fresh member numbers, ascending."""
    rows = await fetch(
        "SELECT nextval('member_serial') AS serial FROM generate_series(1, $1)", count
    )
    return [member_number(row["serial"]) for row in rows]


async def insert(volunteers: Iterable[Volunteer], created_at: datetime) -> None:
    await bulk.insert(
        "volunteer",
        (
            "id", "member_no", "station_id", "counted_minutes", "star", "rated_under",
            "ledger_seq", "version", "revision", "created_at", "ledger_hash",
        ),
        [
            (v.id, v.member_no, v.station_id, v.counted_minutes, v.star, v.rated_under,
             v.ledger_seq, v.version, v.revision, created_at, v.ledger_hash)
            for v in volunteers
        ],
    )  # fmt: skip


async def save(volunteers: Collection[Volunteer]) -> None:
    """Write back totals, event version, station and member number of locked volunteers."""
    if not volunteers:
        return
    await execute(
        """
        UPDATE volunteer SET counted_minutes = new.counted_minutes, star = new.star,
            ledger_seq = new.ledger_seq, version = new.version, revision = new.revision,
            member_no = new.member_no, station_id = new.station_id,
            ledger_hash = new.ledger_hash, rated_under = new.rated_under
        FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::text[],
                    $8::uuid[], $9::bytea[], $10::text[])
            AS new (id, counted_minutes, star, ledger_seq, version, revision, member_no, station_id,
                ledger_hash, rated_under)
        WHERE volunteer.id = new.id
        """,
        *zip(
            *(
                (v.id, v.counted_minutes, v.star, v.ledger_seq, v.version, v.revision,
                 v.member_no, v.station_id, v.ledger_hash, v.rated_under)
                for v in volunteers
            ),
            strict=True,
        ),
    )  # fmt: skip


async def save_totals(volunteers: Collection[Volunteer]) -> None:
    """Write back what posting and telling move of locked volunteers: most rows, in fewer arrays."""
    if not volunteers:
        return
    await execute(
        """
        UPDATE volunteer SET counted_minutes = new.counted_minutes, star = new.star,
            ledger_seq = new.ledger_seq, version = new.version, ledger_hash = new.ledger_hash
        FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::bytea[])
            AS new (id, counted_minutes, star, ledger_seq, version, ledger_hash)
        WHERE volunteer.id = new.id
        """,
        *zip(
            *(
                (v.id, v.counted_minutes, v.star, v.ledger_seq, v.version, v.ledger_hash)
                for v in volunteers
            ),
            strict=True,
        ),
    )  # fmt: skip


async def suspend(
    suspension_id: UUID, volunteer_id: UUID, from_on: date, reason: str, decided_by: UUID
) -> None:
    await execute(
        "INSERT INTO suspension (id, volunteer_id, from_on, reason, decided_by)"
        " VALUES ($1, $2, $3, $4, $5)",
        suspension_id, volunteer_id, from_on, reason, decided_by,
    )  # fmt: skip


async def reinstate(volunteer_id: UUID, to_on: date) -> None:
    await execute(
        "UPDATE suspension SET to_on = greatest($2, from_on)"
        " WHERE volunteer_id = $1 AND to_on IS NULL",
        volunteer_id, to_on,
    )  # fmt: skip


async def staff_volunteers(volunteer_ids: Collection[UUID]) -> set[UUID]:
    """Those of the volunteers who also are staff."""
    rows = await fetch(
        "SELECT volunteer_id FROM staff WHERE volunteer_id = ANY($1)", list(volunteer_ids)
    )
    return {row["volunteer_id"] for row in rows}


async def station_of(volunteer_id: UUID) -> UUID | None:
    """The home station, or None for an unknown volunteer."""
    row = await fetch_row("SELECT station_id FROM volunteer WHERE id = $1", volunteer_id)
    return row["station_id"] if row else None


async def kept_file(volunteer_id: UUID) -> UUID:
    """The file it was merged into; its own id where it was not, or where there is none."""
    row = await fetch_row("SELECT merged_into FROM volunteer WHERE id = $1", volunteer_id)
    kept: UUID | None = row["merged_into"] if row else None
    return kept or volunteer_id


# The state of `domain.volunteer.Volunteer.state` for filtering; a test holds the two together.
_STATE = """
CASE WHEN v.erased_on IS NOT NULL THEN 'erased'
    WHEN v.merged_into IS NOT NULL THEN 'merged'
    WHEN r.declined_on IS NOT NULL THEN 'declined'
    WHEN r.ended_on IS NOT NULL THEN 'exited'
    WHEN r.registered_on IS NULL AND $1::date <= r.expires_on THEN 'applied'
    WHEN r.registered_on IS NULL THEN 'declined'
    WHEN r.inducted_on IS NULL AND $1 > r.induction_due_on THEN 'lapsed'
    WHEN r.inducted_on IS NULL THEN 'registered'
    WHEN EXISTS (SELECT FROM suspension s WHERE s.volunteer_id = v.id AND s.from_on <= $1
        AND (s.to_on IS NULL OR $1 < s.to_on)) THEN 'suspended'
    ELSE 'active' END
"""


# Whoever is in such a state is in this table: of a hundred thousand volunteers few are, and the
# state itself costs a look at each of those that are asked for it.
_AMONG = {
    "applied": "SELECT volunteer_id FROM registration WHERE inducted_on IS NULL",
    "registered": "SELECT volunteer_id FROM registration WHERE inducted_on IS NULL",
    "lapsed": "SELECT volunteer_id FROM registration WHERE inducted_on IS NULL",
    "exited": "SELECT volunteer_id FROM registration WHERE ended_on IS NOT NULL",
    "suspended": "SELECT volunteer_id FROM suspension",
}


class Meant(msgspec.Struct, frozen=True):
    """What somebody typed to find a member: a part of the number, the beginning of the pinyin of
    a name or of its initials, or a part of the name. One of them is enough."""

    digits: str | None
    letters: str | None
    name: str


def _found(at: int) -> str:
    """Who is meant, by the three parameters from `$at` on that `_typed` gives."""
    return f"""
    SELECT volunteer_id FROM person
        WHERE name LIKE '%' || ${at}::text || '%' OR name_pinyin LIKE '% ' || ${at + 1}::text || '%'
    UNION SELECT id FROM volunteer WHERE member_no LIKE '%' || ${at + 2}::text || '%'
    """


def _typed(meant: Meant) -> tuple[str, str | None, str | None]:
    return _like(meant.name), meant.letters, meant.digits


async def search(
    *,
    today: date,
    station_id: UUID | None,
    meant: Meant | None,
    state: str | None,
    star: int | None = None,
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    """Volunteers in id order, narrowed by what is given."""
    # Names and rare states first, once: the planner would else look at each volunteer in turn.
    among = _found(7) if meant else _AMONG.get(state or "")
    rows = await fetch(
        f"""
        {f"WITH found AS MATERIALIZED ({among})" if among else ""}
        SELECT v.id FROM volunteer v
        JOIN LATERAL (SELECT * FROM registration WHERE volunteer_id = v.id
            ORDER BY number DESC LIMIT 1) r ON true
        WHERE ($2::uuid IS NULL OR v.station_id = $2)
            {"AND v.id IN (SELECT * FROM found)" if among else ""}
            AND ($3::text IS NULL OR {_STATE} = $3)
            AND ($4::uuid IS NULL OR v.id > $4) AND ($6::int IS NULL OR v.star = $6)
        ORDER BY v.id LIMIT $5
        """,
        today, station_id, state, after, limit, star, *(_typed(meant) if meant else ()),
    )  # fmt: skip
    return [row["id"] for row in rows]


async def meant_first(
    meant: Meant, *, first: UUID, station_id: UUID | None, limit: int
) -> list[UUID]:
    """Members who may be meant: whose name is exactly that and who belongs to the station `first`
    before the others, who left last."""
    rows = await fetch(
        f"""
        SELECT v.id FROM volunteer v JOIN person p ON p.volunteer_id = v.id
        WHERE v.member_no IS NOT NULL AND v.erased_on IS NULL AND v.merged_into IS NULL
            AND ($2::uuid IS NULL OR v.station_id = $2) AND v.id IN ({_found(5)})
        ORDER BY v.station_id <> $1, p.name IS DISTINCT FROM $3, EXISTS (SELECT FROM registration r
            WHERE r.volunteer_id = v.id AND r.ended_on IS NOT NULL), p.name, v.member_no
        LIMIT $4
        """,
        first, station_id, meant.name, limit, *_typed(meant),
    )  # fmt: skip
    return [row["id"] for row in rows]


def _like(text: str) -> str:
    """Text to be found literally by LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
