"""What comes back of the process that opens an image."""

import msgspec


class Picture(msgspec.Struct, frozen=True, tag=True):
    """A JPEG without metadata, upright."""

    width: int
    height: int
    content: bytes
