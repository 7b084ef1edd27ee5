"""A third party reads a file only with a letter and the station head's approval (R11)."""

import hashlib
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.disclosure import VALID_DAYS, SecretField, repeated, usable_until
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.text import RequiredReason, Title
from volunteer_svc.identity.permissions import granted, require, require_staff, stations_seen
from volunteer_svc.store.disclosures import Disclosure

DisclosureView = Disclosure


class AskDisclosure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wants to read what, by which letter. No names of volunteers: the texts are kept.

    `secret`: the letter, by law, forbids to tell the person (个人信息保护法 18): he then learns
    that a third party read, and when, not who it was.
    """

    recipient: Title
    letter_reference: Title
    fields: Annotated[list[SecretField], Meta(min_length=1, max_length=4)]
    reason: RequiredReason
    secret: bool = False


@command
async def ask_disclosure(call: Call, volunteer_id: UUID, request: AskDisclosure) -> DisclosureView:
    """File a third party's wish. Raises `not_found`, `forbidden`, `item_repeated`."""
    station_id = await store.volunteers.station_of(volunteer_id)
    require(call.actor, "volunteer.reveal", station_id or volunteer_id)
    staff = require_staff(call.actor, "volunteer.reveal")
    if station_id is None:
        raise not_found("volunteer")
    if repeated(request.fields):
        raise refuse("item_repeated", "fields")
    disclosure = Disclosure(
        id=ids.uuid7(),
        volunteer_id=volunteer_id,
        station_id=station_id,
        recipient=request.recipient,
        letter_reference=request.letter_reference,
        fields=list(request.fields),
        reason=request.reason,
        requested_by=staff.id,
        requested_at=call.now,
        secret=request.secret,
    )
    await store.disclosures.insert(disclosure)
    _note(call, disclosure)
    return disclosure


@command
async def approve_disclosure(call: Call, disclosure_id: UUID) -> DisclosureView:
    """The head signs, or who stands in for him, but not what the stand-in asked for himself.

    Raises `not_found`, `forbidden`, `second_person_required`, `disclosure_approved` (409).
    """
    disclosure = await store.disclosures.find(disclosure_id)
    staff = require_staff(call.actor, "disclosure.approve")
    head = None
    if granted(staff, "disclosure.approve") is None:
        head = await store.staffing.delegator(staff.id, local_date(call.now))
    require(head or staff, "disclosure.approve", disclosure.station_id if disclosure else None)
    if disclosure is None:
        raise not_found("disclosure")
    if head is not None and disclosure.requested_by == staff.id:
        raise refuse("second_person_required", kind="forbidden")
    head_id = head.id if head else None
    if not await store.disclosures.approve(disclosure_id, staff.id, head_id, call.now):
        raise refuse("disclosure_approved", kind="conflict")
    _note(call, disclosure)
    if head is not None:
        call.notes.changed(None, on_behalf_of=head.id)
    return msgspec.structs.replace(
        disclosure, approved_by=staff.id, approved_at=call.now, on_behalf_of=head_id
    )


def _note(call: Call, disclosure: Disclosure) -> None:
    """The letter by its digest: its words may name somebody, and the trail is never erased."""
    letter = f"{disclosure.recipient}\0{disclosure.letter_reference}".encode()
    call.notes.changed(
        f"disclosure/{disclosure.id}",
        volunteer_id=disclosure.volunteer_id,
        fields=disclosure.fields,
        letter_sha256=hashlib.sha256(letter).hexdigest(),
    )


@reading
async def disclosures(
    call: Call, *, waiting: bool, after: UUID | None, limit: int
) -> list[DisclosureView]:
    """At the actor's station, or at all: what waits for the head, and what was approved."""
    station_id = stations_seen(call.actor, "volunteer.reveal")
    return await store.disclosures.listing(
        station_id=station_id, waiting=waiting, after=after, limit=limit
    )


@reading
async def disclosures_of(
    call: Call, volunteer_id: UUID, *, before: UUID | None, limit: int
) -> list[DisclosureView]:
    """The letters about one file, the last first, for whoever may read it in full.

    Raises `not_found`, `forbidden`.
    """
    await _require_file(call, volunteer_id)
    return await store.disclosures.of_volunteer(volunteer_id, before=before, limit=limit)


@reading
async def read_disclosure(call: Call, volunteer_id: UUID, disclosure_id: UUID) -> DisclosureView:
    """One of the letters about that file. Raises `not_found`, `forbidden`."""
    await _require_file(call, volunteer_id)
    disclosure = await store.disclosures.find(disclosure_id)
    if disclosure is None or disclosure.volunteer_id != volunteer_id:
        raise not_found("disclosure")
    return disclosure


async def _require_file(call: Call, volunteer_id: UUID) -> None:
    """The station that has the file now: letters stay with it when it moves."""
    station_id = await store.volunteers.station_of(volunteer_id)
    require(call.actor, "volunteer.reveal", station_id or volunteer_id)
    if station_id is None:
        raise not_found("volunteer")


async def require_approved(
    disclosure_id: UUID, volunteer_id: UUID, fields: list[SecretField], now: datetime
) -> None:
    """Raises `disclosure_needed` unless the head approved these fields of this file lately."""
    disclosure = await store.disclosures.find(disclosure_id)
    if (
        disclosure is None
        or disclosure.volunteer_id != volunteer_id
        or disclosure.approved_at is None
        or usable_until(disclosure.approved_at) < now
        or not set(fields) <= set(disclosure.fields)
    ):
        raise refuse("disclosure_needed", "disclosure_id", kind="forbidden", days=VALID_DAYS)
