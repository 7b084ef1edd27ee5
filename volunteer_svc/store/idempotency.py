"""Answers given under a client's Idempotency-Key, kept with the effect they belong to."""

from datetime import datetime

import msgspec

from volunteer_svc.store.database import execute, fetch_row


class Answer(msgspec.Struct, frozen=True):
    """The encoded answer and the hash of the body it answered."""

    body_hash: bytes
    answer: bytes


async def try_lock(key_hash: bytes) -> bool:
    """Whether this command is the only one running under the key, until it ends."""
    number = int.from_bytes(key_hash[:8], signed=True)
    row = await fetch_row("SELECT pg_try_advisory_xact_lock($1) AS got", number)
    return bool(row and row["got"])


async def find(key_hash: bytes) -> Answer | None:
    row = await fetch_row(
        "SELECT body_hash, answer FROM idempotency_key WHERE key_hash = $1", key_hash
    )
    return Answer(row["body_hash"], row["answer"]) if row else None


async def save(key_hash: bytes, answer: Answer, now: datetime) -> None:
    await execute(
        "INSERT INTO idempotency_key VALUES ($1, $2, $3, $4)",
        key_hash, answer.body_hash, answer.answer, now,
    )  # fmt: skip


async def forget(before: datetime) -> None:
    """Retention: keys older than a client may sensibly retry."""
    await execute("DELETE FROM idempotency_key WHERE created_at < $1", before)
