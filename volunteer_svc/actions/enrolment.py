"""Opening registrations inside a running command, one or many: shared by desk, web and import."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.document import Document
from volunteer_svc.domain.events import (
    InductionCompleted,
    RegistrationLapsed,
    VolunteerApplied,
    VolunteerRegistered,
)
from volunteer_svc.domain.policy import Policies
from volunteer_svc.domain.registration import (
    Form,
    Material,
    attended,
    missing_items,
    registered,
)
from volunteer_svc.domain.volunteer import Registration, Volunteer, expires_on
from volunteer_svc.i18n import DEFAULT, Language
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.people import seal_form, seal_person
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store.registrations import NewRegistration

Channel = Literal["self", "staff", "import"]


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """A checked form on its way in. `volunteer`: who it is already, for a new registration.

    `materials_on`: the day on which the materials given are ticked. `attended_on`: the day of
    an induction session attended, if any. `receipt`: given already, on the open form.
    `language`: what somebody new is written to in.
    """

    form: Form
    document: Document
    station_id: UUID
    channel: Channel
    volunteer: Volunteer | None = None
    materials: Sequence[Material] = ()
    materials_on: date | None = None
    attended_on: date | None = None
    receipt: str | None = None
    language: Language = DEFAULT


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """What an application led to."""

    volunteer: Volunteer
    registration: Registration
    receipt: str


def open_registration(
    application: Application, policies: Policies, now: datetime
) -> tuple[Volunteer, Registration]:
    """The volunteer with the registration the application opens; pure, writes nothing.

    The periods are those of the policy in force on the day of application.
    """
    form = application.form
    policy = policies.on(form.applied_on)
    registration = Registration(
        id=ids.uuid7(),
        station_id=application.station_id,
        applied_on=form.applied_on,
        expires_on=expires_on(local_date(now), policy.application_expires_days),
    )
    if application.attended_on is not None:
        registration = attended(registration, application.attended_on) or registration
    complete = not missing_items(list(application.materials), household_local=form.household_local)
    if complete and application.materials_on is not None:
        registration = registered(registration, application.materials_on, policy)
    known = application.volunteer or Volunteer(
        id=ids.uuid7(),
        station_id=application.station_id,
        rated_under=policies.on(local_date(now)).version,
    )
    # Whoever fills in the open form moves nobody: the home station waits for the materials.
    moved = registration.registered_on is not None or application.channel != "self"
    return msgspec.structs.replace(
        known,
        station_id=application.station_id if moved else known.station_id,
        registrations=(*known.registrations, registration),
        revision=known.revision + 1,
    ), registration


async def enrol(
    call: Call, journal: Journal, applications: Sequence[Application], policies: Policies
) -> list[Enrolled]:
    """Write registrations with their people, materials and events; numbers new members.

    The caller has locked the volunteers that exist and made sure that no other does.
    """
    staff_id = call.actor.id if isinstance(call.actor, Staff) else None
    opened = [open_registration(application, policies, call.now) for application in applications]
    due = [v for v, registration in opened if registration.registered_on and not v.member_no]
    numbers = dict(
        zip((v.id for v in due), await store.volunteers.next_member_numbers(len(due)), strict=True)
    )
    rows, people, keys, materials, enrolled = [], [], [], [], []
    for application, (volunteer, registration) in zip(applications, opened, strict=True):
        numbered = msgspec.structs.replace(
            volunteer, member_no=numbers.get(volunteer.id, volunteer.member_no)
        )
        if application.volunteer is None:
            journal.add(numbered)
            key = PersonKey.fresh(volunteer.id)
            keys.append(key.row)
            people.append(
                seal_person(key, application.form, application.document, application.language)
            )
        else:
            journal.change(numbered)
            key = await person_keys.ensured(volunteer.id)
            if application.channel != "self":  # the person stood at the desk with the form
                language = await store.people.language(volunteer.id)
                await store.people.update(
                    seal_person(key, application.form, application.document, language)
                )
        note_registration(journal, volunteer.id, registration, applied=True)
        row = NewRegistration(
            registration=registration,
            volunteer_id=volunteer.id,
            number=len(volunteer.registrations),
            channel=application.channel,
            receipt=application.receipt or ids.receipt(),
            form_sealed=seal_form(key, application.form, registration.id),
            rules_version=application.form.rules_version,
            household_local=application.form.household_local,
            entered_by=staff_id,
            received_at=call.now,
        )
        rows.append(row)
        materials += [(ids.uuid7(), registration.id, m) for m in application.materials]
        enrolled.append((volunteer.id, registration, row.receipt))
    await journal.write_new()
    await store.person_keys.insert(keys)
    await store.people.insert(people)
    if staff_id is not None:
        await store.accounts.note_phone_setter([volunteer.id for volunteer, _ in opened], staff_id)
    await store.registrations.insert(rows)
    await store.registrations.save_materials(materials)
    return [
        Enrolled(volunteer=journal.volunteers[owner], registration=registration, receipt=receipt)
        for owner, registration, receipt in enrolled
    ]


def note_registration(
    journal: Journal, volunteer_id: UUID, registration: Registration, *, applied: bool = False
) -> None:
    """Raise the events of a registration that was just made, completed or activated."""
    station_id = registration.station_id
    if applied:
        journal.note(
            volunteer_id,
            VolunteerApplied(
                volunteer_id=volunteer_id,
                station_id=station_id,
                registration_id=registration.id,
                applied_on=registration.applied_on,
            ),
            station_id=station_id,
        )
    if registration.registered_on is None or registration.induction_due_on is None:
        return
    journal.note(
        volunteer_id,
        VolunteerRegistered(
            volunteer_id=volunteer_id,
            member_no=journal.volunteers[volunteer_id].member_no or "",
            station_id=station_id,
            registration_id=registration.id,
            registered_on=registration.registered_on,
            induction_due_on=registration.induction_due_on,
        ),
        station_id=station_id,
    )
    if registration.inducted_on is not None:
        note_induction(journal, volunteer_id, registration)


def note_lapse(journal: Journal, volunteer_id: UUID, registration: Registration) -> None:
    """Raise `registration.lapsed`: of the day behind the window, whenever it is told (R3)."""
    if registration.induction_due_on is None:
        raise AssertionError("only a registration with a window lapses")
    event = RegistrationLapsed(
        volunteer_id=volunteer_id,
        registration_id=registration.id,
        lapsed_on=registration.induction_due_on + timedelta(days=1),
    )
    journal.note(volunteer_id, event, station_id=registration.station_id)


def note_induction(journal: Journal, volunteer_id: UUID, registration: Registration) -> None:
    """Raise `induction.completed`: the person is active."""
    if registration.inducted_on is None:
        raise AssertionError("only an inducted registration is announced")
    journal.note(
        volunteer_id,
        InductionCompleted(
            volunteer_id=volunteer_id,
            registration_id=registration.id,
            station_id=registration.station_id,
            inducted_on=registration.inducted_on,
        ),
        station_id=registration.station_id,
    )
