"""Outside honours: what a nomination may become (R8)."""

from typing import Literal

from volunteer_svc.domain.errors import Fault

NominationState = Literal["open", "awarded", "not_awarded", "withdrawn"]


def nomination_fault(state: NominationState) -> Fault | None:
    """A nomination is decided once."""
    return None if state == "open" else Fault("nomination_closed", None, {"state": state})
