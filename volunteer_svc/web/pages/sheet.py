"""The sheet: a sign-in sheet typed like a spreadsheet, and without scripts as a plain form."""

from datetime import date
from typing import get_args
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from volunteer_svc.actions import members, sheets
from volunteer_svc.actions.members import Member
from volunteer_svc.actions.recording import Outcome
from volunteer_svc.actions.service_records import LINES_MAX
from volunteer_svc.actions.sheets import WrittenOutcome, WrittenRow, WrittenSheet
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.domain.text import Short
from volunteer_svc.domain.written_time import written_time
from volunteer_svc.i18n import term, words
from volunteer_svc.i18n.pages import say
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.rendering import hours_of
from volunteer_svc.web.visit import Visit, page

ROWS = 15
"""Empty lines to begin with; a script adds more by itself."""
_HEAD = (
    "station_id", "served_on", "time", "title", "kind", "place", "leader", "evidence",
    "evidence_reference", "late_reason",
)  # fmt: skip
_JSON = "application/json"

link(
    Entry(frame="staff", path="/staff/sheet", word="sheet.nav", icon="table",
          operation="recordService", order=30),
)  # fmt: skip


class CellFault(msgspec.Struct, frozen=True):
    """A sentence and the cell of the line it is about; None: the whole line, or what stands
    above."""

    cell: str | None
    text: str


class RowSaid(msgspec.Struct, frozen=True):
    """What became of a line: its place in the form, and the words for it."""

    n: int
    outcome: str
    said: str
    faults: list[CellFault]


class SheetSaid(msgspec.Struct, frozen=True):
    """What the script is told. `head`: faults of what stands above the lines; `undo`: where what
    was recorded can be taken back."""

    rows: list[RowSaid] = []
    head: list[CellFault] = []
    undo: str | None = None


class Asked(msgspec.Struct, frozen=True):
    station_id: UUID
    text: Short = ""


