"""The key that signs heads: Ed25519, in a file of its own, needed by the worker alone."""

import os
import re
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_BLOCK = re.compile(rb"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)


class SigningKeyError(Exception):
    """The file of the signing key is missing or wrong; the message names it."""


class SigningKey:
    """`public_key`: 32 bytes. `known`: it and those that signed before, 32 bytes each."""

    def __init__(self, key: Ed25519PrivateKey, former: list[bytes]) -> None:
        self._key = key
        self.public_key = _raw(key.public_key())
        self.known = frozenset([self.public_key, *former])

    def sign(self, text: str) -> bytes:
        return self._key.sign(text.encode())


def load(path: Path) -> SigningKey:
    """The first PEM block is the private key that signs; public ones of former keys may follow.

    Raises SigningKeyError.
    """
    try:
        blocks = _BLOCK.findall(path.read_bytes())
        key = load_pem_private_key(blocks[0], None) if blocks else None
        former = [load_pem_public_key(block) for block in blocks[1:]]
    except FileNotFoundError:
        raise SigningKeyError(
            f"signing key {path} is missing (VOLUNTEER_SIGNING_KEY_FILE): "
            "`python -m volunteer_svc keys` makes one"
        ) from None
    except (OSError, ValueError, TypeError):  # its text may quote what is in the file
        raise SigningKeyError(f"signing key {path} cannot be read") from None
    if not isinstance(key, Ed25519PrivateKey) or not all(
        isinstance(one, Ed25519PublicKey) for one in former
    ):
        raise SigningKeyError(f"signing key {path} is not of Ed25519")
    return SigningKey(key, [_raw(one) for one in former if isinstance(one, Ed25519PublicKey)])


def is_signed(text: str, signature: bytes, public_key: bytes) -> bool:
    """Whether the key has signed the text."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def create(path: Path) -> None:
    """Make a key, readable by its owner only; keep one that exists."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    text = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
    with suppress(FileExistsError):  # somebody made one at the same moment
        path.hardlink_to(draft)
    draft.unlink()


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
