"""The registration desk: paper forms typed in, materials, photo, print, declining, claims."""

from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import accesses, claims, files, named, registrations
from volunteer_svc.actions.accesses import Reveal, Revealed
from volunteer_svc.actions.registrations import CheckMaterials, Decline, Enrol
from volunteer_svc.api.decoding import BodyError
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.document import Document, DocumentKind, check_document
from volunteer_svc.domain.errors import Fault, Refusal, refuse
from volunteer_svc.domain.registration import ServiceCategory, required_items
from volunteer_svc.domain.volunteer import State
from volunteer_svc.i18n.pages import say
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.stations import own_station, station_choices
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 25
STATES: tuple[State, ...] = ("applied", "registered", "active", "lapsed", "declined", "exited")
PHOTO_REQUEST_MAX = 10_600_000
"""Bytes of a request with a photo of the largest size allowed by default, and its form."""
ITEMS = ("id_document", "residence_permit", "photo")
_GUARDIAN = ("name", "relation", "phone", "consented_on")

link(
    Entry(frame="staff", path="/staff/registrations", word="registrations.nav", icon="person",
          operation="listRegistrations", order=20),
)  # fmt: skip


class Filter(msgspec.Struct, frozen=True):
    state: State | None = None


class _Revision(msgspec.Struct, frozen=True):
    revision: int | None = None


@get("/staff/registrations", **page("listRegistrations"))
async def show_registrations(visit: NamedDependency[Visit]) -> Response[bytes]:
    shown, asked = visit.query(Filter), visit.asked(PAGE_LENGTH)
    rows = await registrations.newest_registrations(
        visit.call, station_id=None, state=shown.state, before=asked.after_id(), limit=asked.fetch
    )
    listed = asked.page(rows, lambda one: one[0].id)
    people = await named.volunteers_named(visit.call, [row.volunteer_id for row, _ in listed.items])
    return visit.page(
        "registrations/list.html", shown=shown, listed=listed, people=people, states=STATES
    )


@get("/staff/registrations/new", **page("enrolVolunteer"))
async def show_new(visit: NamedDependency[Visit]) -> Response[bytes]:
    today = local_date(visit.call.now)
    rules = (await named.policy_on(today)).version
    form = Form.showing(
        station_id=own_station(visit),
        **{"form.applied_on": today, "form.rules_version": rules, "form.document_kind": "id_card",
           "form.household_local": "true"},
    )  # fmt: skip
    return await _new(visit, form)


@post("/staff/registrations/new", **page("enrolVolunteer"))
async def enrol(visit: NamedDependency[Visit]) -> Response[bytes]:
    form = _read_off(visit.form)
    try:
        request = _enrol(visit, form)
        made = await registrations.enrol_volunteer.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        return await _new(visit, form, refusal)
    return visit.done(f"/staff/registrations/{made.registration_id}", f"registrations.{made.state}")


@get("/staff/registrations/{registration_id:uuid}", **page("readRegistration"))
async def show_registration(
    visit: NamedDependency[Visit], registration_id: FromPath[UUID]
) -> Response[bytes]:
    return await _one(visit, registration_id)


