"""A volunteer's objection to one of his records, and what may answer it (R17)."""

from datetime import date
from typing import Literal
from uuid import UUID

from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import Fault

Outcome = Literal["corrected", "kept"]


def is_overdue(due_on: date, answered: bool, today: date) -> bool:
    """Whether the last working day for an answer has gone by without one."""
    return not answered and today > due_on


def answer_fault(
    outcome: Outcome,
    verifier: Staff,
    *,
    volunteer_id: UUID,
    entered_by: UUID | None,
    mended: bool,
) -> Fault | None:
    """Why this answer may not be given by this person, if so.

    Nobody answers an objection of his own. `corrected` needs something that mended the record
    since it was objected to (`mended`). That the record is right as it stands is said by somebody
    else than who entered it.
    """
    if verifier.volunteer_id == volunteer_id:
        return Fault("own_objection")
    if outcome == "corrected":
        return None if mended else Fault("correction_missing", "outcome")
    return Fault("second_person_required") if verifier.id == entered_by else None
