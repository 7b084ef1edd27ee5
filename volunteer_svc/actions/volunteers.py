"""Volunteers: finding them, reading their record, editing contacts, suspending, leaving."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions import members
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.life_days import life_days
from volunteer_svc.actions.positions import end_roles
from volunteer_svc.actions.volunteer_view import VolunteerView, shown, shown_one
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.events import (
    Event,
    VolunteerExited,
    VolunteerReinstated,
    VolunteerSuspended,
    VolunteerUpdated,
)
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.phone import normalise_phone
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.domain.star import NextStar, next_star
from volunteer_svc.domain.story import Happened, story
from volunteer_svc.domain.text import Line, Name, RequiredReason, Short
from volunteer_svc.domain.volunteer import State, Volunteer
from volunteer_svc.i18n import Language
from volunteer_svc.identity import people, person_keys
from volunteer_svc.identity.permissions import (
    Permission,
    reads_free_text,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store.ledger import LedgerRow, StarRow
from volunteer_svc.store.people import SealedPerson


class Search(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole member number or document number finds a person at any station; a part of a name or
    of a member number, the beginning of a name's pinyin or initials, and the filters look at the
    stations the caller may see."""

    member_no: Name | None = None
    document_number: Name | None = None
    name: Name | None = None
    station_id: UUID | None = None
    state: State | None = None
    star: Annotated[int, Meta(ge=0, le=5)] | None = None


class EditVolunteer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may change without a new registration; what is not given stays.

    `language`: in which reminders are written.
    """

    phone: Name | None = None
    address: Line | None = None
    area: Short | None = None
    skills: Line | None = None
    service_category: ServiceCategory | None = None
    language: Language | None = None


class WithReason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: RequiredReason


class StarView(msgspec.Struct, frozen=True, kw_only=True):
    """Why I have this star, and what is missing for the next; minutes, and hours for people.

    `historical_minutes`: the part of the counted minutes no signed sheet exists for.
    """

    star: int
    counted_minutes: int
    counted_hours: str
    historical_minutes: int
    policy_version: str
    thresholds_minutes: tuple[int, ...]
    next: NextStar | None
    history: list[StarRow]


@reading
async def find_volunteers(
    call: Call, search: Search, *, after: UUID | None, limit: int
) -> list[VolunteerView]:
    """In id order behind `after`. Raises `forbidden`; an unknown number finds nobody."""
    today = local_date(call.now)
    where = stations_seen(call.actor, "volunteer.read", search.station_id)
    exact = await _by_number(search)
    found = exact
    if found is None:
        found = await store.volunteers.search(
            today=today,
            station_id=where,
            meant=members.meant(search.name) if search.name else None,
            state=search.state,
            star=search.star,
            after=after,
            limit=limit,
        )
    volunteers = await store.volunteers.load(found)
    # Who is found by his number is looked at; of a list only minors are noted one by one.
    known = [volunteers[i] for i in found if i in volunteers]
    return await shown(call, known, looked=exact is not None)


async def _by_number(search: Search) -> list[UUID] | None:
    if search.member_no is not None:
        number = normalise_member_number(search.member_no)
        known = await store.volunteers.ids_by_member_number([number] if number else [])
        return list(known.values())
    if search.document_number is not None:
        hashes = people.possible_document_hashes(search.document_number)
        return list((await store.volunteers.ids_by_document(hashes)).values())
    return None


@reading
async def read_volunteer(call: Call, volunteer_id: UUID) -> VolunteerView:
    """Raises `not_found`, `forbidden`."""
    volunteer = await _readable(call, volunteer_id, "volunteer.read")
    return await shown_one(call, volunteer, looked=True)


@command
async def edit_volunteer(
    call: Call, volunteer_id: UUID, edit: EditVolunteer, revision: int | None
) -> VolunteerView:
    """Change contacts. Raises `changed_meanwhile` (412) when the revision is not the last."""
    volunteer = await _lock(call, volunteer_id, revision)
    if edit == EditVolunteer():
        return await shown_one(call, volunteer)
    person = await store.people.find(volunteer_id)
    if person is None:
        raise not_found("volunteer")
    phone = None if edit.phone is None else normalise_phone(edit.phone)
    if edit.phone is not None and phone is None:
        raise refuse("phone_invalid", "phone")
    if phone is not None and isinstance(call.actor, Staff):
        await store.accounts.note_phone_setter([volunteer_id], call.actor.id)
    key = await person_keys.ensured(volunteer_id)
    before = person
    person = people.with_contact(person, key, phone=phone, address=edit.address)
    plain = {
        name: value
        for name in ("area", "skills", "service_category", "language")
        if (value := getattr(edit, name)) is not None
    }
    person = msgspec.structs.replace(person, **plain)
    await store.people.update(person)
    fields = tuple(sorted(n for n in edit.__struct_fields__ if getattr(edit, n) is not None))
    call.notes.changed(None, _contacts(key, before), _contacts(key, person), fields=fields)
    return await _change(
        call,
        volunteer,
        VolunteerUpdated(volunteer_id=volunteer_id, station_id=volunteer.station_id, fields=fields),
    )


@command
async def suspend(
    call: Call, volunteer_id: UUID, request: WithReason, revision: int | None
) -> VolunteerView:
    """From today the person may not serve, until reinstated."""
    staff = require_staff(call.actor, "volunteer.manage")
    volunteer = await _lock(call, volunteer_id, revision, "volunteer.manage")
    today = local_date(call.now)
    _require_state(volunteer, today, "active")
    await store.volunteers.suspend(ids.uuid7(), volunteer_id, today, request.reason, staff.id)
    event = VolunteerSuspended(
        volunteer_id=volunteer_id, station_id=volunteer.station_id, from_on=today
    )
    return await _change(call, volunteer, event)


@command
async def reinstate(call: Call, volunteer_id: UUID, revision: int | None) -> VolunteerView:
    """From today the person may serve again."""
    require_staff(call.actor, "volunteer.manage")
    volunteer = await _lock(call, volunteer_id, revision, "volunteer.manage")
    today = local_date(call.now)
    _require_state(volunteer, today, "suspended")
    await store.volunteers.reinstate(volunteer_id, today)
    event = VolunteerReinstated(
        volunteer_id=volunteer_id, station_id=volunteer.station_id, reinstated_on=today
    )
    return await _change(call, volunteer, event)


@command
async def exit_volunteer(
    call: Call, volunteer_id: UUID, request: WithReason, revision: int | None
) -> VolunteerView:
    """The person leaves (R10), by staff or by himself; the file, hours and stars are kept."""
    volunteer = await _lock(call, volunteer_id, revision)
    today = local_date(call.now)
    _require_state(volunteer, today, "active", "suspended", "registered")
    # A suspension ends behind the day of exit, which is no day of service then.
    await store.volunteers.reinstate(volunteer_id, today + timedelta(days=1))
    journal = Journal(call, {volunteer.id: volunteer}, await store.policies.load())
    latest = volunteer.registrations[-1]
    journal.change_registration(volunteer_id, msgspec.structs.replace(latest, ended_on=today))
    await store.registrations.note_reason(latest.id, "end_reason", request.reason)
    await end_roles(call, journal, volunteer_id, request.reason)
    event = VolunteerExited(
        volunteer_id=volunteer_id, station_id=volunteer.station_id, exited_on=today
    )
    return await _change(call, volunteer, event, journal)


@reading
async def read_ledger(call: Call, volunteer_id: UUID, *, after: int, limit: int) -> list[LedgerRow]:
    """The volunteer's ledger behind `seq` = `after` (R17). Raises `not_found`, `forbidden`."""
    await _readable(call, volunteer_id, "record.read")
    call.notes.looked(volunteer_id, fields=["ledger"])
    rows = await store.ledger.entries_of(volunteer_id, after=after, limit=limit)
    if reads_free_text(call.actor):
        return rows
    return [msgspec.structs.replace(row, reason=None) for row in rows]


