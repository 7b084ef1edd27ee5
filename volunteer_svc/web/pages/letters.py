"""At the desk: a third party's letter about a file, where it stands, and reading by it."""

from typing import Any, get_args
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import accesses, disclosures, named, volunteers
from volunteer_svc.actions.accesses import Reveal, Revealed
from volunteer_svc.actions.disclosures import AskDisclosure, DisclosureView
from volunteer_svc.domain.disclosure import VALID_DAYS, SecretField, usable_until
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.forms import Form
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 20
_PATH = "/staff/volunteers/{volunteer_id:uuid}/letters"


@get(_PATH, **page("askDisclosure"))
async def show(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await disclosures.disclosures_of(
        visit.call, volunteer_id, before=asked.after_id(), limit=asked.fetch
    )
    listed = asked.page(rows, lambda one: one.id)
    context = await _about(visit, volunteer_id, listed.items)
    return visit.page("letters/list.html", listed=listed, days=VALID_DAYS, **context)


@get(f"{_PATH}/new", **page("askDisclosure"))
async def show_new(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    return await _new(visit, volunteer_id)


@post(f"{_PATH}/new", **page("askDisclosure"))
async def file(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(AskDisclosure)
        await disclosures.ask_disclosure.once(visit.once(), visit.call, volunteer_id, request)
    except Refusal as refusal:
        return await _new(visit, volunteer_id, refusal)
    return visit.done(f"/staff/volunteers/{volunteer_id}/letters", "letters.filed")


@get(f"{_PATH}/{{disclosure_id:uuid}}", **page("askDisclosure"))
async def show_one(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID], disclosure_id: FromPath[UUID]
) -> Response[bytes]:
    letter = await disclosures.read_disclosure(visit.call, volunteer_id, disclosure_id)
    return await _letter(visit, letter)


@post(f"{_PATH}/{{disclosure_id:uuid}}", **page("revealVolunteer"))
async def read(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID], disclosure_id: FromPath[UUID]
) -> Response[bytes]:
    """What the letter may read, shown once, on this answer only."""
    letter = await disclosures.read_disclosure(visit.call, volunteer_id, disclosure_id)
    try:
        request = visit.form.into(Reveal, purpose="third_party", disclosure_id=disclosure_id)
        revealed = await accesses.reveal(visit.call, volunteer_id, request)
    except Refusal as refusal:
        return await _letter(visit, letter, refusal=refusal)
    return await _letter(visit, letter, revealed=revealed)


async def _new(visit: Visit, volunteer_id: UUID, refusal: Refusal | None = None) -> Response[bytes]:
    context = await _about(visit, volunteer_id, []) | {"secrets": get_args(SecretField)}
    if refusal is not None:
        return visit.again("letters/new.html", refusal, **context)
    return visit.page("letters/new.html", **context)


async def _letter(
    visit: Visit,
    letter: DisclosureView,
    *,
    refusal: Refusal | None = None,
    revealed: Revealed | None = None,
) -> Response[bytes]:
    context = await _about(visit, letter.volunteer_id, [letter])
    context |= {"letter": letter, "revealed": revealed}
    if refusal is not None:
        return visit.again("letters/letter.html", refusal, **context)
    form = Form.showing(fields=letter.fields, reason=letter.reason)
    return visit.page("letters/letter.html", form=form, **context)


async def _about(visit: Visit, volunteer_id: UUID, letters: list[DisclosureView]) -> dict[str, Any]:
    """Whose file it is, who filed and approved, and what may be read now."""
    asked = {one.requested_by for one in letters}
    signed = {who for one in letters for who in (one.approved_by, one.on_behalf_of)}
    until = {one.id: usable_until(one.approved_at) for one in letters if one.approved_at}
    return {
        "person": await volunteers.read_volunteer(visit.call, volunteer_id),
        "staff": await named.staff_named(visit.call, asked | signed),
        "until": until,
        "open": {one for one, last in until.items() if visit.call.now <= last},
    }


router = Router("/", route_handlers=[show, show_new, file, show_one, read])
