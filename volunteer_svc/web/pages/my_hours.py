"""One of my records with its photos and objections; and hours that I report myself."""

from datetime import date, datetime
from typing import Annotated, Any, get_args
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from volunteer_svc.actions import (
    named,
    objections,
    self_reports,
    service_records,
    stations,
    volunteers,
)
from volunteer_svc.actions.objections import Object
from volunteer_svc.actions.self_reports import PHOTOS_MAX, ReportHours, Told
from volunteer_svc.config import Config
from volunteer_svc.domain.calendar import local_date, local_instant
from volunteer_svc.domain.errors import Fault, Refusal, refuse
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.domain.service_record import DAY_MINUTES
from volunteer_svc.domain.sheet import Hours
from volunteer_svc.domain.text import Reason, Short
from volunteer_svc.i18n import term
from volunteer_svc.web.forms import Form
from volunteer_svc.web.pages.me import own_id
from volunteer_svc.web.visit import Visit, page

HOME = "/me/hours"
OBJECTIONS_MAX = 100
_KINDS: tuple[str, ...] = get_args(ServiceCategory)
_PHOTO_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


WallTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
_YEARS = range(1980, 2200)


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """The report as a form has it: a day, and from when to when or how long (Shanghai)."""

    station_id: UUID
    served_on: date
    started_at: WallTime | None = None
    ended_at: WallTime | None = None
    break_minutes: Annotated[int, Meta(ge=0, le=DAY_MINUTES)] = 0
    hours: Hours | None = None
    kind: ServiceCategory | None = None
    title: Short = ""
    place: Short = ""
    content: Told
    late_reason: Reason = ""


@get("/report", **page("reportHours"))
async def show_report(visit: NamedDependency[Visit]) -> Response[bytes]:
    view = await volunteers.read_volunteer(visit.call, own_id(visit))
    form = Form.showing(station_id=view.station_id)
    return visit.page("my_hours/report.html", form=form, **await _choices(visit))


@post("/report", **page("reportHours"))
async def report(visit: NamedDependency[Visit]) -> Response[bytes]:
    me = own_id(visit)
    try:
        request = _request(visit.form.into(Typed))
        made = await self_reports.report_hours.once(visit.once(), visit.call, me, request)
    except Refusal as refusal:
        return visit.again("my_hours/report.html", refusal, **await _choices(visit))
    there = f"{HOME}/{made.record_id}"
    try:
        if not await _add_photo(visit, made.record_id):
            return visit.done(there, "my_hours.reported")
    except Refusal:  # the hours are in; the photo may come again
        return visit.done(there, "my_hours.reported_without_photo", tone="warn")
    return visit.done(there, "my_hours.reported")


@get("/{record_id:uuid}", **page("readRecord"))
async def show_record(visit: NamedDependency[Visit], record_id: FromPath[UUID]) -> Response[bytes]:
    return visit.page("my_hours/record.html", at=None, **await _record(visit, record_id))


@post("/{record_id:uuid}", **page("openObjection"))
async def object_to(visit: NamedDependency[Visit], record_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(Object)
        await objections.open_objection.once(visit.once(), visit.call, record_id, request)
    except Refusal as refusal:
        context = await _record(visit, record_id)
        return visit.again("my_hours/record.html", refusal, at="objection", **context)
    return visit.done(f"{HOME}/{record_id}", "my_hours.objected")


@post("/{record_id:uuid}/photo", **page("uploadRecordPhoto"))
async def add_photo(visit: NamedDependency[Visit], record_id: FromPath[UUID]) -> Response[bytes]:
    try:
        _require_photo(await _add_photo(visit, record_id))
    except Refusal as refusal:
        at_field = [msgspec.structs.replace(one, field="photo") for one in refusal.faults]
        refused = Refusal(*at_field, kind=refusal.kind)
        context = await _record(visit, record_id)
        return visit.again("my_hours/record.html", refused, at="photo", **context)
    return visit.done(f"{HOME}/{record_id}", "my_hours.photo_added")


@get("/{record_id:uuid}/photo", **page("readRecord"))
async def record_again(visit: NamedDependency[Visit], record_id: FromPath[UUID]) -> Response[bytes]:
    return visit.done(f"{HOME}/{record_id}")


@get("/{record_id:uuid}/photos/{file_id:uuid}", **page("downloadRecordPhoto"))
async def show_photo(
    visit: NamedDependency[Visit], record_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    content = await self_reports.download_photo(visit.call, record_id, file_id)
    return Response(content, media_type="image/jpeg", headers=_PHOTO_HEADERS)


def _request(typed: Typed) -> ReportHours:
    """Raises when neither times nor hours are given."""
    told: dict[str, Any] = {
        name: getattr(typed, name)
        for name in ("station_id", "break_minutes", "kind", "title", "place", "content",
                     "late_reason")
    }  # fmt: skip
    if typed.started_at is not None and typed.ended_at is not None:
        told["started_at"] = _instant(typed.served_on, typed.started_at)
        told["ended_at"] = _instant(typed.served_on, typed.ended_at)
    elif typed.hours is not None:
        told |= {"served_on": typed.served_on, "hours": typed.hours}
    else:
        field = "ended_at" if typed.started_at is not None else "started_at"
        raise Refusal(Fault("field_missing", field, {"field": field}))
    return ReportHours(**told)


def _instant(day: date, wall: str) -> datetime:
    """Raises `date_out_of_range`."""
    if day.year not in _YEARS:
        raise refuse("date_out_of_range", "served_on")
    return local_instant(day, int(wall[:2]) * 60 + int(wall[3:]))


async def _add_photo(visit: Visit, record_id: UUID) -> bool:
    """Whether one was chosen. Raises what the picture is refused for."""
    photo = visit.form.files.get("photo")
    content = await photo.read() if photo else b""
    if content:
        await self_reports.upload_photo(visit.call, record_id, content)
    return bool(content)


def _require_photo(chosen: bool) -> None:
    if not chosen:
        raise Refusal(Fault("field_missing", "photo", {"field": "photo"}))


async def _choices(visit: Visit) -> dict[str, Any]:
    today = local_date(visit.call.now)
    return {
        "stations": [(str(one.id), one.name) for one in await stations.open_stations(today)],
        "kinds": [(one, term("kind", one, visit.language)) for one in _KINDS],
        "today": today,
    }


async def _record(visit: Visit, record_id: UUID) -> dict[str, Any]:
    me = own_id(visit)
    record = await service_records.read_record(visit.call, record_id)
    raised = await objections.objections_of(visit.call, me, after=None, limit=OBJECTIONS_MAX)
    about = [one for one in raised if one.record_id == record_id]
    photos = await self_reports.photos(visit.call, record_id)
    reported = record.evidence == "self" and record.state == "waiting"
    return {
        "record": record,
        "stations": await named.stations_named(),
        "objections": about,
        "may_object": all(one.outcome for one in about),
        "photos": photos,
        "room": reported and len(photos) < PHOTOS_MAX,
    }


def router(config: Config) -> Router:
    """A photo may be larger than most forms."""
    return Router(
        HOME,
        request_max_body_size=config.photo_max_bytes,
        route_handlers=[
            show_report, report, show_record, object_to, add_photo, record_again, show_photo,
        ],
    )  # fmt: skip
