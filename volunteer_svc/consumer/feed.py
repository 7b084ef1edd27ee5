"""The service's HTTP feed: pages of events by position, and the state to begin with."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from volunteer_svc.consumer.event import EpochChanged, Event, Expired, event_of
from volunteer_svc.consumer.position import Position

LIMIT_MAX = 1_000
WAIT_SECONDS_MAX = 30
_ANSWER_SECONDS = 20
_RETRY_SECONDS_MAX = 60.0
_EVENTS = '{"events":['
_decoder = json.JSONDecoder()


class FeedUnreachable(Exception):  # noqa: N818 - it says what is the case
    """No answer, or the service is busy: try again after `seconds`."""

    def __init__(self, reason: str, seconds: float = 0.5) -> None:
        super().__init__(reason)
        self.seconds = min(seconds, _RETRY_SECONDS_MAX)


class FeedRefused(Exception):  # noqa: N818 - it says what is the case
    """An answer that trying again does not change: the key, the filter, a cursor ahead of the log.

    `code` is the stable code of the problem, `problem` all of it.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.code = problem.get("code")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class FeedPage:
    """`next` is behind everything that was looked at, also what the filter dropped."""

    events: tuple[Event, ...]
    next: Position
    has_more: bool


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """Volunteers as they stand: each with its `subjectversion`. `after` is the same on all pages:
    where to read on when the last one is there."""

    volunteers: Sequence[Mapping[str, Any]]
    after: Position


class Feed:
    """A client of `GET /v1/events` with one connection, which is kept. One call at a time.

    `key`: of a client with the scope `events:read`. What `types`, `subjects` and `stations` name
    is delivered, all of it when they are empty. Raises FeedUnreachable and FeedRefused.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        types: Sequence[str] = (),
        subjects: Sequence[str] = (),
        stations: Sequence[str] = (),
    ) -> None:
        self._url = urlsplit(url)
        self._key = key
        self._types, self._subjects, self._stations = types, subjects, stations
        self._connection: HTTPConnection | None = None
        # http.client waits for answers; a thread of one's own ends with its connection.
        self._thread = ThreadPoolExecutor(1, "volunteer-feed")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._cut()
        self._thread.shutdown(wait=False)

    def wants(self, event: Event) -> bool:
        """Whether the feed would deliver it: the stream holds everything."""
        return (
            (not self._types or event.type in self._types)
            and (not self._subjects or event.subject in self._subjects)
            and (not self._stations or event.station_id in self._stations)
        )

    async def read(
        self, after: Position, *, limit: int = LIMIT_MAX, wait_seconds: int = 0
    ) -> FeedPage:
        """Events behind a position; when there are none yet, up to `wait_seconds` later.

        Raises EpochChanged and Expired, besides.
        """
        query = [("after", after.cursor), ("limit", str(limit)), ("wait", str(wait_seconds))]
        query += [("type", one) for one in self._types]
        query += [("subject", one) for one in self._subjects]
        query += [("station", one) for one in self._stations]
        text = await self._get("/v1/events", query, _ANSWER_SECONDS + wait_seconds, after)
        events, rest = _parsed(text)
        return FeedPage(events, Position.at(rest["next"]), rest["has_more"])

    async def info(self) -> dict[str, Any]:
        """Where the log stands, and which types there are."""
        found: dict[str, Any] = json.loads(await self._get("/v1/events/info", []))
        return found

    async def latest(self) -> Position:
        """Where only what is to come is ahead."""
        return Position.at((await self.info())["head"])

    async def snapshot(self) -> AsyncGenerator[SnapshotPage, None]:
        """The state of all volunteers, page by page. Raises EpochChanged and Expired when the
        pages so far are good for nothing: begin anew."""
        cursor: str | None = ""
        while cursor is not None:
            query = [("limit", str(LIMIT_MAX)), *([("cursor", cursor)] if cursor else [])]
            page = json.loads(await self._get("/v1/volunteers/snapshot", query))
            yield SnapshotPage(page["items"], Position.at(page["events_after"]))
            cursor = page["next"]

    async def _get(
        self,
        path: str,
        query: Sequence[tuple[str, str]],
        seconds: float = _ANSWER_SECONDS,
        after: Position = Position(),  # noqa: B008 - frozen
    ) -> str:
        target = f"{self._url.path.rstrip('/')}{path}?{urlencode(query)}"
        loop = asyncio.get_running_loop()
        try:
            status, retry_after, body = await loop.run_in_executor(
                self._thread, self._request, target, seconds
            )
        except asyncio.CancelledError:
            self._cut()
            raise
        except (OSError, HTTPException) as error:
            self._cut()
            raise FeedUnreachable(f"{type(error).__name__}: {error}") from error
        if status == 200:  # noqa: PLR2004 - HTTP's own
            return body.decode()
        raise _refusal(status, retry_after, body, after)

    def _request(self, target: str, seconds: float) -> tuple[int, str | None, bytes]:
        """In the thread. A kept connection may have been closed meanwhile: then once more."""
        for is_fresh in (self._connection is None, True):
            connection = self._connection or self._connect()
            connection.timeout = seconds
            if connection.sock is not None:
                connection.sock.settimeout(seconds)
            try:
                connection.request("GET", target, headers={"Authorization": f"Bearer {self._key}"})
                answer = connection.getresponse()
                return answer.status, answer.headers.get("Retry-After"), answer.read()
            except (ConnectionError, HTTPException):
                if is_fresh or self._connection is not connection:
                    raise
                connection.close()
                self._connection = None
        raise AssertionError("unreachable")

    def _connect(self) -> HTTPConnection:
        kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        self._connection = kind(self._url.hostname or "", self._url.port)
        return self._connection

    def _cut(self) -> None:
        """Also wakes the thread that waits for an answer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()


def _refusal(status: int, retry_after: str | None, body: bytes, after: Position) -> Exception:
    try:
        problem = json.loads(body)
    except ValueError:
        problem = {"detail": body[:200].decode(errors="replace")}
    if status in (429, 503) or status >= 500:  # noqa: PLR2004 - HTTP's own
        seconds = float(retry_after) if retry_after and retry_after.isdigit() else 1.0
        return FeedUnreachable(f"{status} {problem.get('code')}", seconds)
    if problem.get("code") == "log_replaced":
        found = Position.at(problem["earliest"])
        return EpochChanged(str(after.source), str(found.source), found.sequence + 1)
    if problem.get("code") == "cursor_expired":
        return Expired(after, Position.at(problem["earliest"]))
    return FeedRefused(status, problem)


def _parsed(text: str) -> tuple[tuple[Event, ...], dict[str, Any]]:
    """The events, each with its text as it was sent, and the rest of a page.

    `events` comes first in a page; each is taken as the text it is, not written anew.
    """
    if not text.startswith(_EVENTS):
        raise FeedUnreachable(f"not a page of events: {text[:40]!r}")
    at, events = len(_EVENTS), []
    while text[at] != "]":
        at += text[at] == ","
        body, end = _decoder.raw_decode(text, at)
        events.append(event_of(body, text[at:end].encode()))
        at = end
    return tuple(events), json.loads("{" + text[at + 2 :])
