"""Volunteers: found, their file with what is masked, their story, ledger and records."""

from datetime import date
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import (
    accesses,
    corrections,
    files,
    named,
    self_reports,
    service_records,
    sessions,
    volunteers,
)
from volunteer_svc.actions.accesses import Reveal, Revealed
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.volunteers import Search, WithReason
from volunteer_svc.api.decoding import BodyError
from volunteer_svc.domain.disclosure import Purpose, SecretField
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.service_record import RecordState
from volunteer_svc.domain.story import Happened
from volunteer_svc.domain.text import Name
from volunteer_svc.domain.volunteer import State
from volunteer_svc.i18n import Language, term
from volunteer_svc.i18n.dates import day
from volunteer_svc.store.files import File
from volunteer_svc.store.stations import Station
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.stations import station_choices
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 25
STATES: tuple[State, ...] = ("active", "registered", "applied", "suspended", "lapsed", "exited")
DOCUMENT_DIGITS = 10
"""What has so many digits is the number of a document and never stands in an address."""
_PICTURE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PURPOSES = tuple(one for one in get_args(Purpose) if one != "third_party")

link(
    Entry(frame="staff", path="/staff/volunteers", word="volunteers.nav", icon="people",
          operation="searchVolunteers", order=40),
)  # fmt: skip


class Filter(msgspec.Struct, frozen=True):
    name: Name | None = None
    state: State | None = None
    star: int | None = None
    station_id: UUID | None = None


class RecordFilter(msgspec.Struct, frozen=True):
    state: RecordState | None = None


class _Sought(msgspec.Struct, frozen=True):
    q: Name


