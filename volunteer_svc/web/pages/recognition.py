"""The annual lists: provisional, published by the head once looked at, and the board to hang up."""

import re
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from volunteer_svc.actions import recognitions, stations
from volunteer_svc.actions.recognitions import Draft, LeftOut, Place, Publish, RecognitionList
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.recognition import year_is_over
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

YEARS_SHOWN = 4
_REASON = re.compile(r"exclusions\[(\d{1,3})\]\.reason")
_PATH = "/staff/recognition"
link(
    Entry(frame="staff", path=_PATH, word="recognition.nav", icon="medal",
          operation="readRecognition", order=70),
)  # fmt: skip


class Shown(msgspec.Struct, frozen=True):
    """`scope`: whose list somebody of a station wants to see, if not his own station's."""

    station_id: UUID | None = None
    scope: Literal["station", "county"] = "station"
    year: Annotated[int, Meta(ge=1980, le=2199)] | None = None
    names: Literal["full", "masked"] = "full"


class Which(msgspec.Struct, frozen=True):
    """One list. `query` leads to it again."""

    station_id: UUID | None
    year: int
    masked: bool
    query: str
    board_name: str


class Sent(msgspec.Struct, frozen=True):
    """`seen`: the list that was looked at, by its ids in order; '' has looked at none."""

    step: Literal["look", "publish"] = "look"
    seen: str = ""


async def which(visit: Visit) -> Which:
    shown = visit.query(Shown)
    own = visit.actor.station_id if isinstance(visit.actor, Staff) else None
    station_id = None if shown.scope == "county" else shown.station_id or own
    year = shown.year or local_date(visit.call.now).year
    place = f"station_id={station_id}" if station_id else "scope=county"
    name = (await stations.read_station(station_id)).name if station_id else ""
    return Which(station_id, year, shown.names == "masked", f"{place}&year={year}", name)


@get(_PATH, **page("readRecognition"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    asked = await which(visit)
    today = local_date(visit.call.now)
    own = visit.actor.station_id if isinstance(visit.actor, Staff) else None
    return visit.page(
        "recognition/show.html",
        which=asked,
        found=await _readable(visit, asked),
        own=own,
        choices=[] if own else await stations.all_stations(),
        years=[*range(today.year, today.year - YEARS_SHOWN, -1)],
        over=year_is_over(asked.year, today),
    )


@get(f"{_PATH}/board", **page("readRecognition"))
async def board(visit: NamedDependency[Visit]) -> Response[bytes]:
    """To print and hang up; for a wall outside the station with the names of those who agreed
    to it, the others masked (R19)."""
    asked = await which(visit)
    found = await recognitions.read_recognition(visit.call, asked.year, asked.station_id)
    found = await recognitions.for_outside(found) if asked.masked else found
    return visit.page("recognition/board.html", which=asked, found=found)


@get(f"{_PATH}/publish", **page("publishRecognition"))
async def prepare(visit: NamedDependency[Visit]) -> Response[bytes]:
    asked = await which(visit)
    found = await recognitions.read_recognition(visit.call, asked.year, asked.station_id)
    draft = await recognitions.draft_recognition(
        visit.call, asked.year, Publish(station_id=asked.station_id, exclusions=found.exclusions)
    )
    typed = {
        f"exclusions[{n}].{name}": getattr(one, name)
        for n, one in enumerate(found.exclusions)
        for name in ("volunteer_id", "reason")
    }
    return _draft(visit, asked, draft, Form.showing(**typed))


@post(f"{_PATH}/publish", **page("publishRecognition"))
async def publish(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Look at the list without those left out; publish the list that was looked at."""
    asked, form = await which(visit), visit.form
    sent = form.into(Sent)
    try:
        request = _filled(form).into(Publish, station_id=asked.station_id)
        draft = await recognitions.draft_recognition(visit.call, asked.year, request)
        if sent.step == "look":
            return _draft(visit, asked, draft, form)
        if sent.seen != seen(draft.drawn):
            return _draft(visit, asked, draft, form, moved=True)
        await recognitions.publish_recognition.once(visit.once(), visit.call, asked.year, request)
    except Refusal as refusal:
        if refusal.kind == "forbidden":
            raise
        plain = Publish(station_id=asked.station_id)
        draft = await recognitions.draft_recognition(visit.call, asked.year, plain)
        return _draft(visit, asked, draft, form.refused(refusal), status=422)
    return visit.done(f"{_PATH}?{asked.query}", "recognition.done", year=asked.year)


def seen(found: RecognitionList) -> str:
    return " ".join(str(one.volunteer_id) for one in found.entries)


async def _readable(visit: Visit, asked: Which) -> RecognitionList | None:
    """None: not published, and not for this reader before it is."""
    try:
        return await recognitions.read_recognition(visit.call, asked.year, asked.station_id)
    except Refusal as refusal:
        if refusal.kind == "forbidden":
            return None
        raise


def _filled(form: Form) -> Form:
    """Without the rows in which no reason was typed: they stay on the list."""
    empty = {m[1] for k in form.values if (m := _REASON.fullmatch(k)) and not form.value(k).strip()}
    kept = {
        k: v for k, v in form.values.items()
        if not any(k.startswith(f"exclusions[{n}].") for n in empty)
    }  # fmt: skip
    return Form(kept)


def _draft(
    visit: Visit, asked: Which, draft: Draft, form: Form, *, status: int = 200, moved: bool = False
) -> Response[bytes]:
    """Each person keeps the number of the field that was typed in."""
    numbers: dict[str, str] = {}
    for key in form.values:
        if key.startswith("exclusions[") and key.endswith("].volunteer_id"):
            numbers.setdefault(form.value(key), key.partition("[")[2].partition("]")[0])
    free = max((int(n) for n in numbers.values() if n.isdigit()), default=-1) + 1
    rows: list[tuple[str, Place | LeftOut]] = []
    people: list[Place | LeftOut] = [*draft.drawn.entries, *draft.left_out]
    for one in people:
        number = numbers.get(str(one.volunteer_id))
        if number is None:
            number, free = str(free), free + 1
        rows.append((number, one))
    return visit.page(
        "recognition/publish.html",
        status=status, form=form, which=asked, draft=draft, rows=rows, moved=moved,
        seen=seen(draft.drawn),
    )  # fmt: skip


router = Router("/", route_handlers=[show, board, prepare, publish])
