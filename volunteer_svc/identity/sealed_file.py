"""A file sealed in chunks: written in one go, read from anywhere, refused when cut or changed.

    "VSVC-SEALED" 1 | length and name of the ring key | the file's own key, wrapped by it | chunks

Each chunk is AES-256-GCM under the file's own key, which seals nothing else; its nonce is the
chunk's number and whether it is the last. So none can be left out, moved, repeated or put behind.
"""

import io
import os
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from volunteer_svc.domain.errors import refuse
from volunteer_svc.identity.vault import Vault, VaultError, Wrapped, key_prefix

CHUNK_BYTES = 1 << 20
"""Plain bytes of every chunk but the last, which may be shorter, or empty."""
_MAGIC = b"VSVC-SEALED\x01"
_KEY_BYTES = 32
_TAG_BYTES = 16
_WRAPPED_BYTES = 12 + _KEY_BYTES + _TAG_BYTES
_PLACE = "sealed_file"


def is_sealed(file: IO[bytes]) -> bool:
    """Whether it begins as such a file does; it is at its beginning afterwards."""
    file.seek(0)
    begins = file.read(len(_MAGIC))
    file.seek(0)
    return begins == _MAGIC


class Sealing(io.RawIOBase):
    """What is written here is sealed into `file`; closing it writes the last chunk."""

    def __init__(self, file: IO[bytes], ring: Vault) -> None:
        self._file, self._rest, self._count = file, bytearray(), 0
        key = os.urandom(_KEY_BYTES)
        wrapped = ring.wrap(key, _PLACE)
        self._cipher = AESGCM(key)
        file.write(_MAGIC + key_prefix(wrapped.key_name) + wrapped.sealed)

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        """All of it."""
        view = memoryview(content).cast("B")  # type: ignore[arg-type]
        self._rest += view
        while len(self._rest) > CHUNK_BYTES:  # a full one may yet be the last
            self._chunk(bytes(self._rest[:CHUNK_BYTES]), last=False)
            del self._rest[:CHUNK_BYTES]
        return len(view)

    def finish(self) -> None:
        self._chunk(bytes(self._rest), last=True)

    def _chunk(self, plain: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._count, last), plain, None))
        self._count += 1


class Opening(io.RawIOBase):
    """The plain content of a sealed file, a chunk at a time.

    Raises `archive_key_missing`, `archive_key_differs` at once, `archive_cut` where it is read.
    """

    def __init__(self, file: IO[bytes], ring: Vault, source: str) -> None:
        """`source`: what the ring is called in a refusal."""
        file.seek(len(_MAGIC))
        name = file.read((file.read(1) or b"\0")[0])
        shown = name.decode("ascii", "replace")
        if shown not in ring.key_names:
            raise refuse("archive_key_missing", key=shown, path=source)
        try:
            key = ring.unwrap(Wrapped(shown, file.read(_WRAPPED_BYTES)), _PLACE)
        except VaultError:
            raise refuse("archive_key_differs", key=shown, path=source) from None
        self._cipher, self._file, self._begin = AESGCM(key), file, file.tell()
        sealed = file.seek(0, os.SEEK_END) - self._begin
        self._chunks = max(1, -(-sealed // (CHUNK_BYTES + _TAG_BYTES)))
        self._length = max(0, sealed - self._chunks * _TAG_BYTES)
        self._at, self._held, self._plain = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        if start + offset < 0:
            raise OSError("before the beginning")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if self._at >= self._length:
            self._open(self._chunks - 1)  # an empty file may be one that was cut
            return 0
        number, within = divmod(self._at, CHUNK_BYTES)
        plain = self._open(number)[within : within + len(view)]
        view[: len(plain)] = plain
        self._at += len(plain)
        return len(plain)

    def _open(self, number: int) -> bytes:
        if self._held != number:
            self._file.seek(self._begin + number * (CHUNK_BYTES + _TAG_BYTES))
            sealed = self._file.read(CHUNK_BYTES + _TAG_BYTES)
            last = number == self._chunks - 1
            try:
                self._plain = self._cipher.decrypt(_nonce(number, last), sealed, None)
            except (InvalidTag, ValueError):
                raise refuse("archive_cut", chunk=number + 1, chunks=self._chunks) from None
            self._held = number
        return self._plain


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