@get("/staff/volunteers", **page("searchVolunteers"))
async def show_volunteers(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _list(visit, Form.showing(q=visit.query(Filter).name))


@post("/staff/volunteers", **page("searchVolunteers"))
async def find(visit: NamedDependency[Visit]) -> Response[bytes]:
    """By number straight to the file; by name to the list, which may be passed on."""
    try:
        sought = visit.form.into(_Sought).q
        number = sum(letter.isdigit() for letter in sought)
        if number < DOCUMENT_DIGITS and normalise_member_number(sought) is None:
            return visit.done(visit.link(name=sought, cursor=None))
        search = (
            Search(document_number=sought)
            if number >= DOCUMENT_DIGITS
            else Search(member_no=sought)
        )
        found = await volunteers.find_volunteers(visit.call, search, after=None, limit=1)
        if not found:
            raise refuse("volunteer_unknown", "q")
    except Refusal as refusal:
        return await _list(visit, visit.form, refusal)
    return visit.done(f"/staff/volunteers/{found[0].id}")


@get("/staff/volunteers/{volunteer_id:uuid}", **page("readVolunteer"))
async def show_file(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    return await _file(visit, volunteer_id)


@post("/staff/volunteers/{volunteer_id:uuid}/reveal", **page("revealVolunteer"))
async def reveal(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    """Shown once, on this answer only; the volunteer can read who looked and why."""
    try:
        revealed = await accesses.reveal(visit.call, volunteer_id, visit.form.into(Reveal))
    except Refusal as refusal:
        return await _file(visit, volunteer_id, refusal=refusal, at="reveal")
    return await _file(visit, volunteer_id, revealed=revealed)


@post("/staff/volunteers/{volunteer_id:uuid}/suspend", **page("suspendVolunteer"))
async def suspend(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        reason = visit.form.into(WithReason)
        await volunteers.suspend.once(visit.once(), visit.call, volunteer_id, reason, None)
    except Refusal as refusal:
        return await _file(visit, volunteer_id, refusal=refusal, at="suspend")
    return visit.done(f"/staff/volunteers/{volunteer_id}", "volunteers.suspended")


@post("/staff/volunteers/{volunteer_id:uuid}/reinstate", **page("reinstateVolunteer"))
async def reinstate(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        await volunteers.reinstate.once(visit.once(), visit.call, volunteer_id, None)
    except Refusal as refusal:
        return await _file(visit, volunteer_id, refusal=refusal, at="reinstate")
    return visit.done(f"/staff/volunteers/{volunteer_id}", "volunteers.reinstated")


@post("/staff/volunteers/{volunteer_id:uuid}/exit", **page("exitVolunteer"))
async def leave(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        reason = visit.form.into(WithReason)
        await volunteers.exit_volunteer.once(visit.once(), visit.call, volunteer_id, reason, None)
    except Refusal as refusal:
        return await _file(visit, volunteer_id, refusal=refusal, at="exit")
    return visit.done(f"/staff/volunteers/{volunteer_id}", "volunteers.left")


@post("/staff/volunteers/{volunteer_id:uuid}/slip", **page("giveSlip"))
async def give_slip(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    """The slip is shown this once, to be printed and handed over."""
    slip = await sessions.give_slip.once(visit.once(), visit.call, volunteer_id)
    view = await volunteers.read_volunteer(visit.call, volunteer_id)
    return visit.page("volunteers/slip.html", slip=slip, person=view)


@get(
    [f"/staff/volunteers/{{volunteer_id:uuid}}/{form}"
     for form in ("reveal", "suspend", "reinstate", "exit", "slip")],
    **page("readVolunteer"),
)  # fmt: skip
async def show_again(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    """Who reloads a refused form, or what was shown once, sees the file."""
    return visit.done(f"/staff/volunteers/{volunteer_id}")


@get("/staff/volunteers/{volunteer_id:uuid}/photo", **page("downloadFile"))
async def show_photo(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    content = await files.download(visit.call, volunteer_id, "photo")
    return Response(content, media_type="image/jpeg", headers=_PICTURE)


@get("/staff/volunteers/{volunteer_id:uuid}/ledger", **page("readLedger"))
async def show_ledger(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    view = await volunteers.read_volunteer(visit.call, volunteer_id)
    rows = await volunteers.read_ledger(
        visit.call, volunteer_id, after=asked.after_number(), limit=asked.fetch
    )
    return visit.page(
        "volunteers/ledger.html", person=view, listed=asked.page(rows, lambda one: one.seq)
    )


@get("/staff/volunteers/{volunteer_id:uuid}/records", **page("listRecordsOfVolunteer"))
async def show_records(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    shown, asked = visit.query(RecordFilter), visit.asked(PAGE_LENGTH)
    view = await volunteers.read_volunteer(visit.call, volunteer_id)
    rows = await service_records.records_of(
        visit.call, volunteer_id, state=shown.state, after=asked.after_id(), limit=asked.fetch
    )
    listed = asked.page(rows, lambda one: one.id)
    return visit.page("volunteers/records.html", person=view, shown=shown, listed=listed)


@get("/staff/records/{record_id:uuid}", **page("readRecord"))
async def show_record(visit: NamedDependency[Visit], record_id: FromPath[UUID]) -> Response[bytes]:
    return await _record(visit, record_id)


@post("/staff/records/{record_id:uuid}", **page("correctRecord"))
async def correct(visit: NamedDependency[Visit], record_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(Correct)
        made = await corrections.correct_record.once(visit.once(), visit.call, record_id, request)
    except Refusal as refusal:
        return await _record(visit, record_id, refusal)
    return visit.done(f"/staff/records/{record_id}", f"volunteers.correction_{made.outcome}",
                      tone="good" if made.outcome == "counted" else "info")  # fmt: skip


async def _list(visit: Visit, form: Form, refusal: Refusal | None = None) -> Response[bytes]:
    shown, asked = visit.query(Filter), visit.asked(PAGE_LENGTH)
    star = shown.star if shown.star in range(6) else None
    rows = await volunteers.find_volunteers(
        visit.call,
        Search(name=shown.name, state=shown.state, star=star, station_id=shown.station_id),
        after=asked.after_id(),
        limit=asked.fetch,
    )
    context: dict[str, Any] = {
        "shown": shown,
        "listed": asked.page(rows, lambda one: one.id),
        "states": STATES,
        "choices": await station_choices(visit),
        "stations": await named.stations_named(),
    }
    if refusal is not None:
        return visit.again("volunteers/list.html", refusal, form=form, **context)
    return visit.page("volunteers/list.html", form=form, **context)


async def _file(
    visit: Visit,
    volunteer_id: UUID,
    *,
    refusal: Refusal | None = None,
    at: str | None = None,
    revealed: Revealed | None = None,
) -> Response[bytes]:
    view = await volunteers.read_volunteer(visit.call, volunteer_id)
    places, topics = await named.stations_named(), await named.topics_named(visit.language)
    context: dict[str, Any] = {
        "person": view,
        "about": lambda one: _about(one, places, topics, visit.language),
        "at": at,
        "revealed": revealed,
        "story": await volunteers.read_story(visit.call, volunteer_id),
        "has_photo": "photo" in await files.kept(visit.call, volunteer_id),
        "stations": places,
        "secrets": get_args(SecretField),
        "purposes": PURPOSES,
    }
    if refusal is not None:
        return visit.again("volunteers/file.html", refusal, **context)
    return visit.page("volunteers/file.html", **context)


def _about(
    one: Happened, places: dict[UUID, Station], topics: dict[str, str], language: Language
) -> str:
    """What a day of the story was about, in words."""
    about = one.about or ""
    if one.what == "transferred":
        place = places.get(UUID(about))
        return place.name if place else "—"
    if one.what == "induction_revoked":
        return day(date.fromisoformat(about), language)
    if one.what == "trained" and about in topics:
        return topics[about]
    if one.what in ("appointed", "position_ended"):
        return term("position", about, language)
    return term("consent", about, language) if one.what == "consent_withdrawn" else about


async def _record(
    visit: Visit, record_id: UUID, refusal: Refusal | BodyError | None = None
) -> Response[bytes]:
    record = await service_records.read_record(visit.call, record_id)
    people = await named.volunteers_named(visit.call, [record.volunteer_id])
    context: dict[str, Any] = {
        "record": record,
        "person": people.get(record.volunteer_id),
        "staff": await named.staff_named(visit.call, {record.entered_by, record.decided_by}),
        "stations": await named.stations_named(),
        "photos": await _photos(visit, record_id) if record.evidence == "self" else [],
    }
    if refusal is not None:
        return visit.again("volunteers/record.html", refusal, **context)
    return visit.page("volunteers/record.html", **context)


async def _photos(visit: Visit, record_id: UUID) -> list[File]:
    """For whom the table lets see them."""
    if not visit.may("readRecordPhotos"):
        return []
    return await self_reports.photos(visit.call, record_id)


@get("/staff/records/{record_id:uuid}/photos/{file_id:uuid}", **page("downloadRecordPhoto"))
async def show_record_photo(
    visit: NamedDependency[Visit], record_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    content = await self_reports.download_photo(visit.call, record_id, file_id)
    return Response(content, media_type="image/jpeg", headers=_PICTURE)


router = Router(
    "/",
    route_handlers=[
        show_volunteers, find, show_file, reveal, suspend, reinstate, leave, give_slip,
        show_again, show_photo, show_ledger, show_records, show_record, correct,
        show_record_photo,
    ],
)  # fmt: skip
