"""The event feed: pages by cursor, the same as a stream of server-sent events, where it stands."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from msgspec import Meta

from volunteer_svc.actions import feed
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.feed import After, Asked, EventsInfo
from volunteer_svc.actions.tail import Page
from volunteer_svc.api.documented import documented, problem
from volunteer_svc.api.problems import CursorProblem, EdgeRefusal
from volunteer_svc.api.sse import MEDIA_TYPE, EventStream
from volunteer_svc.config import Config
from volunteer_svc.domain.cursor import cursor_of, place_of
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.event_filter import TYPES, VALUES_MAX

JSON = "application/json"
LIMIT_MAX = 1_000
WAIT_SECONDS_MAX = 30
_CURSOR_PROBLEMS = {status: problem(status, CursorProblem) for status in (409, 410)}

AfterParameter = Annotated[
    str,
    QueryParameter(
        name="after",
        description="`next` of the answer before, or another cursor; `earliest`: all that is kept;"
        " `latest`: only what is to come",
    ),
]
Types = Annotated[
    list[str] | None,
    QueryParameter(
        name="type",
        max_items=VALUES_MAX,
        description="full types, `volunteer-svc.star.promoted.v1`; may be repeated",
    ),
]
Subjects = Annotated[
    list[Annotated[str, Meta(pattern=r"^[a-z_]{1,24}/[0-9a-z-]{1,36}$")]] | None,
    QueryParameter(
        name="subject", max_items=VALUES_MAX, description="`volunteer/<id>`; may be repeated"
    ),
]
Stations = Annotated[
    list[UUID] | None,
    QueryParameter(
        name="station", max_items=VALUES_MAX, description="where it arose; may be repeated"
    ),
]


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """`events`: each byte for byte as on the stream. `next` and `head` are cursors; `next` is
    behind all that was looked at, also what the filter dropped."""

    events: list[dict[str, object]]
    next: str
    head: str
    has_more: bool


@get(
    "/",
    **documented(
        "readEvents",
        "Events behind a cursor, in order",
        more={200: ResponseSpec(EventPage, False, "Events and where to go on", JSON)}
        | _CURSOR_PROBLEMS,
    ),
)
async def read_events(
    state: State,
    call: NamedDependency[Call],
    after: AfterParameter = "earliest",
    limit: Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX)] = 100,
    type: Types = None,  # noqa: A002 - errors name the parameter
    subject: Subjects = None,
    station: Stations = None,
    wait: Annotated[
        int,
        QueryParameter(
            ge=0,
            le=WAIT_SECONDS_MAX,
            description="seconds to wait for an event when there is none yet",
        ),
    ] = 0,
) -> Response[bytes]:
    asked = asked_for(after, type, subject, station)
    page = await feed.read(call, state.tail, asked, limit=limit, wait_seconds=wait)
    return Response(_text(page), media_type=JSON)


@get(
    "/stream",
    media_type=MEDIA_TYPE,
    **documented(
        "streamEvents",
        "Events as they come, as server-sent events",
        more={200: ResponseSpec(bytes, False, "A stream of 15 minutes", MEDIA_TYPE)}
        | _CURSOR_PROBLEMS,
    ),
)
async def stream_events(
    state: State,
    call: NamedDependency[Call],
    after: AfterParameter = "latest",
    type: Types = None,  # noqa: A002 - errors name the parameter
    subject: Subjects = None,
    station: Stations = None,
    last_event_id: Annotated[
        str | None,
        HeaderParameter(
            name="Last-Event-ID",
            description="the `id` of the last frame; goes before `after`",
        ),
    ] = None,
) -> EventStream:
    asked = asked_for(last_event_id or after, type, subject, station)
    wanted = feed.filter_of(call.actor, asked)
    return EventStream(state.tail, await feed.place(asked.after), wanted)


@get("/info", **documented("readEventsInfo", "Where the log stands, and which types there are"))
async def read_events_info(
    call: NamedDependency[Call], config: NamedDependency[Config]
) -> EventsInfo:
    return await feed.info(call, config)


def asked_for(
    after: str,
    types: list[str] | None,
    subjects: list[str] | None,
    stations: list[UUID] | None,
) -> Asked:
    """Raises EdgeRefusal (400) for a text that is no cursor and for a type there is not."""
    unknown = [one for one in types or () if one not in TYPES]
    if unknown:
        raise EdgeRefusal(400, Fault("event_type_unknown", "type", {"given": unknown[0][:64]}))
    return Asked(
        after=_after(after),
        names=frozenset(TYPES[one] for one in types or ()),
        subjects=frozenset(subjects or ()),
        stations=frozenset(stations or ()),
    )


def _after(text: str) -> After:
    match text:
        case "earliest" | "latest":
            return text
    try:
        return place_of(text)
    except ValueError:
        raise EdgeRefusal(400, Fault("cursor_malformed", "after")) from None


def _text(page: Page) -> bytes:
    """Put together from the stored texts: what is encoded anew may differ from the stream's."""
    rest = msgspec.json.encode(
        {"next": cursor_of(page.next), "head": cursor_of(page.head), "has_more": page.has_more}
    )
    events = ",".join([event.body for event in page.events]).encode()
    return b'{"events":[' + events + b"]," + rest[1:]


router = Router(
    "/events",
    tags=["events"],
    route_handlers=[read_events, stream_events, read_events_info],
)
