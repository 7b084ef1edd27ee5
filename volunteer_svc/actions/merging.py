"""One person entered twice: two files become one, and the ledgers are joined by posting anew."""

from datetime import timedelta
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.corrections import reverse
from volunteer_svc.actions.identities import county_account, require_other, state_forbids
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.merging_life import carry_on, join_signups
from volunteer_svc.actions.positions import end_roles
from volunteer_svc.actions.recording import post_service
from volunteer_svc.actions.volunteer_view import VolunteerView, shown_one
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.events import VolunteerMerged
from volunteer_svc.domain.ledger import Posting
from volunteer_svc.domain.star import Cause
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity import people, person_keys
from volunteer_svc.store import database
from volunteer_svc.store.identities import Merge
from volunteer_svc.store.service_records import RecordRow

_ALL = 1_000_000
_OVER = ("lapsed", "exited", "declined")


class MergeVolunteer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file that goes into this one, and how it is known that both are one person."""

    duplicate_id: UUID
    reason: RequiredReason


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """What moved. `known_twice`: the duplicate's records whose hours were in both files."""

    merge_id: UUID
    volunteer: VolunteerView
    records_moved: int
    minutes_moved: int
    known_twice: list[UUID]


@command
async def merge_volunteers(call: Call, volunteer_id: UUID, request: MergeVolunteer) -> Merged:
    """Join the duplicate's file to the kept one; both member numbers find it from now on.

    Each counted record of the duplicate is reversed there and stands anew in the kept file, unless
    the hours are there already. Sign-ups, check-ins, trainings, positions, groups, nominations
    and awards move. Raises `merge_waits` (409) while something of the duplicate waits
    for a second person, `merge_other_way` when the duplicate alone is still a member,
    `state_forbids`, `volunteer_unknown`, `own_hours`, `not_found`, `forbidden`.
    """
    staff, kept_id = county_account(call), volunteer_id
    volunteers = await store.volunteers.lock([kept_id, request.duplicate_id])
    kept, duplicate = volunteers.get(kept_id), volunteers.get(request.duplicate_id)
    if kept is None:
        raise not_found("volunteer")
    if duplicate is None or kept_id == request.duplicate_id:
        raise refuse("volunteer_unknown", "duplicate_id")
    await _check_merge(call, staff, kept, duplicate)
    person = await store.people.find(duplicate.id)
    if person is None:
        raise AssertionError("a file that is there has a person")
    key = await person_keys.ensured(kept_id)
    before = people.identity_of(await person_keys.ensured(duplicate.id), person)
    merge_id = ids.uuid7()
    merge = Merge(
        id=merge_id,
        kept_id=kept_id,
        duplicate_id=duplicate.id,
        before_sealed=people.seal_trail(key, before, merge_id),
        reason=request.reason,
        merged_by=staff.id,
        merged_at=call.now,
    )
    await store.identities.insert_merge(merge)
    await store.inductions.take_back([duplicate.id])
    journal = Journal(call, volunteers, await store.policies.load())
    moved, minutes, twice = await _move_records(call, journal, staff, merge)
    held = (await store.positions.held([duplicate.id])).get(duplicate.id)
    groups = await store.groups.of(duplicate.id)
    await _end(call, journal, duplicate.id)
    await join_signups(call, duplicate.id, kept_id)
    await store.identities.move_life(duplicate.id, kept_id)
    await carry_on(call, journal, staff, kept, held, groups, request.reason)
    for one in (kept_id, duplicate.id):
        now = journal.volunteers[one]
        journal.change(msgspec.structs.replace(now, revision=now.revision + 1))
    event = VolunteerMerged(
        volunteer_id=duplicate.id,
        station_id=duplicate.station_id,
        member_no=duplicate.member_no or "",
        into_id=kept_id,
        into_member_no=kept.member_no or "",
    )
    call.notes.changed(None, duplicate_id=duplicate.id, records=moved, minutes=minutes)
    journal.note(duplicate.id, event, station_id=duplicate.station_id)
    await journal.write()
    try:
        await store.identities.point_to(duplicate.id, kept_id)
    except database.Violation:
        raise refuse("volunteer_linked_elsewhere", "duplicate_id", kind="conflict") from None
    return Merged(
        merge_id=merge_id,
        volunteer=await shown_one(call, (await store.volunteers.load([kept_id]))[kept_id]),
        records_moved=moved,
        minutes_moved=minutes,
        known_twice=sorted(twice),
    )


async def _check_merge(call: Call, staff: Staff, kept: Volunteer, duplicate: Volunteer) -> None:
    for one in (kept, duplicate):
        require_other(staff, one.id)
        if not one.is_there:
            raise state_forbids(one, call)
    today = local_date(call.now)
    if kept.member_no is None or (
        kept.state(today) in _OVER and duplicate.state(today) not in _OVER
    ):
        raise refuse("merge_other_way", "duplicate_id")
    if await store.identities.anything_waits(duplicate.id):
        raise refuse("merge_waits", kind="conflict")


async def _move_records(
    call: Call, journal: Journal, staff: Staff, merge: Merge
) -> tuple[int, int, set[UUID]]:
    """How many records and minutes moved, and which hours both files had."""
    records = await store.service_records.listing(
        station_id=None, volunteer_id=merge.duplicate_id, state="counted", after=None, limit=_ALL
    )
    records.sort(key=lambda record: (record.served_on, record.id))
    twice = await store.identities.known_twice(merge.duplicate_id, merge.kept_id)
    to_ids = {record.id: ids.uuid7() for record in records if record.id not in twice}
    await store.identities.copy_records(merge.kept_id, list(to_ids.items()))
    await store.identities.note_records(
        merge.id, [(record.id, to_ids.get(record.id)) for record in records]
    )
    for record in records:
        reason = f"合并会员档案 · files merged ({merge.id})"
        await reverse(call, journal, record, by=staff.id, reason=reason)
        if record.id in to_ids:
            _post_anew(call, journal, record, to_ids[record.id], merge.kept_id)
    return len(to_ids), sum(r.standing_minutes for r in records if r.id in to_ids), twice


def _post_anew(call: Call, journal: Journal, record: RecordRow, to_id: UUID, kept_id: UUID) -> None:
    posting = Posting(
        id=ids.uuid7(),
        record_id=to_id,
        kind="service",
        minutes_delta=record.standing_minutes,
        station_id=record.station_id,
        served_on=record.served_on,
        entered_at=call.now,
    )
    post_service(
        journal, kept_id, posting, Cause("service_record", to_id),
        evidence=record.evidence, late=record.late, activity_id=record.activity_id,
    )  # fmt: skip


async def _end(call: Call, journal: Journal, duplicate_id: UUID) -> None:
    """The duplicate's registration is over: nothing of it lapses or expires any more."""
    today = local_date(call.now)
    duplicate = journal.volunteers[duplicate_id]
    state, latest = duplicate.state(today), duplicate.registrations[-1]
    if state not in _OVER:
        ended = "declined_on" if state == "applied" else "ended_on"
        over = msgspec.structs.replace(latest, **{ended: today})
        journal.change_registration(duplicate_id, over)
        await store.volunteers.reinstate(duplicate_id, today + timedelta(days=1))
        await end_roles(call, journal, duplicate_id, "")
