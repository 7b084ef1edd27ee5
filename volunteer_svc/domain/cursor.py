"""A place in the event log as readers are given it: opaque text that proves itself."""

import base64
import binascii
import re
import zlib

import msgspec

SEQUENCE_MAX = 2**63 - 1
_PLAIN = re.compile(rb"([0-9A-Za-z-]{1,32})\.(0|[1-9][0-9]{0,18})")
_CHECK_BYTES = 4


class Place(msgspec.Struct, frozen=True, gc=False):
    """Behind the event `sequence` of the epoch; numbers are nothing without their epoch."""

    epoch: str
    sequence: int


def cursor_of(place: Place) -> str:
    """The cursor: base64url of CRC-32, epoch and number. A check against slips, not a secret:
    who makes one of his own reads from where he likes, which he may anyway."""
    plain = f"{place.epoch}.{place.sequence}".encode()
    checked = zlib.crc32(plain).to_bytes(_CHECK_BYTES) + plain
    return base64.urlsafe_b64encode(checked).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """Raises ValueError for a text that is not a cursor, character by character."""
    try:
        checked = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None
    plain = _PLAIN.fullmatch(checked[_CHECK_BYTES:])
    if plain is None or int(plain[2]) > SEQUENCE_MAX:
        raise ValueError("not an epoch and a number")
    place = Place(plain[1].decode(), int(plain[2]))
    if cursor_of(place) != cursor:  # another spelling, or another check
        raise ValueError("not as it was given")
    return place
