"""Calendar feeds for telephones, and the secret addresses of volunteers' own."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, PathParameter

from volunteer_svc.actions import calendars
from volunteer_svc.actions.calendars import CalendarAddress
from volunteer_svc.actions.command import Call
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.calendars.feed import MEDIA_TYPE

_FEED = {200: ResponseSpec(str, False, "The calendar", MEDIA_TYPE)}
_HEADERS = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
_File = Annotated[str, PathParameter(max_length=64, pattern=r"^[A-Za-z0-9_-]{43}\.ics$")]


@get(
    "/stations/{station_id:uuid}/calendar.ics",
    media_type=MEDIA_TYPE,
    **documented(
        "readStationCalendar", "What a station has published", 404, signed_in=False, more=_FEED
    ),
)
async def read_station_calendar(
    station_id: FromPath[UUID], call: NamedDependency[Call]
) -> Response[bytes]:
    content = await calendars.station_calendar(call, station_id)
    return Response(content, media_type=MEDIA_TYPE)


@get(
    "/calendars/{file:str}",
    media_type=MEDIA_TYPE,
    **documented(
        "readCalendar", "A volunteer's own, by its secret address", 404, signed_in=False,
        more=_FEED,
    ),
)  # fmt: skip
async def read_calendar(file: _File, call: NamedDependency[Call]) -> Response[bytes]:
    content = await calendars.own_calendar(call, file.removesuffix(".ics"))
    return Response(content, media_type=MEDIA_TYPE, headers=_HEADERS)


@post(
    "/volunteers/{volunteer_id:uuid}/calendar",
    **documented("makeCalendar", "A new secret address; shown once", 404, *WRITES),
)
async def make_calendar(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call]
) -> CalendarAddress:
    return await calendars.make_calendar(call, volunteer_id)


@delete(
    "/volunteers/{volunteer_id:uuid}/calendar",
    **documented("revokeCalendar", "The secret address is dead", 404),
)
async def revoke_calendar(volunteer_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
    await calendars.revoke_calendar(call, volunteer_id)


router = Router(
    "/",
    tags=["activities"],
    route_handlers=[read_station_calendar, read_calendar, make_calendar, revoke_calendar],
)
