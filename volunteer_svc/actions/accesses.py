"""Reading the full value of a masked field, and who has looked at a file (R11)."""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import store
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.actions.disclosures import require_approved
from volunteer_svc.domain.actor import Self
from volunteer_svc.domain.disclosure import Purpose, SecretField, repeated
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.registration import Form
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.identity import people, person_keys
from volunteer_svc.identity.permissions import require, require_volunteer
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store.disclosures import Disclosure
from volunteer_svc.store.trails import TrailRow


class Reveal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which masked fields, and why. `disclosure_id`: for a third party, and only then."""

    fields: Annotated[list[SecretField], Meta(min_length=1, max_length=4)]
    purpose: Purpose
    reason: RequiredReason
    disclosure_id: UUID | None = None


class GuardianContact(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    relation: str
    phone: str


class Revealed(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, in full; null: not asked for, or there is none."""

    volunteer_id: UUID
    document_number: str | None = None
    phone: str | None = None
    address: str | None = None
    guardian: GuardianContact | None = None


class AccessView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looked at the file. `fields`: `file` is the masked page of the volunteer.

    The volunteer himself is not told who the third party was where its letter is secret.
    """

    seq: int
    happened_at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: str | None
    actor_station_id: UUID | None
    channel: str
    action: str
    fields: list[str]
    purpose: str | None
    reason: str | None
    recipient: str | None
    letter_reference: str | None


class AuditView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the audit trail. `hash` (hex) chains it to the one before it."""

    seq: int
    happened_at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_station_id: UUID | None
    channel: str
    address: str | None
    request_id: str | None
    action: str
    subject: str | None
    detail: dict[str, Any]
    hash: str


@reading
async def reveal(call: Call, volunteer_id: UUID, request: Reveal) -> Revealed:
    """The fields in full; leaves an entry in the access log.

    Raises `forbidden`, `not_found`, `reason_required`, `disclosure_needed`.
    """
    volunteer = (await store.volunteers.load([volunteer_id])).get(volunteer_id)
    station_id = volunteer.station_id if volunteer else volunteer_id
    require_volunteer(call.actor, "volunteer.reveal", volunteer_id, station_id)
    person = await store.people.find(volunteer_id)
    if volunteer is None or person is None:
        raise not_found("volunteer")
    if repeated(request.fields):
        raise refuse("item_repeated", "fields")
    if not request.reason.strip():
        raise refuse("reason_required", "reason")
    if (request.purpose == "third_party") != (request.disclosure_id is not None):
        raise refuse("third_party_by_disclosure", "disclosure_id")
    if request.disclosure_id is not None:
        await require_approved(request.disclosure_id, volunteer_id, request.fields, call.now)
    key = await person_keys.ensured(volunteer_id)
    call.notes.looked(
        volunteer_id,
        fields=sorted(request.fields),
        purpose=request.purpose,
        reason_sealed=people.seal_reason(key, request.reason),
        disclosure_id=request.disclosure_id,
    )
    registration_id = volunteer.registrations[-1].id
    guardian = None
    if "guardian" in request.fields:
        sealed = await store.registrations.form_sealed(registration_id)
        guardian = _contact(people.open_form(key, sealed, registration_id))
    plain = people.plain(key, person)
    asked = {name: plain[name] for name in request.fields if name != "guardian"}
    return Revealed(volunteer_id=volunteer_id, guardian=guardian, **asked)


def _contact(form: Form) -> GuardianContact | None:
    given = form.guardian
    if given is None:
        return None
    return GuardianContact(name=given.name, relation=given.relation, phone=given.phone)


@reading
async def accesses(
    call: Call, volunteer_id: UUID, *, after: int, limit: int, newest_first: bool = False
) -> list[AccessView]:
    """Who has looked at this file: for the volunteer himself and for the head of his station.
    Behind the entry `after`, in the order they looked or `newest_first`."""
    station_id = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "access.read", volunteer_id, station_id or volunteer_id)
    if station_id is None:
        raise not_found("volunteer")
    subject = f"volunteer/{volunteer_id}"
    if newest_first:
        rows = await store.trails.latest("access", subject=subject, before=after, limit=limit)
    else:
        rows = await store.trails.listing("access", subject=subject, after=after, limit=limit)
    return await shown(volunteer_id, rows, own=isinstance(call.actor, Self))


async def shown(volunteer_id: UUID, rows: list[TrailRow], *, own: bool) -> list[AccessView]:
    """Entries of one file's accesses as they are told; `own`: to the volunteer himself."""
    actors = {row.entry.actor_id for row in rows if row.entry.actor_id}
    names = await store.accounts.names(actors)
    key = (await person_keys.of([volunteer_id])).get(volunteer_id)
    read = [(row, json.loads(row.entry.detail)) for row in rows]
    letters = {UUID(detail["disclosure_id"]) for _, detail in read if detail.get("disclosure_id")}
    disclosures = await store.disclosures.load(letters)
    return [_access(key, row, detail, names, disclosures, own=own) for row, detail in read]


def _access(
    key: PersonKey | None,
    row: TrailRow,
    detail: dict[str, Any],
    names: dict[UUID, str],
    disclosures: dict[UUID, Disclosure],
    *,
    own: bool,
) -> AccessView:
    entry = row.entry
    letter = detail.get("disclosure_id")
    disclosure = disclosures.get(UUID(letter)) if letter else None
    told = not own or letter is None or (disclosure is not None and not disclosure.secret)
    sealed = detail.get("reason_sealed")
    return AccessView(
        seq=row.seq,
        happened_at=entry.happened_at,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        actor_name=names.get(entry.actor_id) if entry.actor_id else None,
        actor_station_id=entry.actor_station_id,
        channel=entry.channel,
        action=entry.action,
        fields=detail.get("fields", []),
        purpose=detail.get("purpose"),
        reason=people.open_reason(key, sealed) if sealed and told else None,
        recipient=disclosure.recipient if disclosure and told else None,
        letter_reference=disclosure.letter_reference if disclosure and told else None,
    )


@reading
async def audit_entries(
    call: Call, *, subject: str | None, actor_id: UUID | None, after: int, limit: int
) -> list[AuditView]:
    """The audit trail behind `seq` = `after`. Raises `forbidden`."""
    require(call.actor, "audit.read")
    rows = await store.trails.listing(
        "audit", subject=subject, actor_id=actor_id, after=after, limit=limit
    )
    return [audit_view(row) for row in rows]


def audit_view(row: TrailRow) -> AuditView:
    """An entry of the audit trail as it is told."""
    fields = {name: getattr(row.entry, name) for name in row.entry.__struct_fields__}
    del fields["id"]
    detail = json.loads(fields.pop("detail"))
    return AuditView(seq=row.seq, hash=row.hash.hex(), detail=detail, **fields)
