"""Who volunteers are: sealed on the way in by `identity`, opened only where it is shown."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from datetime import date
from typing import cast
from uuid import UUID

import msgspec

from volunteer_svc.i18n import DEFAULT, Language
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row


class SealedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person with document number, phone and address sealed, hashes keyed.

    `name_pinyin`: what the name is found by in letters; None until a start has filled it in.
    `language`: what the person is written to in.
    """

    volunteer_id: UUID
    name: str
    sex: str
    birth_date: date
    document_kind: str
    document_sealed: bytes
    document_hash: bytes
    phone_sealed: bytes | None
    phone_hash: bytes | None
    address_sealed: bytes | None
    area: str
    skills: str
    service_category: str | None
    name_pinyin: str | None
    language: Language = DEFAULT


_COLUMNS = (
    "volunteer_id", "name", "sex", "birth_date", "document_kind", "document_sealed",
    "document_hash", "phone_sealed", "phone_hash", "address_sealed", "area", "skills",
    "service_category", "name_pinyin", "language",
)  # fmt: skip
_LIST = ", ".join(_COLUMNS)
_PAGE = 1_000


async def insert(people: Iterable[SealedPerson]) -> None:
    """Raises database.Violation when a document is known already, however simultaneous."""
    await bulk.insert("person", _COLUMNS, [msgspec.structs.astuple(p) for p in people])


async def update(person: SealedPerson) -> None:
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(_COLUMNS, 1))
    await execute(
        f"UPDATE person SET {sets} WHERE volunteer_id = $1", *msgspec.structs.astuple(person)
    )


async def find(volunteer_id: UUID) -> SealedPerson | None:
    return (await load([volunteer_id])).get(volunteer_id)


async def load(volunteer_ids: Collection[UUID]) -> dict[UUID, SealedPerson]:
    """An erased person is left out."""
    rows = await fetch(
        f"SELECT {_LIST} FROM person WHERE volunteer_id = ANY($1)", list(volunteer_ids)
    )
    return {row["volunteer_id"]: SealedPerson(**row) for row in rows}


async def language(volunteer_id: UUID) -> Language:
    """What the person is written to in."""
    row = await fetch_row("SELECT language FROM person WHERE volunteer_id = $1", volunteer_id)
    return cast("Language", row["language"]) if row else DEFAULT


async def document_hashes(volunteer_id: UUID) -> set[bytes]:
    """Of the person's document and of those of duplicates that were merged into his file."""
    rows = await fetch(
        "SELECT document_hash FROM person WHERE volunteer_id = $1"
        " UNION SELECT document_hash FROM former_document WHERE volunteer_id = $1",
        volunteer_id,
    )
    return {row["document_hash"] for row in rows}


async def sealed_by_the_ring(after: UUID, limit: int) -> list[UUID]:
    """Persons behind `after` with anything that the ring sealed, before they had own keys.

    A value's first byte is 0 when the person's key sealed it; blanked ones are empty.
    """
    rows = await fetch(
        r"""
        SELECT volunteer_id FROM person p WHERE volunteer_id > $1
            AND (document_sealed >= '\x01' OR phone_sealed >= '\x01' OR address_sealed >= '\x01'
                OR EXISTS (SELECT FROM registration r
                    WHERE r.volunteer_id = p.volunteer_id AND r.form_sealed >= '\x01')
                OR volunteer_id IN (SELECT volunteer_id FROM claim WHERE form_sealed >= '\x01'))
        ORDER BY volunteer_id LIMIT $2
        """,
        after, limit,
    )  # fmt: skip
    return [row["volunteer_id"] for row in rows]


async def any_sealed_by_the_ring() -> SealedPerson | None:
    """Somebody whose document tells whether a ring is the right one."""
    row = await fetch_row(rf"SELECT {_LIST} FROM person WHERE document_sealed >= '\x01' LIMIT 1")
    return SealedPerson(**row) if row else None


async def everybody() -> AsyncIterator[list[SealedPerson]]:
    """All people, a page at a time."""
    after: UUID | None = None
    while True:
        rows = await fetch(
            f"SELECT {_LIST} FROM person WHERE $1::uuid IS NULL OR volunteer_id > $1"
            " ORDER BY volunteer_id LIMIT $2",
            after, _PAGE,
        )  # fmt: skip
        yield [SealedPerson(**row) for row in rows]
        if len(rows) < _PAGE:
            return
        after = rows[-1]["volunteer_id"]


async def forms_sealed_by_the_ring(volunteer_id: UUID) -> list[tuple[str, UUID, bytes]]:
    """Forms of registrations and claims: the table, the row's id, what is sealed."""
    rows = await fetch(
        r"SELECT 'registration', id, form_sealed FROM registration"
        r" WHERE volunteer_id = $1 AND form_sealed >= '\x01' UNION ALL"
        r" SELECT 'claim', id, form_sealed FROM claim"
        r" WHERE volunteer_id = $1 AND form_sealed >= '\x01'",
        volunteer_id,
    )
    return [tuple(row) for row in rows]


async def reseal_form(table: str, form_id: UUID, sealed: bytes) -> None:
    await execute(f"UPDATE {table} SET form_sealed = $2 WHERE id = $1", form_id, sealed)


async def without_pinyin(limit: int) -> dict[UUID, str]:
    """Names that are not to be found in letters yet, locked."""
    rows = await fetch(
        "SELECT volunteer_id, name FROM person WHERE name_pinyin IS NULL LIMIT $1"
        " FOR UPDATE SKIP LOCKED",
        limit,
    )
    return dict(rows)


async def fill_pinyin(pinyin: Mapping[UUID, str]) -> None:
    await execute(
        "UPDATE person SET name_pinyin = new.pinyin"
        " FROM unnest($1::uuid[], $2::text[]) AS new (id, pinyin) WHERE volunteer_id = new.id",
        list(pinyin), list(pinyin.values()),
    )  # fmt: skip


async def names(volunteer_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await fetch(
        "SELECT volunteer_id, name FROM person WHERE volunteer_id = ANY($1)", list(volunteer_ids)
    )
    return dict(rows)


async def hold_documents(hashes: Collection[bytes]) -> None:
    """Nobody else registers these documents until the command ends; in one order, no deadlock.

    The unique hash is the last line; this makes the second of two clicks wait for the first.
    """
    for number in sorted(int.from_bytes(hashed[:8], signed=True) for hashed in hashes):
        await execute("SELECT pg_advisory_xact_lock($1)", number)
