"""A sign-in sheet as it was typed, cell by cell: read, checked, recorded."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc.actions import members
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.recording import Outcome
from volunteer_svc.actions.service_records import (
    LINES_MAX,
    Sheet,
    foresee_sheet,
    record_sheets,
)
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.domain.sheet import SheetLine
from volunteer_svc.domain.text import Line, Long, Name, Reason, Short
from volunteer_svc.domain.written_time import written_time
from volunteer_svc.identity.permissions import require

_BREAK = re.compile(r"(\d{1,4}) ?(?:分钟?)?", re.ASCII)
_DOCUMENT = re.compile(r"\d{15}|\d{17}[\dXx]", re.ASCII)


class WrittenRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `who`: a member number, a name or its pinyin; `member_no` once one was chosen.

    `time`: from when to when, or how long; empty: the sheet's. `break_minutes` as typed.
    """

    who: Short = ""
    member_no: Name | None = None
    time: Short = ""
    break_minutes: Short = ""
    content: Long = ""

    @property
    def blank(self) -> bool:
        return not (self.who or self.member_no or self.time or self.content)


class WrittenSheet(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above the lines holds for all of them."""

    station_id: UUID
    served_on: date
    time: Short = ""
    title: Short = ""
    kind: ServiceCategory | None = None
    place: Short = ""
    leader: Name | None = None
    evidence: Literal["staff", "historical"] = "staff"
    evidence_reference: Line = ""
    late_reason: Reason = ""
    entries: Annotated[list[WrittenRow], Meta(max_length=LINES_MAX)] = []


class WrittenOutcome(msgspec.Struct, frozen=True):
    """One outcome per line in their order, None for an empty one.

    Faults name the cell (`who`, `time`, `break_minutes`) or what stands above (`late_reason` …).
    `sheet_id` names what was recorded, for an undo; None: nothing was.
    """

    outcomes: list[Outcome | None]
    sheet_id: UUID | None = None


@command
async def record_written(call: Call, sheet: WrittenSheet) -> WrittenOutcome:
    """Record a typed sheet; a refused line spoils no other. Raises what `record_service` raises,
    `sheet_empty`."""
    lines = await _read(call, sheet)
    sound = [line for line in lines if isinstance(line, SheetLine)]
    outcomes: Sequence[Outcome] = ()
    sheet_id = None
    if sound:
        (result,) = await record_sheets([(call, Sheet(station_id=sheet.station_id, entries=sound))])
        if isinstance(result, Refusal):
            raise result
        outcomes, sheet_id = result.outcomes, result.sheet_id
    else:
        call.notes.changed(f"station/{sheet.station_id}")
        call.notes.unchanged = True
    return msgspec.structs.replace(_joined(lines, outcomes), sheet_id=sheet_id)


@reading
async def check_written(call: Call, sheet: WrittenSheet) -> WrittenOutcome:
    """What `record_written` would answer now; nothing is written."""
    lines = await _read(call, sheet)
    sound = [line for line in lines if isinstance(line, SheetLine)]
    asked = Sheet(station_id=sheet.station_id, entries=sound)
    return _joined(lines, await foresee_sheet(call, asked) if sound else ())


async def _read(call: Call, sheet: WrittenSheet) -> list[SheetLine | Fault | None]:
    """The lines as the rules take them; None for an empty one."""
    require(call.actor, "record.write", sheet.station_id)
    rows = sheet.entries
    if all(row.blank for row in rows):
        raise Refusal(Fault("sheet_empty", "entries[0].who"))
    texts = sorted({row.who for row in rows if row.who and row.member_no is None})
    meant = dict(zip(texts, await members.meant_by(call, sheet.station_id, texts), strict=True))
    return [None if row.blank else _line(sheet, row, meant) for row in rows]


def _line(
    sheet: WrittenSheet, row: WrittenRow, meant: dict[str, list[members.Member]]
) -> SheetLine | Fault:
    member_no = row.member_no or _one_of(row.who, meant.get(row.who, []))
    if isinstance(member_no, Fault):
        return member_no
    break_text = unicodedata.normalize("NFKC", row.break_minutes)
    break_minutes = _BREAK.fullmatch(break_text or "0")
    if break_minutes is None:
        return Fault("break_unreadable", "break_minutes")
    if not (row.time or sheet.time):
        return Fault("service_time_missing", "time")
    when = written_time(row.time or sheet.time, sheet.served_on, int(break_minutes[1]))
    if isinstance(when, Fault):
        return when
    same: dict[str, Any] = {
        name: getattr(sheet, name)
        for name in (
            "title", "kind", "place", "leader", "evidence", "evidence_reference", "late_reason",
        )
    }  # fmt: skip
    return SheetLine(member_no=member_no, content=row.content, **same, **when)


def _one_of(text: str, found: Sequence[members.Member]) -> str | Fault:
    """The number of the only one who can be meant: a whole name counts more than a part."""
    if not text:
        return Fault("volunteer_missing", "who")
    if _DOCUMENT.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", "")):
        return Fault("document_on_sheet", "who")
    whole = [one for one in found if one.name == text]
    meant = whole if len(whole) == 1 else found
    if len(meant) == 1:
        return meant[0].member_no
    if meant:
        return Fault("volunteer_ambiguous", "who", {"count": len(meant)})
    return Fault("volunteer_unknown", "who")


_CELLS = dict.fromkeys(("member_no", "volunteer", "volunteer_id", "served_on"), "who")
_CELLS |= dict.fromkeys(("started_at", "ended_at", "minutes", "hours"), "time")


def _joined(
    lines: Sequence[SheetLine | Fault | None], outcomes: Sequence[Outcome]
) -> WrittenOutcome:
    decided = iter(outcomes)
    result: list[Outcome | None] = []
    for line in lines:
        if line is None:
            result.append(None)
            continue
        one = Outcome(outcome="refused", faults=(line,)) if isinstance(line, Fault) else (
            next(decided)
        )  # fmt: skip
        faults = tuple(
            msgspec.structs.replace(fault, field=_CELLS.get(fault.field or "", fault.field))
            for fault in one.faults
        )
        result.append(msgspec.structs.replace(one, faults=faults))
    return WrittenOutcome(result)
