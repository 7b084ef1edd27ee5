"""What the templates need of a document: facts in words and the square that leads to its proof."""

from collections.abc import Iterable
from datetime import date
from io import BytesIO

import msgspec

from volunteer_svc.domain.certificate import CertificateState, Statement
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.i18n import term


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate as it is drawn; `stated` is what it says, the rest which one it is."""

    number: str
    code: str
    url: str
    state: CertificateState
    issued_on: date
    stated: Statement


class Section(msgspec.Struct, frozen=True):
    """A table of a file: its heading, its columns, its rows."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def certificates(sheets: Iterable[Sheet]) -> bytes:
    """JSON for the templates `service_time` and `star`: all in one document."""
    return msgspec.json.encode([_certificate(sheet) for sheet in sheets])


def file(
    title: str, subtitle: str, facts: list[tuple[str, str]], sections: list[Section], note: str
) -> bytes:
    """JSON for the template `file`."""
    return msgspec.json.encode(
        {"title": title, "subtitle": subtitle, "facts": facts, "note": note,
         "sections": [msgspec.to_builtins(one) for one in sections if one.rows]}
    )  # fmt: skip


def _certificate(sheet: Sheet) -> dict[str, object]:
    stated = sheet.stated
    return {
        "number": sheet.number,
        "code": sheet.code,
        "url": sheet.url,
        "qr": _square(sheet.url),
        "mark": {"valid": "", "superseded": "已被取代", "revoked": "已撤销"}[sheet.state],
        "issued_on": _day(sheet.issued_on),
        "issued_on_en": _day_en(sheet.issued_on),
        "title": stated.title,
        "unit": stated.unit,
        "name": stated.name,
        "member_no": stated.member_no,
        "hours": hours_shown(stated.minutes),
        "minutes": str(stated.minutes),
        "times": str(stated.times),
        "historical": hours_shown(stated.historical_minutes) if stated.historical_minutes else "",
        "from_on": _day(stated.from_on),
        "to_on": _day(stated.to_on),
        "from_en": _day_en(stated.from_on),
        "to_en": _day_en(stated.to_on),
        "kinds": [
            [term("kind", one.kind, "zh-CN") if one.kind else "其他志愿服务", str(one.times),
             hours_shown(one.minutes)]
            for one in stated.kinds
        ],
        "lines": [
            [line.title or "志愿服务", _span(line.first_on, line.last_on), str(line.times),
             hours_shown(line.minutes)]
            for line in stated.lines
        ],
        "more": [str(stated.more.times), hours_shown(stated.more.minutes)] if stated.more else [],
        "star": stated.star or 0,
        "won_on": _day(stated.won_on),
        "won_en": _day_en(stated.won_on),
    }  # fmt: skip


def _square(url: str) -> str:
    import segno  # noqa: PLC0415 - 1 MB that only who draws a certificate needs

    out = BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False, scale=4)
    return out.getvalue().decode()


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def _day_en(day: date | None) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}" if day else ""


def _span(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first.isoformat()} 至 {last.isoformat()}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
