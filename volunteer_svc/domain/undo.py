"""Taking a whole sheet or import back: who may alone, and what becomes of each record."""

from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.service_record import RecordState

UndoKind = Literal["sheet", "import"]
UndoState = Literal["waiting", "running", "done", "refused"]
Fate = Literal["reversed", "rejected", "left"]
ALONE_MAX = 20
"""Records of one's own sheet that one takes back without a second person."""


class Standing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record to be taken back. `correction_waits`: somebody is to decide about its minutes."""

    volunteer_id: UUID
    state: RecordState
    entered_by: UUID | None
    correction_waits: bool


def needs_second(kind: UndoKind, records: int, *, own: bool) -> bool:
    """Whether a second person decides: always of an import; of a sheet that the asker entered
    himself, when it is larger than a slip of the pen. Of somebody else's sheet he is the second."""
    return kind == "import" or (own and records > ALONE_MAX)


def fate(record: Standing, signers: list[UUID], own: set[UUID | None]) -> tuple[Fate, UUID | None]:
    """What becomes of a record, and which of the `signers` rejects it.

    Counted: reversed. Waiting: rejected by one who did not enter it. Left as it is: what is the
    hours of one of the signers (`own`), what has a correction waiting, and what nobody may reject.
    """
    if record.volunteer_id in own or record.correction_waits:
        return "left", None
    if record.state == "counted":
        return "reversed", None
    second = next((one for one in signers if one != record.entered_by), None)
    return ("rejected", second) if second and record.state == "waiting" else ("left", None)
