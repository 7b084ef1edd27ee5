"""What every event is made of."""

from typing import ClassVar, Literal

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened. `NAME` is noun.past, `SUBJECT` the field that names the subject,
    `SCOPE` what a reader needs to see it."""

    NAME: ClassVar[str]
    SUBJECT: ClassVar[str] = "volunteer_id"
    SCOPE: ClassVar[Literal["events:read", "events:sensitive"]] = "events:read"

    @property
    def subject(self) -> str:
        """`volunteer/<id>`, `station/<id>` …: the unit within which events are ordered."""
        return f"{self.SUBJECT.removesuffix('_id')}/{getattr(self, self.SUBJECT)}"
