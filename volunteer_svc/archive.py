"""A backup as one sealed file: a zip of parts, and a manifest that holds the digest of each.

The parts are stored as they are (a dump is compressed already), so one pass writes an archive and
one pass checks it. It bears its name only when it is whole and on disk.
"""

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from volunteer_svc.domain.errors import refuse
from volunteer_svc.identity.sealed_file import CHUNK_BYTES, Opening, Sealing, is_sealed
from volunteer_svc.identity.vault import Vault

FORMAT = 1
DATABASE = "database.dump"
FILES = "files/"
_MANIFEST = "manifest.json"
_MANIFEST_BYTES_MAX = 256 << 20
_CHUNK_BYTES = 1 << 20


class Part(msgspec.Struct, frozen=True):
    """`sha256` in hexadecimal."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds. `postgres`: the server's major version; `migrations`: which have run;
    `tables`: the rows of each; `keys`: by id, the fingerprint of each key needed to open it."""

    format: int
    made_at: datetime
    postgres: int
    migrations: list[str]
    epoch: str
    last_sequence: int
    tables: dict[str, int]
    keys: dict[str, str]
    parts: list[Part]


class Writer:
    """An archive being written."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self._zip = zipped
        self.parts: list[Part] = []

    def add(self, name: str, fill: Callable[[Callable[[bytes], None]], None]) -> None:
        """Add a part; `fill` is given the function that takes its bytes."""
        digest, count = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as entry:

            def take(chunk: bytes) -> None:
                nonlocal count
                digest.update(chunk)
                count += len(chunk)
                entry.write(chunk)

            fill(take)
        self.parts.append(Part(name, count, digest.hexdigest()))

    def finish(self, manifest: Manifest) -> None:
        self._zip.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


@contextmanager
def writing(path: Path, ring: Vault) -> Iterator[Writer]:
    """An archive, sealed with the ring's current key, that appears at `path` when the context ends
    well, and else not at all."""
    draft = path.with_name(f"{path.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            sealing = Sealing(file, ring)
            with zipfile.ZipFile(sealing, "w", zipfile.ZIP_STORED) as zipped:
                yield Writer(zipped)
            sealing.finish()
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def write_private(path: Path, content: bytes) -> None:
    """Write a file for its owner alone; it bears its name only when it is whole."""
    draft = path.with_name(f"{path.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Let a new name survive the loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Reader:
    """An archive whose parts are all there, each with its digest."""

    def __init__(self, zipped: zipfile.ZipFile, manifest: Manifest) -> None:
        self._zip = zipped
        self.manifest = manifest

    def open(self, name: str) -> IO[bytes]:
        return self._zip.open(name)


@contextmanager
def reading(path: Path, ring: Vault, source: str, *, unsealed: bool = False) -> Iterator[Reader]:
    """A checked archive. `source`: what the ring is called; `unsealed`: one from before archives
    were sealed, which anybody may have made.

    Raises `archive_unreadable`, `archive_not_sealed`, `archive_key_missing`, `archive_key_differs`,
    `archive_cut`, `archive_damaged`, `archive_newer`.
    """
    with ExitStack() as stack:
        try:
            file: IO[bytes] = stack.enter_context(path.open("rb"))
            if is_sealed(file):
                file = io.BufferedReader(Opening(file, ring, source), CHUNK_BYTES)
            elif not unsealed and zipfile.is_zipfile(file):
                raise refuse("archive_not_sealed", path=str(path))
            zipped = stack.enter_context(zipfile.ZipFile(file))
            reader = _checked(zipped)
        except (OSError, zipfile.BadZipFile, msgspec.DecodeError, KeyError) as error:
            raise refuse("archive_unreadable", path=str(path)) from error
        yield reader


def _checked(zipped: zipfile.ZipFile) -> Reader:
    if zipped.getinfo(_MANIFEST).file_size > _MANIFEST_BYTES_MAX:
        raise refuse("archive_damaged", part=_MANIFEST)
    manifest = msgspec.json.decode(zipped.read(_MANIFEST), type=Manifest)
    if manifest.format != FORMAT:
        raise refuse("archive_newer", migration=f"format {manifest.format}")
    said = {part.name: part for part in manifest.parts}
    for name in sorted({DATABASE, *said} ^ ({*zipped.namelist()} - {_MANIFEST})):
        raise refuse("archive_damaged", part=name)
    for part in manifest.parts:
        if _part(zipped, part.name) != part:
            raise refuse("archive_damaged", part=part.name)
    return Reader(zipped, manifest)


def _part(zipped: zipfile.ZipFile, name: str) -> Part | None:
    """A part as it is read; None when the zip's own check fails first."""
    digest, count = hashlib.sha256(), 0
    try:
        with zipped.open(name) as entry:
            while chunk := entry.read(_CHUNK_BYTES):
                digest.update(chunk)
                count += len(chunk)
    except zipfile.BadZipFile:
        return None
    return Part(name, count, digest.hexdigest())
