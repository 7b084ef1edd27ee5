"""The two trails, audit and access: what an entry says, and how entries are chained.

Entries hold ids, counts and masked values only, so that an erasure never rewrites them.
"""

import hashlib
import ipaddress
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Actor, Client, Self, Staff

Trail = Literal["audit", "access"]
"""`audit`: every change. `access`: every reading of a person's file."""
Channel = Literal["api", "worker", "command", "inside"]
TRAILS: tuple[Trail, ...] = ("audit", "access")
NOTHING_BEFORE = bytes(32)
"""What the first entry of a trail is chained to."""
MASKED = "***"

_VERSION = "trail 1"
_NONE = (-1).to_bytes(4, signed=True)
_PLAIN_TEXTS = frozenset({"code", "kind", "role", "state", "channel", "member_no", "scope"})
"""Fields whose words name no person; every other text is masked."""
_NETWORK_BITS = {4: 24, 6: 48}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to whom, when and from where. `detail` is the text of a JSON object.

    `actor_id` and `actor_station_id` are those of the account then; `subject` is
    `volunteer/<id>`, `station/<id>` …, as in events.
    """

    id: UUID
    happened_at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_station_id: UUID | None
    channel: str
    address: str | None
    request_id: str | None
    action: str
    subject: str | None
    detail: str


def entry_hash(trail: Trail, seq: int, entry: Entry, previous: bytes) -> bytes:
    """SHA-256 over the entry, its place and the hash before it.

    Every field is a length (int32, big-endian; -1 for no value) and its text in UTF-8, instants
    in microseconds of UTC: no two entries have the same bytes.
    """
    since = entry.happened_at.astimezone(UTC).isoformat(timespec="microseconds")
    texts = (
        _VERSION, trail, str(seq), str(entry.id), since, entry.actor_kind, _text(entry.actor_id),
        _text(entry.actor_station_id), entry.channel, entry.address, entry.request_id,
        entry.action, entry.subject, entry.detail,
    )  # fmt: skip
    hasher = hashlib.sha256()
    for text in texts:
        hasher.update(_NONE if text is None else _prefixed(text.encode()))
    hasher.update(_prefixed(previous))
    return hasher.digest()


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _prefixed(value: bytes) -> bytes:
    return len(value).to_bytes(4, signed=True) + value


def actor_kind(actor: Actor) -> str:
    match actor:
        case Staff():
            return "staff"
        case Self():
            return "volunteer"
        case Client():
            return "client"
    return "anyone"


def address_kept(actor: Actor, address: str | None) -> str | None:
    """The address of staff and services; of everybody else only the network it belongs to.

    Where a volunteer was is personal, and an entry cannot be erased.
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:  # behind a proxy that writes something else
        return None
    if isinstance(actor, Staff | Client):
        return str(parsed)
    return str(ipaddress.ip_network((parsed, _NETWORK_BITS[parsed.version]), strict=False))


def difference(before: Any, after: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What differs between two structs of a kind, each side by field, texts masked.

    A dict is taken as it is: its values are masked already. None: there was, or is, nothing.
    """
    old, new = _fields(before), _fields(after)
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return (
        {name: _shown(name, old[name], before) for name in changed if name in old},
        {name: _shown(name, new[name], after) for name in changed if name in new},
    )


def _fields(value: Any) -> dict[str, Any]:
    if value is None or isinstance(value, dict):
        return value or {}
    return {name: getattr(value, name) for name in value.__struct_fields__}


def _shown(name: str, value: Any, whole: Any) -> Any:
    if isinstance(whole, dict):
        return value
    return _masked(name, value)


def _masked(name: str, value: Any) -> Any:
    match value:
        case None | bool() | int() | UUID() | date():  # a datetime is a date
            return value
        case str():
            return value if name in _PLAIN_TEXTS or not value else MASKED
        case msgspec.Struct():
            return {field: _masked(field, getattr(value, field)) for field in _fields(value)}
        case list() | tuple():
            return [_masked(name, one) for one in value]
    return MASKED
