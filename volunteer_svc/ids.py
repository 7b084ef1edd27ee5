"""The only source of randomness for identifiers and secrets."""

import os
import secrets
import time
from uuid import UUID

_RANDOM_BYTES = 10


def uuid7() -> UUID:
    """A UUIDv7 (RFC 9562): sorts by creation time to the millisecond.

    The order of events never rests on it; it only keeps index pages warm.
    """
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(_RANDOM_BYTES))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def token() -> str:
    """An opaque secret of 256 random bits for a session or a client key, URL-safe."""
    return secrets.token_urlsafe(32)


def seed() -> bytes:
    """160 random bits, what RFC 4226 asks of the secret behind one-time codes."""
    return secrets.token_bytes(20)


def receipt() -> str:
    """A short reference a person can read over the telephone: 60 random bits in base 32."""
    alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))
