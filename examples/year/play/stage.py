"""Where a written year is played: the service, its clock, its stations, and who speaks to it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx

PASSWORD = "a good long password"  # noqa: S105 - of this play alone
ZONE = "+08:00"
_SESSION = timedelta(hours=2)


class RefusedError(Exception):
    """The service did not answer as the play needs it to go on."""


class Stage:
    """`at(instant)` sets the service's clock; `work()` lets its worker do what is due."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        script: dict[str, Any],
        at: Callable[[datetime], None],
        work: Callable[[], Awaitable[None]],
    ) -> None:
        self.http, self.script, self.at, self.work = http, script, at, work
        self.stations: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.known: dict[str, dict[str, str]] = {kind: {} for kind in (
            "record", "activity", "correction", "objection", "complaint", "award", "certificate",
            "batch", "badge")}  # fmt: skip
        self.tokens: dict[str, str] = {}
        self.signed_in_at: dict[str, datetime] = {}
        self.slips: set[str] = set()
        self.now = datetime.fromisoformat(f"{script['steps'][0]['on']}T00:00:00{ZONE}")
        self.requests = 0

    def set_clock(self, on: str, at: str) -> None:
        self.now = datetime.fromisoformat(f"{on}T{at}:00{ZONE}")
        self.at(self.now)

    async def ask(self, who: str, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The answer of the service to somebody; raises RefusedError when it is a refusal."""
        answer = await self.send(who, method, path, body, **options)
        if not answer.is_success:
            raise RefusedError(f"{self.now:%F} {who} {method} {path}: {answer.text}")
        return answer.json() if answer.content else None

    async def send(
        self, who: str, method: str, path: str, body: Any = None, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self._token(who)}"}
        headers |= options.pop("headers", {})
        if body is not None:
            options["json"] = body
        self.requests += 1
        return await self.http.request(method, f"/v1{path}", headers=headers, **options)

    async def look(self, path: str) -> httpx.Response:
        """What everybody sees who is not signed in."""
        self.requests += 1
        answer = await self.http.get(path)
        if not answer.is_success:
            raise RefusedError(f"{self.now:%F} {path}: {answer.text}")
        return answer

    async def pages(self, who: str, path: str, **params: Any) -> list[dict[str, Any]]:
        """All items of a list."""
        items, cursor = [], {}
        while True:
            page = await self.ask(who, "GET", path, params=params | {"limit": 100} | cursor)
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = {"cursor": page["next"]}

    async def _token(self, who: str) -> str:
        """Sessions end in the evening."""
        last = self.signed_in_at.get(who)
        if last is None or not timedelta(0) <= self.now - last < _SESSION:
            self.tokens[who] = await self._sign_in(who)
            self.signed_in_at[who] = self.now
        return self.tokens[who]

    async def _sign_in(self, who: str) -> str:
        if who not in self.ids:
            kind, name = "staff", who
        else:
            kind, name = "volunteer", (await self.ask("county2", "GET", self.of(who)))["member_no"]
            if who not in self.slips:
                self.slips.add(who)
                desk = self.worker(await self.home(who))  # who gives a slip approves nothing
                slip = await self.ask(desk, "POST", f"{self.of(who)}/slip")
                body = {"member_no": name, "slip": slip["slip"], "password": PASSWORD}
                answer = await self.http.post("/v1/sessions/slip", json=body)
                return str(answer.json()["token"])
        body = {"kind": kind, "name": name, "password": PASSWORD}
        answer = await self.http.post("/v1/sessions", json=body)
        if not answer.is_success:
            raise RefusedError(f"{who} cannot sign in: {answer.text}")
        return str(answer.json()["token"])

    def of(self, name: str) -> str:
        return f"/volunteers/{self.ids[name]}"

    def worker(self, station: str) -> str:
        return f"social_worker-{station}"

    def head(self, station: str) -> str:
        return f"station_head-{station}"

    async def home(self, name: str) -> str:
        home = (await self.ask("county2", "GET", self.of(name)))["station_id"]
        return next(key for key, known in self.stations.items() if known == home)

    def at_station(self, step: dict[str, Any]) -> dict[str, str]:
        """A station where the step names one, or the county."""
        return {"station_id": self.stations[step["station"]]} if step.get("station") else {}

    def know(self, name: str, volunteer_id: str) -> None:
        self.ids[name], self.names[volunteer_id] = volunteer_id, name

    def turned(self, kind: str) -> dict[str, str]:
        """Ids of the service, by what the script calls them."""
        return {known: name for name, known in self.known[kind].items()}
