"""What is read from a county workbook: typed rows, and rows that cannot be read."""

from datetime import date
from typing import Literal

import msgspec

from volunteer_svc.domain.errors import Fault


class CellFault(msgspec.Struct, frozen=True, gc=False):
    """A fault and the cell it stands in: the header as printed, and Excel's letter."""

    column: str
    letter: str
    fault: Fault


class BadRow(msgspec.Struct, frozen=True, tag=True, gc=False):
    """A row that cannot be read. `faults` has at least one entry; the first is the main one.

    `cells`: what stands in the columns of the sheet's layout, in their order; empty where it is
    not kept, as of children.
    """

    sheet: str
    row: int
    line: int
    faults: tuple[CellFault, ...]
    cells: tuple[str, ...] = ()


class StationRow(msgspec.Struct, frozen=True, tag=True, gc=False):
    """`row` is the number in the 序号 column, else `line`; `line` is the row in the sheet."""

    row: int
    line: int
    code: str
    name: str
    kind: Literal["head", "station", "point"]
    parent_code: str | None


class RosterRow(msgspec.Struct, frozen=True, tag=True, gc=False):
    row: int
    line: int
    station_code: str
    name: str
    sex: Literal["M", "F"]
    birth_date: date
    document_kind: Literal[
        "id_card",
        "household_register",
        "residence_permit_hmt",
        "passport",
        "foreign_permanent_residence",
    ]
    document_number: str  # half-width and without blanks; whether it is valid the domain says
    household_local: bool
    area: str | None
    phone: str | None
    skills: str | None
    service_category: str | None  # as ServiceRow.kind
    guardian_name: str | None
    guardian_relation: str | None
    guardian_phone: str | None
    registered_on: date
    id_original_seen: bool
    id_copy_received: bool
    residence_permit_seen: bool
    photo_received: bool
    inducted_on: date | None


class ServiceRow(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Either `start` and `end` (minutes since midnight, an end of 1440 is 24:00) or `minutes`.

    An end before its start is the next day's. `break_minutes` belongs to start and end and is
    0 without them: hours on a sheet are what was served.
    """

    row: int
    line: int
    station_code: str
    served_on: date
    activity: str
    kind: (
        Literal[
            "social_assistance",
            "child_welfare",
            "elder_care",
            "community_governance",
            "social_affairs",
        ]
        | None
    )
    place: str | None
    leader: str | None
    document_number: str
    name: str | None
    start: int | None
    end: int | None
    break_minutes: int
    minutes: int | None
    content: str | None


class CountyWorkbook(msgspec.Struct, frozen=True, tag=True):
    """The rows of each sheet in sheet order; a sheet that is not there has none."""

    stations: list[StationRow | BadRow]
    roster: list[RosterRow | BadRow]
    services: list[ServiceRow | BadRow]
