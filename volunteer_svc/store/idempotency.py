"""Answers given under a client's Idempotency-Key, kept with the effect they belong to."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch


class Answer(msgspec.Struct, frozen=True):
    """The encoded answer, the hash of the body it answered, and when."""

    body_hash: bytes
    answer: bytes
    created_at: datetime


async def try_lock(key_hashes: Collection[bytes]) -> set[bytes]:
    """The keys under which no other command runs; they are this command's until it ends."""
    asked = list(key_hashes)
    numbers = [int.from_bytes(key_hash[:8], signed=True) for key_hash in asked]
    rows = await fetch(
        "SELECT pg_try_advisory_xact_lock(number) AS got FROM unnest($1::bigint[])"
        " WITH ORDINALITY AS asked (number, place) ORDER BY place",
        numbers,
    )
    return {key_hash for key_hash, row in zip(asked, rows, strict=True) if row["got"]}


async def find(key_hashes: Collection[bytes]) -> dict[bytes, Answer]:
    rows = await fetch(
        "SELECT key_hash, body_hash, answer, created_at FROM idempotency_key"
        " WHERE key_hash = ANY($1)",
        list(key_hashes),
    )
    return {key_hash: Answer(*answer) for key_hash, *answer in rows}


async def save(answers: Mapping[bytes, Answer]) -> None:
    await bulk.insert(
        "idempotency_key",
        ("key_hash", "body_hash", "answer", "created_at"),
        [(key_hash, a.body_hash, a.answer, a.created_at) for key_hash, a in answers.items()],
    )


async def page(after: bytes, limit: int) -> list[tuple[bytes, bytes]]:
    """Key hashes and sealed answers behind `after`."""
    rows = await fetch(
        "SELECT key_hash, answer FROM idempotency_key WHERE key_hash > $1"
        " ORDER BY key_hash LIMIT $2",
        after, limit,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def remove(key_hashes: Collection[bytes]) -> None:
    await execute("DELETE FROM idempotency_key WHERE key_hash = ANY($1)", list(key_hashes))


async def forget(before: datetime) -> None:
    """Retention: keys older than a client may sensibly retry."""
    await execute("DELETE FROM idempotency_key WHERE created_at < $1", before)