@reading
async def read_stars(call: Call, volunteer_id: UUID) -> StarView:
    """The star, how it was earned and what is missing for the next (R6, R17)."""
    volunteer = await _readable(call, volunteer_id, "record.read")
    call.notes.looked(volunteer_id, fields=["stars"])
    policy = (await store.policies.load()).named(volunteer.rated_under)
    return StarView(
        star=volunteer.star,
        counted_minutes=volunteer.counted_minutes,
        counted_hours=hours_shown(volunteer.counted_minutes),
        historical_minutes=await store.ledger.historical_minutes(volunteer_id),
        policy_version=policy.version,
        thresholds_minutes=policy.star_minutes,
        next=next_star(volunteer.counted_minutes, policy),
        history=await store.ledger.stars_of(volunteer_id),
    )


@reading
async def read_story(call: Call, volunteer_id: UUID) -> list[Happened]:
    """What happened to the volunteer, the latest first. Raises `not_found`, `forbidden`."""
    volunteer = await _readable(call, volunteer_id, "volunteer.read")
    call.notes.looked(volunteer_id, fields=["file"])
    stars = await store.ledger.stars_of(volunteer_id)
    rose = [(one.changed_on, one.from_star, one.to_star) for one in stars]
    today = local_date(call.now)
    return story(volunteer, rose, today, await life_days(volunteer_id, today))


async def _readable(call: Call, volunteer_id: UUID, permission: Permission) -> Volunteer:
    volunteer = (await store.volunteers.load([volunteer_id])).get(volunteer_id)
    if volunteer is None:
        # To a stranger an unknown id and somebody else's look the same.
        require_volunteer(call.actor, permission, volunteer_id, volunteer_id)
        raise not_found("volunteer")
    require_volunteer(call.actor, permission, volunteer_id, volunteer.station_id)
    return volunteer


async def _lock(
    call: Call,
    volunteer_id: UUID,
    revision: int | None,
    permission: Permission = "volunteer.write",
) -> Volunteer:
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    if volunteer is None:
        raise not_found("volunteer")
    require_volunteer(call.actor, permission, volunteer_id, volunteer.station_id)
    if revision is not None and revision != volunteer.revision:
        raise refuse("changed_meanwhile", kind="stale")
    return volunteer


def _contacts(key: PersonKey, person: SealedPerson) -> dict[str, str | None]:
    """What a trail keeps of them; of an address or free text only that it was changed."""
    phone = people.masked_phone(key, person)
    return {
        "phone": phone,
        "service_category": person.service_category,
        "language": person.language,
    }


def _require_state(volunteer: Volunteer, today: date, *allowed: State) -> None:
    state = volunteer.state(today)
    if state not in allowed:
        raise refuse("state_forbids", kind="conflict", state=state)


async def _change(
    call: Call, before: Volunteer, event: Event, journal: Journal | None = None
) -> VolunteerView:
    if journal is None:
        journal = Journal(call, {before.id: before}, await store.policies.load())
    volunteer = journal.volunteers[before.id]
    journal.change(msgspec.structs.replace(volunteer, revision=volunteer.revision + 1))
    journal.note(volunteer.id, event, station_id=volunteer.station_id)
    await journal.write()
    after = (await store.volunteers.load([volunteer.id]))[volunteer.id]
    today = local_date(call.now)
    call.notes.changed(None, {"state": before.state(today)}, {"state": after.state(today)})
    return await shown_one(call, after)
