"""Badges of stars: made, signed, revoked, shared; their status lists and keys."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.store.database import execute, fetch, fetch_row


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """`token`: the signed credential, once the worker has signed it.

    `identity_sealed`: what its owner shows to prove that it is his; the credential has its hash.
    """

    id: UUID
    volunteer_id: UUID
    star: int
    won_on: date
    identity_salt: str
    identity_hash: str
    identity_sealed: bytes
    made_at: datetime
    status_index: int = 0
    token: str | None = None
    revoked_at: datetime | None = None
    share_code: str | None = None


class StatusList(msgspec.Struct, frozen=True, kw_only=True):
    """`revoked`: how many of its bits are set."""

    number: int
    token: str
    revoked: int
    signed_at: datetime
    valid_until: datetime


_ROW = ", ".join(Badge.__struct_fields__)
_LIST = ", ".join(StatusList.__struct_fields__)


async def insert(badge: Badge) -> None:
    """Its place in the status lists is given here. Raises database.Violation for a second one."""
    await execute(
        "INSERT INTO badge (id, volunteer_id, star, won_on, identity_salt, identity_hash,"
        " identity_sealed, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        badge.id, badge.volunteer_id, badge.star, badge.won_on, badge.identity_salt,
        badge.identity_hash, badge.identity_sealed, badge.made_at,
    )  # fmt: skip


async def find(badge_id: UUID) -> Badge | None:
    row = await fetch_row(f"SELECT {_ROW} FROM badge WHERE id = $1", badge_id)
    return Badge(**row) if row else None


async def current(volunteer_id: UUID, star: int) -> Badge | None:
    """The one that is not revoked."""
    row = await fetch_row(
        f"SELECT {_ROW} FROM badge WHERE volunteer_id = $1 AND star = $2 AND revoked_at IS NULL",
        volunteer_id, star,
    )  # fmt: skip
    return Badge(**row) if row else None


async def of(volunteer_id: UUID) -> list[Badge]:
    """All of a volunteer's, also revoked ones, oldest first."""
    rows = await fetch(f"SELECT {_ROW} FROM badge WHERE volunteer_id = $1 ORDER BY id",
                       volunteer_id)  # fmt: skip
    return [Badge(**row) for row in rows]


async def shared(code: str) -> Badge | None:
    row = await fetch_row(f"SELECT {_ROW} FROM badge WHERE share_code = $1", code)
    return Badge(**row) if row else None


async def share(badge_id: UUID, code: str | None) -> None:
    """None: nobody finds it any more."""
    await execute("UPDATE badge SET share_code = $2 WHERE id = $1", badge_id, code)


async def revoke(lost: Collection[tuple[UUID, int]], now: datetime) -> None:
    """Of these volunteers and stars."""
    volunteers, stars = zip(*lost, strict=True)
    await execute(
        "UPDATE badge b SET revoked_at = greatest($3, made_at)"
        " FROM unnest($1::uuid[], $2::int[]) AS s (volunteer_id, star)"
        " WHERE b.volunteer_id = s.volunteer_id AND b.star = s.star AND b.revoked_at IS NULL",
        list(volunteers), list(stars), now,
    )  # fmt: skip


async def to_sign(limit: int) -> list[Badge]:
    """Locked; those that somebody else signs at the moment are left out."""
    rows = await fetch(
        f"SELECT {_ROW} FROM badge WHERE token IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED",
        limit,
    )
    return [Badge(**row) for row in rows]


async def signed(badge_id: UUID, token: str) -> None:
    await execute("UPDATE badge SET token = $2 WHERE id = $1", badge_id, token)


async def hold_lists() -> None:
    """One process at a time signs status lists, to the end of its transaction."""
    await execute("SELECT pg_advisory_xact_lock(hashtext('badge_status_list'))")


async def lists_due(bits: int, renew_at: datetime) -> list[int]:
    """Lists to be signed: with a revocation that no list tells of yet, with a first badge, or
    signed so long ago. However many badges there are, few rows are read."""
    rows = await fetch(
        """
        SELECT 1 + (status_index - 1) / $1 AS number FROM badge
            WHERE revoked_at IS NOT NULL AND NOT revocation_listed
        UNION SELECT number FROM badge_status_list WHERE valid_until <= $2
        UNION SELECT generate_series(
            1 + coalesce((SELECT max(number) FROM badge_status_list), 0),
            (SELECT 1 + (max(status_index) - 1) / $1 FROM badge))
        ORDER BY 1
        """,
        bits, renew_at,
    )  # fmt: skip
    return [int(row["number"]) for row in rows]


async def revoked_in(number: int, bits: int) -> list[int]:
    """Places in the list, from 0, whose bit is to be set; from now on the list tells of them.

    Marked before they are read: what is revoked in between is told of, and signed once more.
    """
    first, last = (number - 1) * bits, number * bits
    await execute(
        "UPDATE badge SET revocation_listed = true WHERE revoked_at IS NOT NULL"
        " AND NOT revocation_listed AND status_index > $1 AND status_index <= $2",
        first, last,
    )  # fmt: skip
    rows = await fetch(
        "SELECT status_index - 1 - $1 AS place FROM badge WHERE revoked_at IS NOT NULL"
        " AND status_index > $1 AND status_index <= $2",
        first, last,
    )  # fmt: skip
    return [int(row["place"]) for row in rows]


async def status_list(number: int) -> StatusList | None:
    row = await fetch_row(f"SELECT {_LIST} FROM badge_status_list WHERE number = $1", number)
    return StatusList(**row) if row else None


async def keep_list(made: StatusList) -> None:
    await execute(
        f"INSERT INTO badge_status_list ({_LIST}) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (number) DO UPDATE SET token = excluded.token, revoked = excluded.revoked,"
        " signed_at = excluded.signed_at, valid_until = excluded.valid_until",
        *msgspec.structs.astuple(made),
    )


async def know_key(public_key: bytes, now: datetime) -> None:
    await execute("INSERT INTO badge_key VALUES ($1, $2) ON CONFLICT DO NOTHING", public_key, now)


async def keys() -> list[bytes]:
    """Every public key that ever signed a badge, the newest first."""
    rows = await fetch("SELECT public_key FROM badge_key ORDER BY first_used_at DESC, public_key")
    return [row["public_key"] for row in rows]
