"""What comes back of the process that opens an image."""

import msgspec

from volunteer_svc.domain.errors import Fault, Refusal


class Picture(msgspec.Struct, frozen=True, tag=True):
    """A JPEG without metadata, upright."""

    width: int
    height: int
    content: bytes


class Refused(msgspec.Struct, frozen=True, tag=True):
    faults: tuple[Fault, ...]


def unpack(answer: bytes) -> Picture:
    read = msgspec.msgpack.decode(answer, type=Picture | Refused)
    if isinstance(read, Refused):
        raise Refusal(*read.faults)
    return read
