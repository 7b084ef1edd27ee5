"""The state of all volunteers, for services that begin to follow the events."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from volunteer_svc.actions import snapshot
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.snapshot import VolunteerState
from volunteer_svc.api.documented import documented, problem
from volunteer_svc.api.problems import CursorProblem, EdgeRefusal
from volunteer_svc.domain.cursor import Place, cursor_of, place_of
from volunteer_svc.domain.errors import Fault

LIMIT_MAX = 1_000


class SnapshotPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: the page that follows, null on the last one. `events_after`: the cursor to read
    events on from when the last page is there; the same on all pages."""

    items: list[VolunteerState]
    next: str | None
    events_after: str


@get(
    "/volunteers/snapshot",
    **documented(
        "readSnapshot",
        "The state of all volunteers, to begin with",
        more={status: problem(status, CursorProblem) for status in (409, 410)},
    ),
)
async def read_snapshot(
    call: NamedDependency[Call],
    cursor: Annotated[
        str | None, QueryParameter(max_length=200, description="`next` of the page before")
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX)] = 500,
) -> SnapshotPage:
    begun, after = (None, None) if cursor is None else _page_of(cursor)
    found = await snapshot.read_snapshot(call, begun=begun, after=after, limit=limit)
    events_after = cursor_of(found.behind)
    is_last = len(found.volunteers) < limit
    following = None if is_last else f"{events_after}.{found.volunteers[-1].volunteer_id}"
    return SnapshotPage(items=found.volunteers, next=following, events_after=events_after)


def _page_of(cursor: str) -> tuple[Place, UUID]:
    """The place of the first page and the last volunteer of the one before."""
    begun, _, after = cursor.partition(".")
    try:
        return place_of(begun), UUID(after)
    except ValueError:
        raise EdgeRefusal(400, Fault("cursor_malformed", "cursor")) from None


router = Router("/", tags=["events"], route_handlers=[read_snapshot])
