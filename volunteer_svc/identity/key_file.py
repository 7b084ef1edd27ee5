"""The key ring as a file: made, read and replaced; never readable by others."""

import contextlib
import fcntl
import hashlib
import hmac
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from volunteer_svc.config import Config, ConfigError

_KEY_BYTES = 32
HASH_KEY = "hash_key"
"""Under this name the key of the hashes stands among the others' fingerprints."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NOT_OURS = stat.S_IRWXO | stat.S_IWGRP


class KeyRingError(ConfigError):
    """The key ring is missing, wrong or readable by others: nothing starts with it."""


class KeyRing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`keys` by name, base64 of 32 bytes; `current` seals, all open. `hash_key` never rotates."""

    current: str
    keys: dict[str, bytes]
    hash_key: bytes

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError("the current key is not among the keys")
        if not all(_NAME.fullmatch(name) for name in self.keys):
            raise ValueError("a key's name is 1 to 64 letters, digits, dots, dashes")
        if any(len(key) != _KEY_BYTES for key in (*self.keys.values(), self.hash_key)):
            raise ValueError("every key is base64 of 32 bytes")

    @property
    def fingerprints(self) -> dict[str, str]:
        """By the name of a key, what tells it from another of that name and says nothing else."""
        every = self.keys | {HASH_KEY: self.hash_key}
        return {name: _fingerprint(key) for name, key in every.items()}

    def text(self) -> str:
        """The ring as it is written down."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1).decode() + "\n"

    def with_new_key(self) -> tuple["KeyRing", str]:
        """The ring with a fresh key that does not seal yet, and its name: k2, k3 …"""
        number = 1
        while f"k{number}" in self.keys:
            number += 1
        name = f"k{number}"
        return msgspec.structs.replace(self, keys=self.keys | {name: _fresh()}), name

    def sealing_with(self, name: str) -> "KeyRing":
        return msgspec.structs.replace(self, current=name)

    def without(self, name: str) -> "KeyRing":
        rest = {known: key for known, key in self.keys.items() if known != name}
        return msgspec.structs.replace(self, keys=rest)


def parse(text: bytes, source: str) -> KeyRing:
    """Raises KeyRingError that names the source and never repeats a key."""
    try:
        return msgspec.json.decode(text, type=KeyRing)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KeyRingError(f"{source} is not a key ring: {error}") from None


def of(config: Config) -> KeyRing:
    """The ring of the settings, wherever it is. Raises KeyRingError."""
    if config.keys:
        return parse(config.keys.encode(), "VOLUNTEER_KEYS")
    return read(config.key_file)


def read(path: Path) -> KeyRing:
    """Raises KeyRingError: missing, not for us, readable by others, or no key ring."""
    try:
        mode = path.stat().st_mode
        if mode & _NOT_OURS:
            raise KeyRingError(
                f"key file {path} is open to others (mode {stat.S_IMODE(mode):04o}): "
                f"chmod 600 {path}, and rotate the keys if others may have read it"
            )
        return parse(path.read_bytes(), f"key file {path}")
    except FileNotFoundError:
        raise KeyRingError(
            f"key file {path} is missing: set VOLUNTEER_KEY_FILE or VOLUNTEER_KEYS, put the file "
            "back from where it is kept, or make the first one with `keys`"
        ) from None
    except OSError as error:
        raise KeyRingError(f"key file {path} cannot be read: {error.strerror}") from None


def stamp(path: Path) -> tuple[int, int]:
    """Changes when the file is replaced. Raises OSError."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def create(path: Path) -> None:
    """Make a key ring with fresh random keys, readable by its owner only; keep one that exists."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, KeyRing("k1", {"k1": _fresh()}, _fresh()))
    with contextlib.suppress(FileExistsError):  # somebody made one at the same moment
        path.hardlink_to(draft)
    draft.unlink()


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """One change at a time. Raises KeyRingError when another is under way."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise KeyRingError(f"another command is changing {path}") from None
    finally:
        os.close(folder)


def replace(path: Path, ring: KeyRing) -> None:
    """Put another ring in the file's place, at once, for the same owner."""
    before = path.stat()
    draft = _draft(path, ring)
    os.chown(draft, before.st_uid, before.st_gid)
    draft.chmod(stat.S_IMODE(before.st_mode))
    draft.replace(path)


def _draft(path: Path, ring: KeyRing) -> Path:
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(ring.text())
        file.flush()
        os.fsync(descriptor)
    return draft


def _fingerprint(key: bytes) -> str:
    return hmac.digest(key, b"fingerprint", hashlib.sha256).hex()[:16]


def _fresh() -> bytes:
    return os.urandom(_KEY_BYTES)
