"""A hostile request as data. `<here.volunteer>` and the like stand for what is in the world."""

import msgspec

DAY = "2026-11-19"
UNKNOWN = "01890000-0000-7000-8000-000000000000"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Attack(msgspec.Struct, frozen=True):
    """Who sends what, and how it must end: a status; `refused`: 200, each line of it refused;
    `empty`: 200, and nothing is found."""

    who: str
    method: str
    path: str
    body: object = None
    ends: int | str = 403
    headers: dict[str, str | bytes] = {}


def get(who, path, ends=403, **headers):
    return Attack(who, "GET", path, None, ends, named(headers))


def post(who, path, body=None, ends=403, **headers):
    return Attack(who, "POST", path, body, ends, named(headers))


def named(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def sheet(place="here", **line):
    entry = {"volunteer_id": f"<{place}.volunteer>", "served_on": DAY, "minutes": 60} | line
    return {"station_id": f"<{place}.station>", "entries": [entry]}
