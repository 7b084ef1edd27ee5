"""A person's form on its way into the store and back: secret fields sealed, hashes keyed."""

import base64
from uuid import UUID

import msgspec

from volunteer_svc.domain.document import Document, normalise
from volunteer_svc.domain.phone import normalise_phone
from volunteer_svc.domain.registration import Form
from volunteer_svc.identity.vault import VaultError, vault
from volunteer_svc.store.people import SealedPerson


def document_hash(document: Document) -> bytes:
    """What is unique about a person's document, keyed."""
    return vault().keyed_hash("document", document.identity)


def possible_document_hashes(number: str) -> list[bytes]:
    """The hashes a whole number may be stored under, whatever kind of document it is of."""
    number = normalise(number)
    kinds = ("gb11643", "passport", "foreign_permanent_residence")
    return [vault().keyed_hash("document", f"{kind}:{number}") for kind in kinds]


def phone_hash(phone: str) -> bytes:
    """What a (normalised) telephone is found by, keyed; a family may share it."""
    return vault().keyed_hash("phone", phone)


def seal_person(volunteer_id: UUID, form: Form, document: Document) -> SealedPerson:
    """The person of a checked form."""
    phone = normalise_phone(form.phone)
    return SealedPerson(
        volunteer_id=volunteer_id,
        name=form.name,
        sex=form.sex,
        birth_date=form.birth_date,
        document_kind=form.document_kind,
        document_sealed=_seal(document.number, volunteer_id, "document"),
        document_hash=document_hash(document),
        phone_sealed=_seal(phone, volunteer_id, "phone") if phone else None,
        phone_hash=phone_hash(phone) if phone else None,
        address_sealed=_seal(form.address, volunteer_id, "address") if form.address else None,
        area=form.area,
        skills=form.skills,
        service_category=form.service_category,
    )


def with_contact(person: SealedPerson, *, phone: str | None, address: str | None) -> SealedPerson:
    """The person with a new (normalised) phone or address; None leaves it as it is."""
    owner = person.volunteer_id
    if phone is not None:
        person = msgspec.structs.replace(
            person,
            phone_sealed=_seal(phone, owner, "phone"),
            phone_hash=phone_hash(phone),
        )
    if address is not None:
        sealed = _seal(address, owner, "address") if address else None
        person = msgspec.structs.replace(person, address_sealed=sealed)
    return person


def seal_form(form: Form, registration_id: UUID) -> bytes:
    """The whole form as it was filled in, for the member file (R5)."""
    return vault().seal(msgspec.json.encode(form), f"form/{registration_id}")


def open_form(sealed: bytes, registration_id: UUID) -> Form:
    """The form again, for staff who work on it."""
    return msgspec.json.decode(vault().open(sealed, f"form/{registration_id}"), type=Form)


def plain(person: SealedPerson) -> dict[str, str | None]:
    """The sealed fields in full: for `actions.accesses` alone, which keeps who reads them."""
    owner = person.volunteer_id
    return {
        "document_number": _open(person.document_sealed, owner, "document"),
        "phone": _open(person.phone_sealed, owner, "phone") if person.phone_sealed else None,
        "address": _open(person.address_sealed, owner, "address")
        if person.address_sealed
        else None,
    }


def seal_reason(reason: str, volunteer_id: UUID) -> str:
    """Why somebody read in a file: what people write names people, so it is sealed as his own
    fields are, and an erasure needs no change of the log."""
    return base64.b64encode(_seal(reason, volunteer_id, "access-reason")).decode()


def open_reason(sealed: str, volunteer_id: UUID) -> str | None:
    """The reason again; None once its key is destroyed."""
    try:
        return _open(base64.b64decode(sealed), volunteer_id, "access-reason")
    except VaultError:
        return None


def opens(person: SealedPerson) -> bool:
    """Whether the key ring opens this person, and finds the same hash again."""
    try:
        number = _open(person.document_sealed, person.volunteer_id, "document")
    except VaultError:
        return False
    return person.document_hash in possible_document_hashes(number)


def masked_document(person: SealedPerson) -> str:
    """The document number with all but its ends hidden."""
    number = _open(person.document_sealed, person.volunteer_id, "document")
    return f"{number[:1]}{'*' * (len(number) - 2)}{number[-1:]}"


def masked_phone(person: SealedPerson) -> str | None:
    """The telephone number with all but its last two digits hidden; None: there is none."""
    number = phone_of(person)
    return "*" * (len(number) - 2) + number[-2:] if number else None


def phone_of(person: SealedPerson) -> str | None:
    """The telephone number itself, to send a code to; None: there is none."""
    if person.phone_sealed is None:
        return None
    return _open(person.phone_sealed, person.volunteer_id, "phone")


def masked_name(name: str) -> str:
    """The family name and a star for each further character: 张*, 欧阳** stays 欧***."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def _seal(plain: str, owner: UUID, field: str) -> bytes:
    return vault().seal(plain.encode(), f"person/{owner}/{field}")


def _open(sealed: bytes, owner: UUID, field: str) -> str:
    return vault().open(sealed, f"person/{owner}/{field}").decode()
