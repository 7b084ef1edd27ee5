"""Sealed archives: whatever is cut, moved, repeated, put behind or from elsewhere is refused."""

import io
import os

import msgspec
import pytest

from volunteer_svc.domain.errors import Refusal
from volunteer_svc.identity import sealed_file
from volunteer_svc.identity.key_file import KeyRing
from volunteer_svc.identity.sealed_file import Opening, Sealing, is_sealed
from volunteer_svc.identity.vault import Vault

CHUNK, TAG = 64, 16
RING = KeyRing("k1", {"k1": os.urandom(32)}, os.urandom(32))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_file, "CHUNK_BYTES", CHUNK)


def sealed(content: bytes, ring: KeyRing = RING) -> bytes:
    file = io.BytesIO()
    sealing = Sealing(file, Vault(ring))
    for n in range(0, len(content), 23):
        sealing.write(content[n : n + 23])
    sealing.finish()
    return file.getvalue()


def opened(content: bytes, ring: KeyRing = RING) -> bytes:
    assert is_sealed(io.BytesIO(content))
    return Opening(io.BytesIO(content), Vault(ring), "the ring").readall()


def refused(content: bytes, ring: KeyRing = RING) -> str:
    with pytest.raises(Refusal) as refusal:
        opened(content, ring)
    return refusal.value.code


HEADER = len(sealed(b"")) - TAG


def chunks_of(content: bytes) -> tuple[bytes, list[bytes]]:
    body = content[HEADER:]
    return content[:HEADER], [body[n : n + CHUNK + TAG] for n in range(0, len(body), CHUNK + TAG)]


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])
def test_what_is_sealed_opens_as_it_was_from_any_place(length: int) -> None:
    content = os.urandom(length)
    closed = sealed(content)
    assert opened(closed) == content
    assert len(closed) == HEADER + length + TAG * max(1, -(-length // CHUNK))
    opening = io.BufferedReader(Opening(io.BytesIO(closed), Vault(RING), "the ring"), 32)
    for at in (length, 0, length // 2, CHUNK, CHUNK - 1):
        opening.seek(at)
        assert opening.read(CHUNK) == content[at : at + CHUNK]
    opening.seek(-min(7, length), io.SEEK_END)
    assert opening.read() == content[-7:][:length]


def test_nothing_of_the_content_shows_and_no_two_files_are_alike() -> None:
    content = b"name" * 100
    first, second = sealed(content), sealed(content)
    assert b"name" not in first
    assert chunks_of(first)[1][0] != chunks_of(second)[1][0]


def test_a_file_that_is_cut_moved_repeated_or_lengthened_is_refused() -> None:
    whole, other = sealed(os.urandom(CHUNK * 4)), sealed(os.urandom(CHUNK * 4))
    head, chunks = chunks_of(whole)
    a, b, c, d = chunks
    for hostile in (
        [], [a], [a, b, c], [a, b, c, d[:-1]], [a, b, c, d[:CHUNK]], [b, a, c, d], [a, a, c, d],
        [a, c, d], [b, c, d], [a, b, c, d, d], [a, b, c, d, b"x"], [a, b, c, c],
        [a, chunks_of(other)[1][1], c, d], [a, b, c, chunks_of(other)[1][3]],
    ):  # fmt: skip
        assert refused(head + b"".join(hostile)) == "archive_cut"
    for at in range(HEADER, len(whole), 7):
        flipped = bytearray(whole)
        flipped[at] ^= 1
        assert refused(bytes(flipped)) == "archive_cut"


def test_a_wrong_or_missing_key_is_said_as_such() -> None:
    whole = sealed(b"content")
    wrong = msgspec.structs.replace(RING, keys={"k1": os.urandom(32)})
    lacking = msgspec.structs.replace(RING, current="k2", keys={"k2": RING.keys["k1"]})
    assert refused(whole, wrong) == "archive_key_differs"
    assert refused(whole, lacking) == "archive_key_missing"
    assert refused(chunks_of(sealed(b"x", wrong))[0] + whole[HEADER:]) == "archive_key_differs"
    both = msgspec.structs.replace(RING, current="k2", keys=RING.keys | {"k2": os.urandom(32)})
    assert opened(whole, both) == b"content", "after a rotation as well"
    for n in range(13, HEADER):  # the header cut off anywhere
        assert refused(whole[:n]) in ("archive_key_missing", "archive_key_differs")
    assert not is_sealed(io.BytesIO(b"PK"))
