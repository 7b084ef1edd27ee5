"""The code shown at the site of an activity: signed, of 30 seconds, without a table."""

from datetime import datetime
from uuid import UUID

from volunteer_svc.domain.check_in import code_step, code_text
from volunteer_svc.identity.vault import vault


def code_at(activity_id: UUID, step: int) -> str:
    """Only who holds the key ring can make it; each activity and step has its own."""
    return code_text(vault().keyed_hash("check-in", f"{activity_id}/{step}"))


def step_of_code(activity_id: UUID, code: str, now: datetime) -> int | None:
    """The step that a code is of; None: wrong, of another activity, or too old."""
    return code_step(code, lambda step: code_at(activity_id, step), now)
