"""证明: what a certificate states, when it may be issued, and what ends it (R16)."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Literal

import msgspec

from volunteer_svc.domain.errors import Fault

CertificateKind = Literal["service_time", "star"]
CertificateState = Literal["valid", "superseded", "revoked"]
Because = Literal["corrected", "star_lost", "re_issued", "identity_corrected"]
"""Why a certificate is superseded."""

LINES_MAX = 10
"""Activities that a certificate names; what is beyond them is added up."""
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 letters and digits that nobody mistakes for each other."""
CODE_GROUPS, CODE_GROUP = 5, 4
"""20 of 31 letters: 99 random bits."""
_FULL = "社会工作服务站"
_FULL_HEAD = "社会工作服务总站"


class Served(msgspec.Struct, frozen=True, gc=False):
    """A counted record as far as a certificate states it; `minutes` after corrections."""

    served_on: date
    title: str
    kind: str | None
    minutes: int
    historical: bool


class KindTotal(msgspec.Struct, frozen=True):
    """`kind`: an activity kind; None: none was recorded."""

    kind: str | None
    times: int
    minutes: int


class ActivityLine(msgspec.Struct, frozen=True):
    """What was served under one title; '' where none was recorded."""

    title: str
    first_on: date
    last_on: date
    times: int
    minutes: int


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """All that a certificate states; sealed, because it says who. Minutes.

    `unit`: the full name of the unit that records and certifies. Of a star: `star`, `won_on` and
    the lifetime `minutes` on the day of issue; of service time: the rest. `more`: activities
    beyond `LINES_MAX`. `historical_minutes`: those of `minutes` that no signed sheet shows.
    """

    kind: CertificateKind
    unit: str
    name: str
    member_no: str
    minutes: int
    from_on: date | None = None
    to_on: date | None = None
    times: int = 0
    historical_minutes: int = 0
    kinds: tuple[KindTotal, ...] = ()
    lines: tuple[ActivityLine, ...] = ()
    more: KindTotal | None = None
    star: int | None = None
    won_on: date | None = None

    @property
    def title(self) -> str:
        return "志愿服务星级证书" if self.kind == "star" else f"{self.unit}志愿服务记录证明"


def period_faults(from_on: date, to_on: date, today: date) -> list[Fault]:
    """What is wrong with a period; both of its days belong to it."""
    faults = []
    if to_on < from_on:
        faults.append(Fault("period_upside_down", "to_on"))
    if to_on > today:
        faults.append(Fault("period_in_future", "to_on", {"today": today.isoformat()}))
    return faults


def service_statement(
    records: Iterable[Served], *, unit: str, name: str, member_no: str, from_on: date, to_on: date
) -> Statement | None:
    """What the counted records of a period come to; None when nothing counts."""
    kinds: defaultdict[str | None, list[Served]] = defaultdict(list)
    titles: defaultdict[str, list[Served]] = defaultdict(list)
    counted = [one for one in records if one.minutes > 0]
    for one in counted:
        kinds[one.kind].append(one)
        titles[one.title].append(one)
    if not counted:
        return None
    lines = sorted(
        (
            ActivityLine(title, min(r.served_on for r in rows), max(r.served_on for r in rows),
                         len(rows), sum(r.minutes for r in rows))
            for title, rows in titles.items()
        ),
        key=lambda line: (-line.minutes, line.first_on, line.title),
    )  # fmt: skip
    named, rest = lines[:LINES_MAX], lines[LINES_MAX:]
    totals = [KindTotal(k, len(rows), sum(r.minutes for r in rows)) for k, rows in kinds.items()]
    return Statement(
        kind="service_time",
        unit=unit,
        name=name,
        member_no=member_no,
        minutes=sum(one.minutes for one in counted),
        from_on=from_on,
        to_on=to_on,
        times=len(counted),
        historical_minutes=sum(one.minutes for one in counted if one.historical),
        kinds=tuple(sorted(totals, key=lambda one: (-one.minutes, one.kind or "~"))),
        lines=tuple(sorted(named, key=lambda line: (line.first_on, line.title))),
        more=KindTotal(None, sum(r.times for r in rest), sum(r.minutes for r in rest))
        if rest
        else None,
    )


def full_name(station_name: str) -> str:
    """A station as its certificates name it: 海州街道社工站 is 海州街道社会工作服务站."""
    for short, full in (("社工总站", _FULL_HEAD), ("社工站", _FULL)):
        if station_name.endswith(short):
            return station_name.removesuffix(short) + full
    ends = (_FULL, _FULL_HEAD, "服务点", "站")
    return station_name if station_name.endswith(ends) else station_name + _FULL


def number_shown(station_code: str, year: int, number: int) -> str:
    """As it is printed: HC01-2026-000123."""
    return f"{station_code}-{year}-{number:06d}"


def normalise_code(text: str) -> str | None:
    """A verification code as it is stored, however it was typed; None: it cannot be one."""
    wide = unicodedata.normalize("NFKC", text[:100]).upper()
    letters = "".join(one for one in wide if one not in " -_\u2013\u2014")
    if len(letters) != CODE_GROUPS * CODE_GROUP or set(letters) - set(CODE_ALPHABET):
        return None
    return "-".join(letters[n : n + CODE_GROUP] for n in range(0, len(letters), CODE_GROUP))
