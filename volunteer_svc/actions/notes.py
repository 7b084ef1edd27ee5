"""What a command notes of itself for the trails, and the entries made of it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.domain.actor import Anyone, Self, Staff
from volunteer_svc.domain.trail import Entry, Trail, actor_kind, address_kept, difference

if TYPE_CHECKING:
    from volunteer_svc.actions.command import Call


class Look(msgspec.Struct, frozen=True):
    """A person's file was looked at: at what of it, and why. None: a list, at nobody alone."""

    volunteer_id: UUID | None
    detail: dict[str, Any]


class Notes(msgspec.Struct):
    """Collected while a command works. One audit entry comes of it, however many it changed."""

    subject: str | None = None
    detail: dict[str, Any] = {}
    unchanged: bool = False
    looks: list[Look] = []

    def clear(self) -> None:
        """Before a command starts, or is repeated."""
        self.subject, self.detail, self.unchanged, self.looks = None, {}, False, []

    def changed(
        self, subject: str | None, before: Any = None, after: Any = None, **facts: Any
    ) -> None:
        """What was changed: both states (structs are masked, dicts are taken as they are), or
        counts and ids where it was many."""
        self.subject = subject or self.subject
        old, new = difference(before, after)
        sides = {name: side for name, side in (("before", old), ("after", new)) if side}
        self.detail = {**self.detail, **sides, **facts}

    def looked(self, volunteer_id: UUID | None, **detail: Any) -> None:
        """Somebody looked at a file; his own looks a volunteer is not told of."""
        self.looks.append(Look(volunteer_id, detail))


async def write(done: Iterable[tuple["Call", str, bool]]) -> None:
    """The entries of commands, in their transaction: call, action, whether it changes things."""
    noted: list[tuple[Trail, Entry]] = []
    for call, action, changes in done:
        noted += [("access", entry) for entry in _looks(call, action)]
        if changes and not call.notes.unchanged:
            noted.append(("audit", _entry(call, action, call.notes.subject, call.notes.detail)))
    await store.trails.append(noted)


def _looks(call: "Call", action: str) -> Sequence[Entry]:
    looks = call.notes.looks
    if isinstance(call.actor, Self):
        looks = [look for look in looks if look.volunteer_id != call.actor.id]
    if not looks and isinstance(call.actor, Staff) and call.actor.role == "auditor":
        looks = [Look(None, {})]  # of an auditor every reading is kept, lists included
    return [
        _entry(call, action, f"volunteer/{look.volunteer_id}" if look.volunteer_id else None,
               look.detail)
        for look in looks
    ]  # fmt: skip


def _entry(call: "Call", action: str, subject: str | None, detail: dict[str, Any]) -> Entry:
    actor = call.actor
    return Entry(
        id=ids.uuid7(),
        happened_at=call.now,
        actor_kind=actor_kind(actor),
        actor_id=None if isinstance(actor, Anyone) else actor.id,
        actor_station_id=actor.station_id if isinstance(actor, Staff) else None,
        channel=call.channel,
        address=address_kept(actor, call.address),
        request_id=call.trace.correlation_id,
        action=action,
        subject=subject,
        detail=msgspec.json.encode(detail, order="deterministic").decode(),
    )
