"""Secret fields: sealed with a key of the ring on their way in, found again by a keyed hash.

A plain hash of a document number is reversible (there are few numbers), a keyed one is not.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import os
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12
HASH_KEY = "hash_key"
"""Under this name the key of the hashes stands among the others' fingerprints."""


class VaultError(Exception):
    """The key file is missing or wrong, or a sealed value does not belong where it stands."""


class KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`keys` by name, base64 of 32 bytes; `current` seals, all open. `hash_key` never rotates."""

    current: str
    keys: dict[str, bytes]
    hash_key: bytes

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError(f"current key {self.current!r} is not among the keys")
        if any(len(key) != _KEY_BYTES for key in (*self.keys.values(), self.hash_key)):
            raise ValueError("every key is base64 of 32 bytes")


class Vault:
    """AES-256-GCM; a sealed value is bound to its place (owner and field), so rows cannot swap."""

    def __init__(self, keys: KeyFile) -> None:
        self._current = keys.current
        self._ciphers = {name: AESGCM(key) for name, key in keys.keys.items()}
        self._hash_key = keys.hash_key
        self._fingerprints = {name: _fingerprint(key) for name, key in keys.keys.items()}

    @property
    def current(self) -> str:
        """The name of the key that seals."""
        return self._current

    @property
    def fingerprints(self) -> dict[str, str]:
        """By the name of a key, what tells it from another of that name and says nothing else."""
        return {**self._fingerprints, HASH_KEY: _fingerprint(self._hash_key)}

    @property
    def marks(self) -> dict[str, bytes]:
        """By the name of a key, how everything begins that is sealed with it."""
        return {name: bytes([len(name.encode())]) + name.encode() for name in self._ciphers}

    def seal(self, plain: bytes, place: str) -> bytes:
        """Key name (length-prefixed), nonce, ciphertext with tag."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, plain, place.encode())
        return self.marks[self._current] + nonce + sealed

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises VaultError when the key is unknown or the value was moved or changed."""
        end = 1 + sealed[0]
        cipher = self._ciphers.get(sealed[1:end].decode())
        if cipher is None:
            raise VaultError("a value is sealed with a key that the ring does not hold")
        nonce, text = sealed[end : end + _NONCE_BYTES], sealed[end + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, text, place.encode())
        except InvalidTag:
            raise VaultError("a sealed value does not belong where it stands") from None

    def keyed_hash(self, purpose: str, value: str) -> bytes:
        """32 bytes for uniqueness and exact search; equal only for equal purpose and value."""
        return hmac.digest(self._hash_key, f"{purpose}\0{value}".encode(), hashlib.sha256)


def _fingerprint(key: bytes) -> str:
    return hmac.digest(key, b"fingerprint", hashlib.sha256).hex()[:16]


def read(path: Path) -> Vault:
    """The key ring of `path`. Raises VaultError with a clear word."""
    try:
        return Vault(msgspec.json.decode(path.read_bytes(), type=KeyFile))
    except FileNotFoundError:
        raise VaultError(f"key file {path} is missing (VOLUNTEER_KEY_FILE)") from None
    except (msgspec.DecodeError, OSError) as error:
        raise VaultError(f"key file {path}: {error}") from None


_vault: Vault | None = None


def vault() -> Vault:
    """The vault of this process."""
    if _vault is None:
        raise VaultError("no key ring is loaded: call identity.vault.load() at the start")
    return _vault


def load(path: Path) -> None:
    """Use the key ring of `path` from now on. Raises VaultError with a clear word."""
    global _vault  # noqa: PLW0603 - one key ring a process
    _vault = read(path)


def create_key_file(path: Path) -> None:
    """Make a key ring with fresh random keys, readable by its owner only; keep one that exists."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = {
        "current": "k1",
        "keys": {"k1": base64.b64encode(os.urandom(_KEY_BYTES)).decode()},
        "hash_key": base64.b64encode(os.urandom(_KEY_BYTES)).decode(),
    }
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(fresh, file)
    with contextlib.suppress(FileExistsError):  # somebody made one at the same moment
        path.hardlink_to(draft)
    draft.unlink()
