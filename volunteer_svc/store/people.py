"""Who volunteers are: sealed on the way in by `identity`, opened only where it is shown."""

from collections.abc import AsyncIterator, Collection, Iterable
from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row


class SealedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person with document number, phone and address sealed, hashes keyed."""

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


_COLUMNS = {
    "volunteer_id": "uuid", "name": "text", "sex": "text", "birth_date": "date",
    "document_kind": "text", "document_sealed": "bytea", "document_hash": "bytea",
    "phone_sealed": "bytea", "phone_hash": "bytea", "address_sealed": "bytea", "area": "text",
    "skills": "text", "service_category": "text",
}  # fmt: skip
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
    row = await fetch_row(f"SELECT {_LIST} FROM person WHERE volunteer_id = $1", volunteer_id)
    return SealedPerson(**row) if row else None


async def everybody() -> AsyncIterator[SealedPerson]:
    """All people, a page at a time."""
    after: UUID | None = None
    while True:
        rows = await fetch(
            f"SELECT {_LIST} FROM person WHERE $1::uuid IS NULL OR volunteer_id > $1"
            " ORDER BY volunteer_id LIMIT $2",
            after, _PAGE,
        )  # fmt: skip
        for row in rows:
            yield SealedPerson(**row)
        if len(rows) < _PAGE:
            return
        after = rows[-1]["volunteer_id"]


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
