"""Passwords are kept as argon2id hashes; hashing runs off the event loop."""

from functools import cache

import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from volunteer_svc.domain.errors import Fault

MIN_LENGTH = 10
_HASHER = PasswordHasher()


def password_fault(password: str, field: str = "password") -> Fault | None:
    """Why this cannot be a new password, if so. Length is what protects: only that is asked."""
    if len(password) < MIN_LENGTH:
        return Fault("password_too_short", field, {"min": MIN_LENGTH})
    return None


async def hash_password(password: str) -> str:
    return await anyio.to_thread.run_sync(_HASHER.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is right; takes as long for somebody unknown (`stored` None)."""

    def verify() -> bool:
        nobodys = _nobodys_hash()  # for everybody: it is made once, and must not tell for whom
        try:
            return _HASHER.verify(stored or nobodys, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    return await anyio.to_thread.run_sync(verify)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("no account has this password")
