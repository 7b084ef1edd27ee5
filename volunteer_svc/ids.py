"""The only source of randomness for identifiers and secrets."""

import os
import secrets
import time
from io import BytesIO
from uuid import UUID

from asyncpg.pgproto import pgproto

_MILLISECOND = 1_000_000
_TAIL_BYTES, _STOCK = 10, 256
# Of each tail the first four bits say version 7, and the first two of the third byte the variant.
_FREE = int.from_bytes(bytes.fromhex("0fff3fffffffffffffff") * _STOCK)
_FIXED = int.from_bytes(bytes.fromhex("70008000000000000000") * _STOCK)
_tails = BytesIO()


def uuid7() -> UUID:
    """A UUIDv7 (RFC 9562): sorts by creation time to the millisecond.

    The order of events never rests on it; it only keeps index pages warm. asyncpg's own class
    (a `uuid.UUID`) is made, hashed and sent in a fraction of the time.
    """
    tail = _tails.read(_TAIL_BYTES) or _more_tails().read(_TAIL_BYTES)
    made: UUID = pgproto.UUID((time.time_ns() // _MILLISECOND).to_bytes(6) + tail)
    return made


def _more_tails() -> BytesIO:
    """Asking the system for each id alone would take half of the time of making it."""
    global _tails  # noqa: PLW0603 - one stock of a process
    random = int.from_bytes(os.urandom(_TAIL_BYTES * _STOCK))
    _tails = BytesIO((random & _FREE | _FIXED).to_bytes(_TAIL_BYTES * _STOCK))
    return _tails


def _forget_tails() -> None:
    """A child would else make the ids of its parent."""
    _tails.seek(0, os.SEEK_END)


os.register_at_fork(after_in_child=_forget_tails)


def quick(given: UUID) -> UUID:
    """The same id in asyncpg's own class, for ids out of JSON that are looked up and sent often."""
    made: UUID = pgproto.UUID(given.bytes)
    return made


def token() -> str:
    """An opaque secret of 256 random bits for a session or a client key, URL-safe."""
    return secrets.token_urlsafe(32)


def seed() -> bytes:
    """160 random bits, what RFC 4226 asks of the secret behind one-time codes."""
    return secrets.token_bytes(20)


def webhook_secret() -> bytes:
    """256 random bits that sign the deliveries to one endpoint."""
    return secrets.token_bytes(32)


def chance() -> float:
    """0 to 1, to spread attempts that would all come at once."""
    return secrets.randbelow(1 << 30) / (1 << 30)


def receipt() -> str:
    """A short reference a person can read over the telephone: 60 random bits in base 32."""
    alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))


def verification_code(alphabet: str, groups: int, length: int) -> str:
    """`groups` of `length` random letters, with hyphens between."""
    return "-".join("".join(secrets.choice(alphabet) for _ in range(length)) for _ in range(groups))
