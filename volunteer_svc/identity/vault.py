"""The key ring: seals what belongs to no person, wraps the persons' own keys, hashes for search.

A plain hash of a document number is reversible (there are few numbers), a keyed one is not.
"""

import hashlib
import hmac
import logging
import os
import time
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from volunteer_svc.identity import key_file
from volunteer_svc.identity.key_file import KeyRing, KeyRingError

_NONCE_BYTES = 12
_REREAD_SECONDS = 1.0
"""So long after a rotation a running process may still seal with the key before."""
_logger = logging.getLogger(__name__)


class VaultError(Exception):
    """A sealed value does not belong where it stands, or its key is gone."""


class Wrapped(msgspec.Struct, frozen=True):
    """A key sealed by the ring key `key_name`: nonce, ciphertext with tag."""

    key_name: str
    sealed: bytes


class Vault:
    """AES-256-GCM; a sealed value is bound to its place (owner and field), so rows cannot swap."""

    def __init__(self, ring: KeyRing, file: Path | None = None) -> None:
        """`file`: where the ring was read, to be read again when it changes."""
        self._file = file
        self._stamp = key_file.stamp(file) if file else None
        self._look_again_at = time.monotonic() + _REREAD_SECONDS
        self._hash_key = ring.hash_key
        self._take(ring)

    def _take(self, ring: KeyRing) -> None:
        if ring.hash_key != self._hash_key:
            raise KeyRingError("the hash key may not change")
        self.current = ring.current
        self._ciphers = {name: AESGCM(key) for name, key in ring.keys.items()}

    @property
    def key_names(self) -> frozenset[str]:
        return frozenset(self._ciphers)

    def seal(self, plain: bytes, place: str) -> bytes:
        """Key name (length-prefixed), nonce, ciphertext with tag."""
        wrapped = self.wrap(plain, place)
        return key_prefix(wrapped.key_name) + wrapped.sealed

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises VaultError when the key is unknown or the value was moved or changed."""
        end = 1 + sealed[0]
        return self.unwrap(Wrapped(sealed[1:end].decode(), sealed[end:]), place)

    def wrap(self, key: bytes, place: str) -> Wrapped:
        """A person's key, sealed by the current key."""
        return Wrapped(self.current, encrypt(self._ciphers[self.current], key, place))

    def unwrap(self, wrapped: Wrapped, place: str) -> bytes:
        """Raises VaultError like `open`."""
        if wrapped.key_name not in self._ciphers:
            self.reread(at_once=True)
        cipher = self._ciphers.get(wrapped.key_name)
        if cipher is None:
            raise VaultError("a value is sealed with a key that the ring does not hold")
        return decrypt(cipher, wrapped.sealed, place)

    def keyed_hash(self, purpose: str, value: str) -> bytes:
        """32 bytes for uniqueness and exact search; equal only for equal purpose and value."""
        return hmac.digest(self._hash_key, f"{purpose}\0{value}".encode(), hashlib.sha256)

    def proof(self, name: str) -> bytes:
        """What only the key `name` can make: kept in the database, it tells a wrong key."""
        return encrypt(self._ciphers[name], b"volunteer_svc", f"proof/{name}")

    def is_proof(self, name: str, proof: bytes) -> bool:
        """Whether the ring's key `name` is the one that made the proof."""
        try:
            return bool(decrypt(self._ciphers[name], proof, f"proof/{name}"))
        except VaultError:
            return False

    def reread(self, *, at_once: bool = False) -> None:
        """Learn of a rotation while running. A file that cannot be read is tried again later."""
        now = time.monotonic()
        if self._file is None or (now < self._look_again_at and not at_once):
            return
        self._look_again_at = now + _REREAD_SECONDS
        try:
            stamp = key_file.stamp(self._file)
            if stamp != self._stamp:
                ring = key_file.read(self._file)
                self._take(ring)
                self._stamp = stamp
        except (KeyRingError, OSError) as error:
            _logger.warning("key ring unreadable", extra={"error": type(error).__name__})


def encrypt(cipher: AESGCM, plain: bytes, place: str) -> bytes:
    """Nonce, ciphertext with tag, bound to the place."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, place.encode())


def decrypt(cipher: AESGCM, sealed: bytes, place: str) -> bytes:
    """Raises VaultError when the value was moved or changed."""
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        raise VaultError("a sealed value does not belong where it stands") from None


def key_prefix(name: str) -> bytes:
    """What a value sealed by the ring key `name` begins with."""
    return bytes([len(name)]) + name.encode()


_vault: Vault | None = None


def vault() -> Vault:
    """The vault of this process."""
    if _vault is None:
        raise VaultError("no key ring is loaded: call identity.vault.load() at the start")
    _vault.reread()
    return _vault


def load(source: Path | str) -> None:
    """Use this key ring from now on: a file, or the ring itself as text.

    Raises KeyRingError with a clear word.
    """
    global _vault  # noqa: PLW0603 - one key ring a process
    if isinstance(source, Path):
        _vault = Vault(key_file.read(source), source)
    else:
        _vault = Vault(key_file.parse(source.encode(), "VOLUNTEER_KEYS"))
