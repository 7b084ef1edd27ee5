"""Webhook endpoints, the secrets that sign for them, and how they have answered of late."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.webhook import Health, OnFailure, State
from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class EndpointRow(msgspec.Struct, frozen=True, kw_only=True):
    """Of a client, or of the staff who made it. `types` are names without version; [] is all.

    `from_seq`: the first event it is to have. `undelivered_seq`: the first one owed when it was
    disabled or its address changed. `version` counts its events, `revision` its edits.
    """

    id: UUID
    client_id: UUID | None
    made_by: UUID | None
    url: str
    description: str
    types: list[str]
    stations: list[UUID]
    sensitive: bool
    on_failure: OnFailure
    state: State
    state_reason: str | None = None
    created_at: datetime
    verified_at: datetime | None = None
    from_seq: int
    undelivered_seq: int | None = None
    version: int = 0
    revision: int = 1


class SecretRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    endpoint_id: UUID
    secret_sealed: bytes
    ends_at: datetime | None = None


_ROW = ", ".join(EndpointRow.__struct_fields__)
_HEALTH = ", ".join(Health.__struct_fields__)


async def insert(endpoint: EndpointRow) -> None:
    await tables.Endpoint.insert(tables.Endpoint(**msgspec.structs.asdict(endpoint)))
    await execute("INSERT INTO endpoint_health (endpoint_id, failures) VALUES ($1, 0)", endpoint.id)


async def count_of(client_id: UUID | None) -> int:
    """How many a client has, or the staff together; more cannot be made meanwhile."""
    await execute("SELECT pg_advisory_xact_lock(hashtextextended('endpoints of ' || $1, 0))",
                  str(client_id))  # fmt: skip
    row = await fetch_row(
        "SELECT count(*) AS n FROM endpoint"
        " WHERE client_id IS NOT DISTINCT FROM $1 AND state <> 'deleted'",
        client_id,
    )
    return int(row["n"]) if row else 0


async def find(endpoint_id: UUID) -> EndpointRow | None:
    row = await fetch_row(f"SELECT {_ROW} FROM endpoint WHERE id = $1", endpoint_id)
    return EndpointRow(**row) if row else None


async def lock(endpoint_id: UUID) -> EndpointRow | None:
    row = await fetch_row(f"SELECT {_ROW} FROM endpoint WHERE id = $1 FOR UPDATE", endpoint_id)
    return EndpointRow(**row) if row else None


async def of_client(client_id: UUID) -> list[UUID]:
    """Those that are not deleted."""
    rows = await fetch(
        "SELECT id FROM endpoint WHERE client_id = $1 AND state NOT IN ('deleted', 'disabled')"
        " ORDER BY id",
        client_id,
    )
    return [row["id"] for row in rows]


async def listing(*, client_id: UUID | None, after: UUID | None, limit: int) -> list[EndpointRow]:
    """In the order they were made, without deleted ones; of one client, or all (None)."""
    rows = await fetch(
        f"SELECT {_ROW} FROM endpoint WHERE state <> 'deleted'"
        " AND ($1::uuid IS NULL OR client_id = $1) AND ($2::uuid IS NULL OR id > $2)"
        " ORDER BY id LIMIT $3",
        client_id, after, limit,
    )  # fmt: skip
    return [EndpointRow(**row) for row in rows]


async def save(endpoint: EndpointRow) -> None:
    """What may change of a locked endpoint."""
    await execute(
        "UPDATE endpoint SET state = $2, state_reason = $3, verified_at = $4, from_seq = $5,"
        " undelivered_seq = $6, version = $7, url = $8, description = $9, types = $10,"
        " stations = $11, on_failure = $12, revision = $13 WHERE id = $1",
        endpoint.id, endpoint.state, endpoint.state_reason, endpoint.verified_at,
        endpoint.from_seq, endpoint.undelivered_seq, endpoint.version, endpoint.url,
        endpoint.description, endpoint.types, endpoint.stations, endpoint.on_failure,
        endpoint.revision,
    )  # fmt: skip


async def healths(endpoint_ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Health]:
    rows = await fetch(
        f"SELECT endpoint_id, {_HEALTH} FROM endpoint_health WHERE endpoint_id = ANY($1)"
        f" ORDER BY endpoint_id {'FOR UPDATE' if lock else ''}",
        list(endpoint_ids),
    )
    return {
        row["endpoint_id"]: Health(**{name: row[name] for name in Health.__struct_fields__})
        for row in rows
    }


async def save_healths(changed: Mapping[UUID, Health]) -> None:
    """Of locked rows."""
    await execute(
        "UPDATE endpoint_health h SET failures = n.failures, failing_since = n.failing_since,"
        " last_success_at = n.last_success_at, wait_until = n.wait_until"
        " FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::timestamptz[],"
        " $5::timestamptz[]) AS n (id, failures, failing_since, last_success_at, wait_until)"
        " WHERE h.endpoint_id = n.id",
        list(changed), [one.failures for one in changed.values()],
        [one.failing_since for one in changed.values()],
        [one.last_success_at for one in changed.values()],
        [one.wait_until for one in changed.values()],
    )  # fmt: skip


async def add_secret(secret: SecretRow, now: datetime, *, others_until: datetime) -> None:
    """A new secret; the one that went on ends then, one that was ending already ends now."""
    await execute(
        "DELETE FROM endpoint_secret WHERE endpoint_id = $1 AND ends_at IS NOT NULL",
        secret.endpoint_id,
    )
    await execute(
        "UPDATE endpoint_secret SET ends_at = $2 WHERE endpoint_id = $1",
        secret.endpoint_id, others_until,
    )  # fmt: skip
    await tables.EndpointSecret.insert(
        tables.EndpointSecret(**msgspec.structs.asdict(secret), made_at=now)
    )


async def secrets(endpoint_ids: Iterable[UUID], now: datetime) -> list[SecretRow]:
    """Those that sign, of each endpoint the newest first."""
    rows = await fetch(
        "SELECT id, endpoint_id, secret_sealed, ends_at FROM endpoint_secret"
        " WHERE endpoint_id = ANY($1) AND (ends_at IS NULL OR ends_at > $2)"
        " ORDER BY endpoint_id, ends_at NULLS FIRST",
        list(endpoint_ids), now,
    )  # fmt: skip
    return [SecretRow(**row) for row in rows]


async def forget_secrets(endpoint_id: UUID) -> None:
    await execute("DELETE FROM endpoint_secret WHERE endpoint_id = $1", endpoint_id)


async def forget_old_secrets(now: datetime) -> None:
    """Retention: secrets that sign nothing any more."""
    await execute("DELETE FROM endpoint_secret WHERE ends_at <= $1", now)


async def states() -> dict[str, int]:
    """How many endpoints are in each state."""
    return dict(await fetch("SELECT state, count(*) FROM endpoint GROUP BY state"))
