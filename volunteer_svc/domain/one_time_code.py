"""Time-based one-time codes as authenticator apps show them (RFC 6238, RFC 4226)."""

import base64
import hmac
from datetime import datetime
from urllib.parse import quote

DIGITS = 6
STEP_SECONDS = 30
TOLERATED_STEPS = 1
"""A telephone's clock may be this many steps off, and typing takes its time."""
ISSUER = "社工站志愿者服务"


def code_at(secret: bytes, step: int) -> str:
    """The code of one step of 30 seconds since 1970 (HMAC-SHA-1, six digits)."""
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def matching_step(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """The step that a code is of; None when it is wrong, or not after the last one accepted."""
    given = code.replace(" ", "").encode()
    here = step_of(now)
    for step in range(max(here - TOLERATED_STEPS, last_step + 1), here + TOLERATED_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given):
            return step
    return None


def secret_text(secret: bytes) -> str:
    """The secret as it is typed into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


def otpauth_uri(secret: bytes, username: str) -> str:
    """What the QR code for an app says."""
    issuer = quote(ISSUER)
    return (
        f"otpauth://totp/{issuer}:{quote(username)}?secret={secret_text(secret)}&issuer={issuer}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )
