"""The ring's keys as the database knows them, and what is sealed with each of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.store.database import execute, fetch, fetch_row

RingTable = Literal[
    "import_run",
    "intake",
    "staff_code",
    "endpoint_secret",
    "certificate_batch",
    "record_export",
]
_RING_SEALED: dict[RingTable, tuple[str, str]] = {
    "import_run": ("id", "workbook_sealed"),
    "record_export": ("id", "workbook_sealed"),
    "intake": ("id", "form_sealed"),
    "staff_code": ("staff_id", "secret_sealed"),
    "endpoint_secret": ("id", "secret_sealed"),
    "certificate_batch": ("id", "key_sealed"),
}


class RingKeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """`proof` tells a wrong key of that name. `superseded_at`: it wraps nothing new since."""

    name: str
    purpose: Literal["wrap", "hash"]
    proof: bytes
    made_at: datetime
    superseded_at: datetime | None = None


async def all_known() -> dict[str, RingKeyRow]:
    rows = await fetch("SELECT name, purpose, proof, made_at, superseded_at FROM ring_key")
    return {row["name"]: RingKeyRow(**row) for row in rows}


async def insert(rows: Iterable[RingKeyRow]) -> None:
    """Those that are known already stay as they are: two processes may start at once."""
    for row in rows:
        await execute(
            "INSERT INTO ring_key VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            row.name, row.purpose, row.proof, row.made_at,
        )  # fmt: skip


async def supersede(current: str, now: datetime) -> None:
    """From now on `current` alone wraps."""
    await execute(
        "UPDATE ring_key SET superseded_at = CASE WHEN name = $1 THEN NULL ELSE"
        " coalesce(superseded_at, $2) END WHERE purpose = 'wrap'",
        current, now,
    )  # fmt: skip


async def remove(name: str) -> None:
    """Raises database.Violation while a person's key hangs on it."""
    await execute("DELETE FROM ring_key WHERE name = $1 AND purpose = 'wrap'", name)


async def hanging_on(name: str, prefix: bytes) -> int:
    """How many persons' keys, values of `RingTable`, answers and values from before such keys
    need this one."""
    row = await fetch_row(
        """
        SELECT (SELECT count(*) FROM person_key WHERE key_name = $1)
            + (SELECT count(*) FROM import_run WHERE substring(workbook_sealed, 1, $2) = $3)
            + (SELECT count(*) FROM record_export WHERE substring(workbook_sealed, 1, $2) = $3)
            + (SELECT count(*) FROM intake WHERE substring(form_sealed, 1, $2) = $3)
            + (SELECT count(*) FROM staff_code WHERE substring(secret_sealed, 1, $2) = $3)
            + (SELECT count(*) FROM endpoint_secret WHERE substring(secret_sealed, 1, $2) = $3)
            + (SELECT count(*) FROM certificate_batch WHERE substring(key_sealed, 1, $2) = $3)
            + (SELECT count(*) FROM idempotency_key WHERE substring(answer, 1, $2) = $3)
            + (SELECT count(*) FROM person WHERE $3 IN (substring(document_sealed, 1, $2),
                substring(phone_sealed, 1, $2), substring(address_sealed, 1, $2)))
            + (SELECT count(*) FROM registration WHERE substring(form_sealed, 1, $2) = $3)
            + (SELECT count(*) FROM claim WHERE substring(form_sealed, 1, $2) = $3) AS hanging
        """,
        name, len(prefix), prefix,
    )  # fmt: skip
    return int(row["hanging"]) if row else 0


async def rows_sealed_otherwise(table: RingTable, prefix: bytes) -> list[tuple[UUID, bytes]]:
    """The next of these that another key has sealed, if any: id and value; locked."""
    key, column = _RING_SEALED[table]
    rows = await fetch(
        f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL"
        f" AND substring({column}, 1, $1) <> $2 ORDER BY {key} LIMIT 1 FOR UPDATE",
        len(prefix), prefix,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def reseal_row(table: RingTable, row_id: UUID, sealed: bytes) -> None:
    key, column = _RING_SEALED[table]
    await execute(f"UPDATE {table} SET {column} = $2 WHERE {key} = $1", row_id, sealed)


async def answers_sealed_otherwise(prefix: bytes, limit: int) -> list[tuple[bytes, bytes]]:
    """Key hash and sealed answer, locked."""
    rows = await fetch(
        "SELECT key_hash, answer FROM idempotency_key WHERE substring(answer, 1, $1) <> $2"
        " LIMIT $3 FOR UPDATE SKIP LOCKED",
        len(prefix), prefix, limit,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def reseal_answers(answers: Sequence[tuple[bytes, bytes]]) -> None:
    await execute(
        "UPDATE idempotency_key SET answer = new.answer"
        " FROM unnest($1::bytea[], $2::bytea[]) AS new (key_hash, answer)"
        " WHERE idempotency_key.key_hash = new.key_hash",
        *zip(*answers, strict=True),
    )
