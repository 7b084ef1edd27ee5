"""Where a reader stands: what he stores in the transaction of an effect."""

import base64
import zlib
from dataclasses import dataclass

_PREFIX = "/volunteer-svc/"


@dataclass(frozen=True, slots=True)
class Position:
    """Behind the event `sequence` of `source`; (None, 0) is behind nothing."""

    source: str | None = None
    sequence: int = 0

    @property
    def cursor(self) -> str:
        """The same as a cursor of `GET /v1/events`."""
        if self.source is None:
            return "earliest"
        plain = f"{self.source.removeprefix(_PREFIX)}.{self.sequence}".encode()
        checked = zlib.crc32(plain).to_bytes(4, "big") + plain
        return base64.urlsafe_b64encode(checked).decode().rstrip("=")

    @classmethod
    def at(cls, cursor: str) -> "Position":
        """The position of a cursor that the service gave."""
        checked = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        epoch, _, sequence = checked[4:].decode().partition(".")
        return cls(_PREFIX + epoch, int(sequence))
