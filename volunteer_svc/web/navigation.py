"""The ways through the pages: each page module adds its own entries."""

from typing import Literal

import msgspec

from volunteer_svc.domain.actor import Actor
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.identity.permissions import admit

Frame = Literal["staff", "volunteer"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A link in a frame's navigation, shown to whom `operation` is open.

    `word` is a key of the page words, `icon` a name in templates/icons.html, `order` sorts:
    10 today, 20 registrations, 30 sheet, 40 volunteers, 45 activities, 50 inductions,
    60 approvals, 70 lists, 80 dashboard, 90 administration.
    """

    frame: Frame
    path: str
    word: str
    icon: str
    operation: str
    order: int


_entries: list[Entry] = []


def link(*entries: Entry) -> None:
    """Add entries; called once by a page module as it is imported."""
    _entries.extend(entries)


def entries(frame: Frame, actor: Actor) -> list[Entry]:
    """What this person can go to."""
    shown = (one for one in _entries if one.frame == frame and may(actor, one.operation))
    return sorted(shown, key=lambda one: (one.order, one.path))


def may(actor: Actor, operation: str) -> bool:
    """Whether an operation can be of any use to the actor: the permission table says."""
    try:
        admit(actor, operation)
    except Refusal:
        return False
    return True