@get("/staff/sheet", **page("recordService"))
async def sheet(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _page(visit, Form.showing(served_on=local_date(visit.call.now), evidence="staff"))


@post("/staff/sheet", **page("recordService"))
async def send_sheet(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Records what can be; the refused lines stay in the form to be mended and sent again."""
    form = visit.form
    if form.has("more", "yes"):
        return await _page(visit, form, rows=_typed_rows(form) + ROWS)
    try:
        written = form.into(WrittenSheet)
        result = await sheets.record_written.once(visit.once(), visit.call, written)
    except Refusal as refusal:
        if _wants_json(visit):
            return _refused(visit, refusal)
        return await _page(visit, form.refused(refusal), rows=_typed_rows(form), status=422)
    rows = _all_said(visit, written, result.outcomes)
    if _wants_json(visit):
        undo = _undo(visit, result)
        return _json(SheetSaid(rows, _head_faults(visit, result.outcomes), undo))
    refused = [one.n for one in rows if one.outcome == "refused"]
    return await _page(
        visit,
        _left(visit, written, refused, result.outcomes),
        rows=len(refused) or ROWS,
        done=[(written.entries[one.n], one) for one in rows if one.outcome != "refused"],
        meant=await _meant(visit, written, refused, result.outcomes),
        undo=_undo(visit, result),
        status=422 if refused else 200,
    )


@post("/staff/sheet/check", **page("recordService"))
async def check_sheet(visit: NamedDependency[Visit]) -> Response[bytes]:
    """What would become of the lines if they were sent now."""
    try:
        written = visit.form.into(WrittenSheet)
        result = await sheets.check_written(visit.call, written)
    except Refusal as refusal:
        return _refused(visit, refusal)
    rows = _all_said(visit, written, result.outcomes)
    return _json(SheetSaid(rows, _head_faults(visit, result.outcomes)))


@post("/staff/sheet/members", **page("recordService"))
async def find_members(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Who may be meant. A POST: names do not belong into addresses."""
    try:
        asked = visit.form.into(Asked)
    except Refusal as refusal:
        return _refused(visit, refusal)
    (found,) = await members.find_members(visit.call, asked.station_id, [asked.text])
    return _json({"members": [_shown(visit, one) for one in found]})


def _undo(visit: Visit, result: WrittenOutcome) -> str | None:
    if result.sheet_id is None or not visit.may("askUndo"):
        return None
    return f"/staff/undos/new?kind=sheet&target_id={result.sheet_id}"


def _shown(visit: Visit, one: Member) -> dict[str, str]:
    about = [one.member_no]
    if one.birth_year:
        about.append(say("sheet.born", visit.language, {"year": one.birth_year}))
    if one.phone_end:
        about.append(say("sheet.phone_end", visit.language, {"digits": one.phone_end}))
    if one.state != "active":
        about.append(term("state", one.state, visit.language))
    return {"member_no": one.member_no, "name": one.name, "about": " · ".join(about)}


def _all_said(visit: Visit, written: WrittenSheet, outcomes: list[Outcome | None]) -> list[RowSaid]:
    told = enumerate(outcomes)
    return [_said(visit, written, n, one) for n, one in told if one is not None]


def _said(visit: Visit, written: WrittenSheet, n: int, one: Outcome) -> RowSaid:
    hours = hours_of(one.minutes or 0)
    if one.outcome == "refused":
        said = say("sheet.refused", visit.language)
    elif one.outcome == "waiting":
        why = words(one.why or "", {}, visit.language).detail
        said = say("sheet.waiting", visit.language, {"hours": hours, "why": why})
    else:
        said = say("sheet.counted", visit.language, {"hours": hours})
    if one.outcome != "refused" and _over_midnight(written, written.entries[n]):
        said += say("sheet.next_day", visit.language)
    faults = [CellFault(fault.field, visit.sentence(fault)) for fault in one.faults]
    return RowSaid(n, one.outcome, said, faults)


def _over_midnight(written: WrittenSheet, row: WrittenRow) -> bool:
    when = written_time(row.time or written.time, written.served_on, 0)
    if isinstance(when, Fault) or "ended_at" not in when:
        return False
    last: date = local_date(when["ended_at"])
    return last > written.served_on


def _head_faults(visit: Visit, outcomes: list[Outcome | None]) -> list[CellFault]:
    """What many lines lack alike stands above them: said once, where it is mended."""
    faults = {
        fault.field: CellFault(fault.field, visit.sentence(fault))
        for one in outcomes
        if one is not None
        for fault in one.faults
        if fault.field in _HEAD and fault.field != "time"
    }
    return list(faults.values())


def _left(
    visit: Visit, written: WrittenSheet, refused: list[int], outcomes: list[Outcome | None]
) -> Form:
    """The form with the refused lines alone, each with its faults at its cells."""
    values: dict[str, object] = {name: visit.form.value(name) for name in _HEAD}
    faults: dict[tuple[str, str | None], Fault] = {}
    for at, n in enumerate(refused):
        row = written.entries[n]
        # Without a script a number that was chosen before would outlive a corrected name.
        values[f"entries[{at}].who"] = row.member_no or row.who
        for name in ("time", "break_minutes", "content"):
            values[f"entries[{at}].{name}"] = getattr(row, name)
        one = outcomes[n]
        for fault in one.faults if one else ():
            above = fault.field in _HEAD and fault.field != "time"
            field = fault.field if above else f"entries[{at}].{fault.field or 'who'}"
            faults[fault.code if above else str(at), field] = msgspec.structs.replace(
                fault, field=field
            )
    form = Form.showing(**values)
    form.faults = tuple(faults.values())
    return form


async def _meant(
    visit: Visit, written: WrittenSheet, refused: list[int], outcomes: list[Outcome | None]
) -> dict[int, list[dict[str, str]]]:
    """For lines of which several may be meant, who: the form shows their numbers."""
    unclear = {
        at: written.entries[n].who
        for at, n in enumerate(refused)
        if (one := outcomes[n]) and any(f.code == "volunteer_ambiguous" for f in one.faults)
    }
    texts = list(unclear.values())
    found = await members.find_members(visit.call, written.station_id, texts) if texts else []
    return {
        at: [_shown(visit, one) for one in each] for at, each in zip(unclear, found, strict=True)
    }


async def _page(
    visit: Visit, form: Form, *, rows: int = ROWS, status: int = 200, **told: object
) -> Response[bytes]:
    stations = await members.sheet_stations(visit.call)
    kinds = [(one, term("kind", one, visit.language)) for one in get_args(ServiceCategory)]
    context = {"done": [], "meant": {}, "undo": None} | told
    return visit.page(
        "sheet/sheet.html", form=form, rows=min(rows, LINES_MAX), status=status,
        places=[(str(one.id), one.name) for one in stations], kinds=kinds, **context,
    )  # fmt: skip


def _typed_rows(form: Form) -> int:
    return sum(1 for name in form.values if name.endswith("].who"))


def _wants_json(visit: Visit) -> bool:
    return _JSON in visit.request.headers.get("accept", "")


def _refused(visit: Visit, refusal: Refusal) -> Response[bytes]:
    """Raises the refusal again if nothing on the sheet can mend it."""
    visit.form.refused(refusal)
    head = [CellFault(fault.field, visit.sentence(fault)) for fault in refusal.faults]
    return _json(SheetSaid(head=head), status=422)


def _json(body: object, status: int = 200) -> Response[bytes]:
    headers = {"Cache-Control": "no-store"}
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=_JSON, headers=headers
    )


router = Router("/", route_handlers=[sheet, send_sheet, check_sheet, find_members])
