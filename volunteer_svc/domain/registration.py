"""Registering: form, guardian, materials, induction window (R1–R3, R18)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc.domain.calendar import add_months, has_reached
from volunteer_svc.domain.document import Document, DocumentKind, Sex, check_document
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.phone import normalise_phone
from volunteer_svc.domain.policy import Policy
from volunteer_svc.domain.text import Line, Name, Short
from volunteer_svc.domain.volunteer import Registration

Item = Literal["id_document", "residence_permit", "photo"]
ServiceCategory = Literal[
    "social_assistance", "child_welfare", "elder_care", "community_governance", "social_affairs"
]


class Guardian(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A guardian's consent: who, in what relation, reachable where, given when, to which text."""

    name: Name
    relation: Name
    phone: Name
    consented_on: date
    text_version: Name


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """《会员登记表》 as filled in. `applied_on` is the day of application.

    No telephone is no hindrance: many elderly volunteers have none.
    """

    name: Name
    sex: Sex
    birth_date: date
    document_kind: DocumentKind
    document_number: Name
    phone: Annotated[str, Meta(max_length=64)] = ""
    household_local: bool
    applied_on: date
    rules_version: Name
    area: Short = ""
    address: Line = ""
    skills: Line = ""
    service_category: ServiceCategory | None = None
    guardian: Guardian | None = None


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed in of one item: the original seen by whom and when, the copy received."""

    item: Item
    original_seen_by: UUID | None = None
    original_seen_at: datetime | None = None
    copy_received_at: datetime | None = None


def check_form(form: Form, policy: Policy) -> tuple[Document | None, list[Fault]]:
    """The checked document and everything that is wrong with the form, most telling first.

    Age and the guardian's duty are judged on the day of application (R1, R18).
    """
    faults: list[Fault] = []
    document = check_document(form.document_kind, form.document_number)
    if isinstance(document, Fault):
        faults.append(document)
    else:
        if document.birth_date not in (None, form.birth_date):
            faults.append(Fault("birth_date_differs", "birth_date"))
        if document.sex not in (None, form.sex):
            faults.append(Fault("sex_differs", "sex"))
    if form.guardian is not None and normalise_phone(form.guardian.phone) is None:
        faults.append(Fault("phone_invalid", "guardian.phone"))
    if form.guardian is not None and form.guardian.consented_on > form.applied_on:
        faults.append(Fault("consent_after_application", "guardian.consented_on"))
    if form.phone and normalise_phone(form.phone) is None:
        faults.append(Fault("phone_invalid", "phone"))
    if form.birth_date > form.applied_on:
        faults.append(Fault("birth_date_in_future", "birth_date"))
    elif not has_reached(form.birth_date, policy.min_age, form.applied_on):
        faults.append(Fault("under_minimum_age", "birth_date", {"min_age": policy.min_age}))
    elif form.guardian is None and not has_reached(
        form.birth_date, policy.guardian_until, form.applied_on
    ):
        faults.append(
            Fault("guardian_consent_required", "guardian", {"age": policy.guardian_until})
        )
    return (None if isinstance(document, Fault) else document), faults


def required_items(*, household_local: bool) -> tuple[Item, ...]:
    """R2: the ID document always, the residence permit unless the household is local, a photo."""
    return (
        ("id_document", "photo")
        if household_local
        else ("id_document", "residence_permit", "photo")
    )


def missing_items(materials: list[Material], *, household_local: bool) -> list[Item]:
    """Required items not complete: original and copy of a document, the photo itself."""
    complete = {
        material.item
        for material in materials
        if material.copy_received_at is not None
        and (material.item == "photo" or material.original_seen_at is not None)
    }
    return [i for i in required_items(household_local=household_local) if i not in complete]


def registered(registration: Registration, on: date, policy: Policy) -> Registration:
    """Materials complete on `on` (R2): the induction window opens (R3, 民法典 202).

    An induction attended since the application makes the person active at once.
    """
    due_on = add_months(on, policy.induction_window_months)
    opened = msgspec.structs.replace(registration, registered_on=on, induction_due_on=due_on)
    if opened.attended_on is None:
        return opened
    return attended(opened, opened.attended_on) or opened


def attendance_fault(registration: Registration, held_on: date) -> Fault | None:
    """Why attending a session of `held_on` does not count for this registration, if so."""
    if registration.declined_on is not None or registration.ended_on is not None:
        return Fault("registration_not_open")
    attended_on = registration.attended_on
    if registration.inducted_on is not None and attended_on is not None and held_on >= attended_on:
        return Fault("already_inducted")
    if held_on < registration.applied_on:
        return Fault("induction_before_application", "held_on")
    if registration.induction_due_on is not None and held_on > registration.induction_due_on:
        due_on = registration.induction_due_on.isoformat()
        return Fault("induction_window_over", "held_on", {"due_on": due_on})
    return None


def revocation_fault(registration: Registration, held_on: date, *, counted: bool) -> Fault | None:
    """Why an attendance of `held_on` on its list cannot be taken back, if so: it is not the one
    that made the registration active, or will."""
    if not counted or registration.attended_on != held_on:
        return Fault("induction_not_deciding")
    return None


def without_induction(registration: Registration, left: Iterable[date]) -> Registration:
    """The registration after its deciding attendance is taken back. `left`: the days of the others
    that it attended; the first of them that counts decides instead, if there is one."""
    bare = msgspec.structs.replace(registration, attended_on=None, inducted_on=None)
    counting = (attended(bare, held_on) for held_on in sorted(left))
    return next((one for one in counting if one is not None), bare)


def sign_up_fault(registration: Registration, held_on: date, today: date) -> Fault | None:
    """Why somebody cannot say that he will come to a session, if so: it is over, or would not
    count. Its very day is in time."""
    if held_on < today:
        return Fault("induction_over", "held_on")
    if registration.attended_on is not None:
        return Fault("already_inducted")
    return attendance_fault(registration, held_on)


def attended(registration: Registration, held_on: date) -> Registration | None:
    """The registration after attending a session; None when the attendance does not count.

    Active from the later of attendance and `registered_on`; while the materials are incomplete
    the attendance is kept and counts once they are complete.
    """
    if attendance_fault(registration, held_on) is not None:
        return None
    first = min(held_on, registration.attended_on or held_on)
    inducted_on = (
        None if registration.registered_on is None else max(first, registration.registered_on)
    )
    return msgspec.structs.replace(registration, attended_on=first, inducted_on=inducted_on)
