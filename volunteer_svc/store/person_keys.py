"""The persons' data keys, wrapped by a key of the ring."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import msgspec

from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch


class PersonKeyRow(msgspec.Struct, frozen=True):
    volunteer_id: UUID
    key_name: str
    wrapped: bytes


async def load(volunteer_ids: Collection[UUID]) -> list[PersonKeyRow]:
    rows = await fetch(
        "SELECT volunteer_id, key_name, wrapped FROM person_key WHERE volunteer_id = ANY($1)",
        list(volunteer_ids),
    )
    return [PersonKeyRow(**row) for row in rows]


async def insert(rows: Iterable[PersonKeyRow]) -> None:
    await bulk.insert(
        "person_key",
        ("volunteer_id", "key_name", "wrapped"),
        [msgspec.structs.astuple(row) for row in rows],
    )


async def destroy(volunteer_id: UUID) -> None:
    """What was sealed with it is unreadable from now on."""
    await execute("DELETE FROM person_key WHERE volunteer_id = $1", volunteer_id)


async def lock_wrapped_otherwise(current: str, limit: int) -> list[PersonKeyRow]:
    """Keys that another ring key than `current` wraps, locked until the command ends."""
    rows = await fetch(
        "SELECT volunteer_id, key_name, wrapped FROM person_key WHERE key_name <> $1"
        " ORDER BY volunteer_id LIMIT $2 FOR UPDATE SKIP LOCKED",
        current, limit,
    )  # fmt: skip
    return [PersonKeyRow(**row) for row in rows]


async def rewrap(rows: Sequence[PersonKeyRow]) -> None:
    await execute(
        "UPDATE person_key SET key_name = new.key_name, wrapped = new.wrapped"
        " FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS new (volunteer_id, key_name, wrapped)"
        " WHERE person_key.volunteer_id = new.volunteer_id",
        *zip(*(msgspec.structs.astuple(row) for row in rows), strict=True),
    )


async def count_wrapped_otherwise(current: str) -> int:
    (row,) = await fetch("SELECT count(*) FROM person_key WHERE key_name <> $1", current)
    return int(row["count"])
