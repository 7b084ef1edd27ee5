"""Positions that people are appointed to, step by step, and never for their hours (R9)."""

from typing import Literal
from uuid import UUID

from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.volunteer import State

Kind = Literal["backbone", "group_leader", "team_leader"]
"""骨干, 小组长, 组长; who holds none is a member."""


def appointment_fault(
    state: State, held: Kind | None, kind: Kind, *, leads: UUID | None
) -> Fault | None:
    """Why this person may not be appointed, if so.

    R9: active members may become backbone, and from there leader of a group or of the team. A
    group leader leads a group, nobody else does.
    """
    if state != "active":
        return Fault("state_forbids", "volunteer_id", {"state": state})
    if held == kind and kind != "group_leader":
        return Fault("position_held", "position")
    if held is None and kind != "backbone":
        return Fault("backbone_first", "position")
    if (kind == "group_leader") != (leads is not None):
        return Fault("group_and_leader", "group_id")
    return None
