"""The state of all volunteers page by page, for services that begin to follow the events.

Each page is one snapshot of PostgreSQL, and the first one tells the cursor of its instant: every
event up to it is in every page. The pages that follow are later, and so may hold what events behind
the cursor tell once more: each row has its `subjectversion`, and an event that is not above it is
old. Who came after the page on which he would stand is in the events from his first one on.
"""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions import feed
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.cursor import Place
from volunteer_svc.domain.volunteer import State, Volunteer
from volunteer_svc.identity.permissions import require
from volunteer_svc.store.transaction import one_snapshot


class VolunteerState(msgspec.Struct, frozen=True, kw_only=True):
    """What the events say of a volunteer, no more: no name, no number of a document.

    `state` is that of today; `policy_version`: under which the star was given. The dates are of
    the last registration, `inducted_on` is the first day ever.
    """

    volunteer_id: UUID
    subject: str
    subjectversion: int
    member_no: str | None
    station_id: UUID
    state: State
    registration_id: UUID | None
    registered_on: date | None
    induction_due_on: date | None
    inducted_on: date | None
    ended_on: date | None
    counted_minutes: int
    star: int
    policy_version: str
    merged_into: UUID | None
    erased_on: date | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """`behind`: the place at which the first page was taken; events are read on from there."""

    volunteers: list[VolunteerState]
    behind: Place


@reading
async def read_snapshot(
    call: Call, *, begun: Place | None, after: UUID | None, limit: int
) -> Snapshot:
    """Volunteers behind `after` in id order. `begun`: what the first page told as `behind`.

    Raises `log_replaced` and `cursor_expired` (410) when the events from there on are not to be
    had any more, and the pages so far are good for nothing.
    """
    require(call.actor, "event.read")
    await one_snapshot()
    head = await store.event_log.head()
    if begun is not None:
        feed.check(begun, head)
    rows = await store.volunteers.page(after=after, limit=limit)
    today = local_date(call.now)
    return Snapshot(
        volunteers=[_state(one, today) for one in rows], behind=begun or feed.latest(head)
    )


def _state(volunteer: Volunteer, today: date) -> VolunteerState:
    last = volunteer.registrations[-1] if volunteer.registrations else None
    return VolunteerState(
        volunteer_id=volunteer.id,
        subject=f"volunteer/{volunteer.id}",
        subjectversion=volunteer.version,
        member_no=volunteer.member_no,
        station_id=volunteer.station_id,
        state=volunteer.state(today),
        registration_id=last.id if last else None,
        registered_on=last.registered_on if last else None,
        induction_due_on=last.induction_due_on if last else None,
        inducted_on=volunteer.inducted_on(),
        ended_on=last.ended_on if last else None,
        counted_minutes=volunteer.counted_minutes,
        star=volunteer.star,
        policy_version=volunteer.rated_under,
        merged_into=volunteer.merged_into,
        erased_on=volunteer.erased_on,
    )
