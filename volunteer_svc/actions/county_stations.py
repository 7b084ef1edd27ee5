"""The stations of a county workbook."""

from collections.abc import Sequence
from uuid import UUID

from volunteer_svc import store
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.import_tally import Tally
from volunteer_svc.actions.stations import NewStation, changed, new_station
from volunteer_svc.domain.errors import Fault
from volunteer_svc.store.imports import ImportRun
from volunteer_svc.store.stations import Station
from volunteer_svc.workbooks.county import BadRow, StationRow

SHEET = "社工站"
BATCH = 1_000
_COLUMNS = {"parent_id": "上级代码"}


async def preview(call: Call, rows: Sequence[StationRow | BadRow], tally: Tally) -> dict[str, UUID]:
    """Station ids by code as they would be after the commit."""
    known = await store.stations.by_code()
    _decide(call, rows, known, tally)
    return {code: station.id for code, station in known.items()}


async def take(
    call: Call, run: ImportRun, rows: Sequence[StationRow | BadRow], tally: Tally
) -> None:
    """Write the stations that are not there yet."""
    del run  # every sheet's `take` is called alike
    # Two runs of one file may meet here: the second finds what the first has written.
    await store.stations.hold()
    fresh = _decide(call, rows, await store.stations.by_code(), tally)
    for station in fresh:
        await store.stations.insert(station)
    await store.outbox.append([changed(call, station) for station in fresh])


def _decide(
    call: Call, rows: Sequence[StationRow | BadRow], known: dict[str, Station], tally: Tally
) -> list[Station]:
    """The stations to be written, in sheet order, so that a parent precedes; grows `known`."""
    fresh = []
    for row in rows:
        if isinstance(row, BadRow):
            tally.refuse_unreadable(SHEET, row)
        elif row.code in known:
            tally.count(SHEET, "already_imported")
        elif row.parent_code is not None and row.parent_code not in known:
            tally.refuse(SHEET, row, [Fault("station_unknown", "parent_id")], _COLUMNS)
        else:
            parent = known[row.parent_code].id if row.parent_code else None
            station = new_station(
                call, NewStation(code=row.code, name=row.name, kind=row.kind, parent_id=parent)
            )
            known[row.code] = station
            fresh.append(station)
            tally.count(SHEET, "accepted")
    return fresh