@post("/staff/registrations/{registration_id:uuid}/materials", **page("checkMaterials"))
async def tick(visit: NamedDependency[Visit], registration_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(CheckMaterials)
        revision = visit.form.into(_Revision).revision
        view = await registrations.check_materials(visit.call, registration_id, request, revision)
    except Refusal as refusal:
        return await _one(visit, registration_id, refusal, at="materials")
    said = "registrations.ticked" if view.missing else "registrations.registered"
    return visit.done(f"/staff/registrations/{registration_id}", said)


@post("/staff/registrations/{registration_id:uuid}/decline", **page("declineRegistration"))
async def decline(
    visit: NamedDependency[Visit], registration_id: FromPath[UUID]
) -> Response[bytes]:
    try:
        request = visit.form.into(Decline)
        revision = visit.form.into(_Revision).revision
        await registrations.decline(visit.call, registration_id, request, revision)
    except Refusal as refusal:
        return await _one(visit, registration_id, refusal, at="decline")
    return visit.done(f"/staff/registrations/{registration_id}", "registrations.declined")


@post(
    "/staff/registrations/{registration_id:uuid}/photo",
    request_max_body_size=PHOTO_REQUEST_MAX,
    **page("uploadFile"),
)
async def take_photo(
    visit: NamedDependency[Visit], registration_id: FromPath[UUID]
) -> Response[bytes]:
    """The photo from the camera; of an open application it is ticked with it."""
    view = await registrations.read_registration(visit.call, registration_id)
    try:
        photo = visit.form.files.get("photo")
        if photo is None:
            raise refuse("nothing_chosen", "photo")
        await files.upload(
            visit.call, view.registration.volunteer_id, "photo", await photo.read(),
            copies=visit.config.document_copies,
        )  # fmt: skip
    except Refusal as refusal:
        at_field = [msgspec.structs.replace(one, field="photo") for one in refusal.faults]
        told = Refusal(*at_field, kind=refusal.kind)
        return await _one(visit, registration_id, told, at="photo")
    return visit.done(f"/staff/registrations/{registration_id}", "registrations.photo_kept")


@get(
    ["/staff/registrations/{registration_id:uuid}/materials",
     "/staff/registrations/{registration_id:uuid}/decline",
     "/staff/registrations/{registration_id:uuid}/photo"],
    **page("readRegistration"),
)  # fmt: skip
async def show_again(
    visit: NamedDependency[Visit], registration_id: FromPath[UUID]
) -> Response[bytes]:
    """Who reloads a refused form sees the registration."""
    return visit.done(f"/staff/registrations/{registration_id}")


@get("/staff/registrations/{registration_id:uuid}/print", **page("readRegistration"))
async def show_paper(
    visit: NamedDependency[Visit], registration_id: FromPath[UUID]
) -> Response[bytes]:
    """The form to sign, with what is secret masked."""
    return await _paper(visit, registration_id, None)


@post("/staff/registrations/{registration_id:uuid}/print", **page("revealVolunteer"))
async def show_full_paper(
    visit: NamedDependency[Visit], registration_id: FromPath[UUID]
) -> Response[bytes]:
    """With the full particulars: a look that the volunteer can read of."""
    view = await registrations.read_registration(visit.call, registration_id)
    revealed = await accesses.reveal(
        visit.call,
        view.registration.volunteer_id,
        Reveal(
            fields=["document_number", "phone", "address", "guardian"],
            purpose="identity_check",
            reason=say("registrations.print_reason", visit.language),
        ),
    )
    return await _paper(visit, registration_id, revealed)


@get("/staff/claims", **page("listClaims"))
async def show_claims(visit: NamedDependency[Visit]) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await claims.open_claims(visit.call, after=asked.after_id(), limit=asked.fetch)
    return visit.page("registrations/claims.html", listed=asked.page(rows, lambda one: one.id))


class _Claim(msgspec.Struct, frozen=True):
    claim_id: UUID


@post("/staff/claims", **page("resolveClaim"))
async def resolve_claim(visit: NamedDependency[Visit]) -> Response[bytes]:
    claim_id = visit.form.into(_Claim).claim_id
    await claims.resolve_claim.once(visit.once(), visit.call, claim_id)
    return visit.done("/staff/claims", "registrations.claim_resolved")


def _at_home(visit: Visit) -> dict[str, UUID]:
    own = own_station(visit)
    return {"station_id": own} if own is not None else {}


def _read_off(form: Form) -> Form:
    """What the clerk need not type: birth date and sex stand in the number, a guardian consents
    to the text of the same rules."""
    values = dict(form.values)
    document = _document(form)
    if isinstance(document, Document):
        known = {"form.birth_date": document.birth_date, "form.sex": document.sex}
        values |= {k: [str(v)] for k, v in known.items() if v and not form.value(k)}
    if any(form.value(f"form.guardian.{one}").strip() for one in _GUARDIAN):
        values["form.guardian.text_version"] = [form.value("form.rules_version")]
    return Form(values, form.files)


def _document(form: Form) -> Document | Fault | None:
    """The document as far as it is typed in."""
    number = form.value("form.document_number").strip()
    try:
        kind = msgspec.convert(form.value("form.document_kind"), DocumentKind)
    except msgspec.ValidationError:
        return None
    return check_document(kind, number) if number else None


def _enrol(visit: Visit, form: Form) -> Enrol:
    """Raises what is wrong: of a number first that, for birth date and sex follow from it."""
    document = _document(form)
    if isinstance(document, Fault) and not form.value("form.birth_date"):
        raise Refusal(msgspec.structs.replace(document, field="form.document_number"))
    request = form.into(Enrol, **_at_home(visit))
    ticks = [one for one in request.materials if one.original_seen or one.copy_received]
    return msgspec.structs.replace(request, materials=ticks)


async def _new(
    visit: Visit, form: Form, refusal: Refusal | BodyError | None = None
) -> Response[bytes]:
    context: dict[str, Any] = {
        "stations": await station_choices(visit),
        "items": ITEMS,
        "kinds": get_args(DocumentKind),
        "categories": get_args(ServiceCategory),
    }
    if refusal is not None:
        return visit.again("registrations/new.html", refusal, form=form, **context)
    return visit.page("registrations/new.html", form=form, **context)


async def _one(
    visit: Visit, registration_id: UUID, refusal: Refusal | None = None, *, at: str | None = None
) -> Response[bytes]:
    view = await registrations.read_registration(visit.call, registration_id)
    volunteer_id = view.registration.volunteer_id
    context: dict[str, Any] = {
        "view": view,
        "at": at,
        "person": (await named.volunteers_named(visit.call, [volunteer_id])).get(volunteer_id),
        "ticked": {one.item: one for one in view.materials},
        "items": required_items(household_local=view.registration.household_local),
        "has_photo": "photo" in await files.kept(visit.call, volunteer_id),
        "stations": await named.stations_named(),
    }
    if refusal is not None:
        return visit.again("registrations/one.html", refusal, **context)
    return visit.page("registrations/one.html", **context)


async def _paper(visit: Visit, registration_id: UUID, revealed: Revealed | None) -> Response[bytes]:
    view = await registrations.read_registration(visit.call, registration_id)
    volunteer_id = view.registration.volunteer_id
    return visit.page(
        "registrations/paper.html",
        view=view,
        person=(await named.volunteers_named(visit.call, [volunteer_id])).get(volunteer_id),
        revealed=revealed,
        has_photo="photo" in await files.kept(visit.call, volunteer_id),
        stations=await named.stations_named(),
        items=required_items(household_local=view.registration.household_local),
        ticked={one.item: one for one in view.materials},
    )


router = Router(
    "/",
    route_handlers=[
        show_registrations, show_new, enrol, show_registration, tick, decline, take_photo,
        show_again, show_paper, show_full_paper, show_claims, resolve_claim,
    ],
)  # fmt: skip
