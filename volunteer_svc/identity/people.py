"""A person's form on its way into the store and back: secret fields sealed, hashes keyed."""

import base64
from datetime import date
from typing import cast
from uuid import UUID

import msgspec

from volunteer_svc.domain.document import Document, DocumentKind, Sex, normalise
from volunteer_svc.domain.phone import normalise_phone
from volunteer_svc.domain.registration import Form
from volunteer_svc.i18n import Language
from volunteer_svc.identity.person_keys import PersonKey, is_own
from volunteer_svc.identity.pinyin import pinyin_of
from volunteer_svc.identity.vault import VaultError, vault
from volunteer_svc.store.people import SealedPerson


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody is, nothing masked."""

    name: str
    sex: Sex
    birth_date: date
    document_kind: DocumentKind
    document_number: str


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


def seal_person(key: PersonKey, form: Form, document: Document, language: Language) -> SealedPerson:
    """The key's owner with the data of a checked form, which asks for no language."""
    phone = normalise_phone(form.phone)
    return SealedPerson(
        volunteer_id=key.volunteer_id,
        name=form.name,
        sex=form.sex,
        birth_date=form.birth_date,
        document_kind=form.document_kind,
        document_sealed=key.seal(document.number.encode(), "document"),
        document_hash=document_hash(document),
        phone_sealed=key.seal(phone.encode(), "phone") if phone else None,
        phone_hash=phone_hash(phone) if phone else None,
        address_sealed=key.seal(form.address.encode(), "address") if form.address else None,
        area=form.area,
        skills=form.skills,
        service_category=form.service_category,
        name_pinyin=pinyin_of(form.name),
        language=language,
    )


def with_contact(
    person: SealedPerson, key: PersonKey, *, phone: str | None, address: str | None
) -> SealedPerson:
    """The person with a new (normalised) phone or address; None leaves it as it is."""
    if phone is not None:
        person = msgspec.structs.replace(
            person,
            phone_sealed=key.seal(phone.encode(), "phone"),
            phone_hash=phone_hash(phone),
        )
    if address is not None:
        sealed = key.seal(address.encode(), "address") if address else None
        person = msgspec.structs.replace(person, address_sealed=sealed)
    return person


def seal_form(key: PersonKey, form: Form, form_id: UUID) -> bytes:
    """The whole form as it was filled in, for the member file (R5) or a claim."""
    return key.seal(msgspec.json.encode(form), f"form/{form_id}")


def open_form(key: PersonKey | None, sealed: bytes, form_id: UUID) -> Form:
    """The form again, for staff who work on it."""
    return msgspec.json.decode(_open(key, sealed, f"form/{form_id}", f"form/{form_id}"), type=Form)


def plain(key: PersonKey | None, person: SealedPerson) -> dict[str, str | None]:
    """The sealed fields in full: for `actions.accesses` alone, which keeps who reads them."""
    return {
        "document_number": opened_document(key, person),
        "phone": opened_phone(key, person),
        "address": opened_address(key, person),
    }


def seal_reason(key: PersonKey, reason: str) -> str:
    """Why somebody read in a file: what people write names people, so it is sealed as his own
    fields are, and an erasure needs no change of the log."""
    return base64.b64encode(key.seal(reason.encode(), "access-reason")).decode()


def open_reason(key: PersonKey | None, sealed: str) -> str | None:
    """The reason again; None once its key is destroyed."""
    try:
        return None if key is None else key.open(base64.b64decode(sealed), "access-reason").decode()
    except VaultError:
        return None


def opened_document(key: PersonKey | None, person: SealedPerson) -> str:
    """The whole document number."""
    return _field(key, person, "document", person.document_sealed)


def opened_phone(key: PersonKey | None, person: SealedPerson) -> str | None:
    """The whole telephone number; None: there is none."""
    if person.phone_sealed is None:
        return None
    return _field(key, person, "phone", person.phone_sealed)


def opened_address(key: PersonKey | None, person: SealedPerson) -> str | None:
    if person.address_sealed is None:
        return None
    return _field(key, person, "address", person.address_sealed)


def identity_of(key: PersonKey | None, person: SealedPerson) -> Identity:
    return Identity(
        name=person.name,
        sex=cast("Sex", person.sex),
        birth_date=person.birth_date,
        document_kind=cast("DocumentKind", person.document_kind),
        document_number=opened_document(key, person),
    )


def with_identity(
    person: SealedPerson, key: PersonKey, identity: Identity, document: Document
) -> SealedPerson:
    """The person as corrected; `document` is the identity's, checked."""
    return msgspec.structs.replace(
        person,
        name=identity.name,
        sex=identity.sex,
        birth_date=identity.birth_date,
        document_kind=identity.document_kind,
        document_sealed=key.seal(document.number.encode(), "document"),
        document_hash=document_hash(document),
        name_pinyin=pinyin_of(identity.name),
    )


def seal_trail(key: PersonKey, before: Identity, trail_id: UUID) -> bytes:
    """What an identity was before it was mended or merged."""
    return key.seal(msgspec.json.encode(before), f"trail/{trail_id}")


def open_trail(key: PersonKey, sealed: bytes, trail_id: UUID) -> Identity:
    return msgspec.json.decode(key.open(sealed, f"trail/{trail_id}"), type=Identity)


def resealed(key: PersonKey, person: SealedPerson) -> SealedPerson:
    """The person with everything sealed by his own key, whatever sealed it before."""
    phone, address = opened_phone(key, person), opened_address(key, person)
    return msgspec.structs.replace(
        person,
        document_sealed=key.seal(opened_document(key, person).encode(), "document"),
        phone_sealed=key.seal(phone.encode(), "phone") if phone else None,
        address_sealed=key.seal(address.encode(), "address") if address else None,
    )


def opens(key: PersonKey | None, person: SealedPerson) -> bool:
    """Whether the keys open this person, and find the same hash again."""
    try:
        number = opened_document(key, person)
    except VaultError:
        return False
    return person.document_hash in possible_document_hashes(number)


def masked_document(key: PersonKey | None, person: SealedPerson) -> str:
    """The document number with all but its ends hidden."""
    number = opened_document(key, person)
    return f"{number[:1]}{'*' * (len(number) - 2)}{number[-1:]}"


def masked_phone(key: PersonKey | None, person: SealedPerson) -> str | None:
    """The telephone number with all but its last two digits hidden; None: there is none."""
    number = opened_phone(key, person)
    return number and "*" * (len(number) - 2) + number[-2:]


def masked_name(name: str) -> str:
    """The family name and a star for each further character: 张*, 欧阳** stays 欧***.

    Of an erased person nothing is known.
    """
    return name[:1] + "*" * max(len(name) - 1, 1)


def _field(key: PersonKey | None, person: SealedPerson, field: str, sealed: bytes) -> str:
    return _open(key, sealed, field, f"person/{person.volunteer_id}/{field}").decode()


def _open(key: PersonKey | None, sealed: bytes, field: str, ring_place: str) -> bytes:
    """What the person's key sealed, or the ring before there were such keys (`keys rewrap`)."""
    if not is_own(sealed):
        return vault().open(sealed, ring_place)
    if key is None:
        raise VaultError("the key of this person was destroyed")
    return key.open(sealed, field)
