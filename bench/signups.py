"""1 000 people who want 100 places, 64 at a time, over HTTP: how long, and whether it is exact."""

import asyncio
import hashlib
import re
import time
from collections.abc import Iterator
from datetime import timedelta

import asyncpg
import httpx
import uvloop

from bench import ground
from bench.entries import station_id, volunteer_id
from bench.figures import Figure
from bench.ground import Ground
from volunteer_svc import clock, ids

PEOPLE, PLACES, CLIENTS = 1_000, 100, 64
SECONDS_MAX = 3.0
_STATION = 0
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def measure(place: Ground, _seconds: float) -> Iterator[Figure]:
    """One round; raises RuntimeError when a place was given twice or the list is out of order."""
    with ground.process(place, "web", "-m", "volunteer_svc", "serve") as web:
        ground.wait_until_listening(place.config.port, web)
        taken = uvloop.run(_round(place))
    yield Figure(
        name="signup_1000_for_100", ours=taken, ceiling=SECONDS_MAX, at_most=SECONDS_MAX, unit=" s"
    )


async def _round(place: Ground) -> float:
    database = await asyncpg.connect(place.config.database_url)
    try:
        tokens = await _sign_in(database)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{place.config.port}/v1", timeout=30
        ) as http:
            activity_id = await _published(http, place.tokens[_STATION])
        waiting = iter([_request(activity_id, n, token) for n, token in enumerate(tokens)])
        lines = [await asyncio.open_connection("127.0.0.1", place.config.port)
                 for _ in range(CLIENTS)]  # fmt: skip
        started = time.perf_counter()
        await asyncio.gather(*(_client(*line, waiting) for line in lines))
        taken = time.perf_counter() - started
        for _, writer in lines:
            writer.close()
        rows = await database.fetch(
            "SELECT state FROM signup WHERE activity_id = $1 ORDER BY number", activity_id
        )
        states = [row["state"] for row in rows]
        if states != ["confirmed"] * PLACES + ["waiting"] * (PEOPLE - PLACES):
            raise RuntimeError("the places are not exact")
        return taken
    finally:
        await database.close()


async def _client(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waiting: Iterator[bytes]
) -> None:
    """One telephone after the other; no client library, which would cost more than the service."""
    for request in waiting:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(_LENGTH.search(head)[1]))  # type: ignore[index]
        if not head.startswith(b"HTTP/1.1 201"):
            raise RuntimeError((head + body).decode())


def _request(activity_id: str, number: int, token: str) -> bytes:
    body = f'{{"volunteer_id":"{volunteer_id(number)}"}}'
    return (
        f"POST /v1/activities/{activity_id}/sign-ups HTTP/1.1\r\nHost: bench\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def _sign_in(database: asyncpg.Connection) -> list[str]:
    """A session of each of the people."""
    now, tokens = clock.now(), [ids.token() for _ in range(PEOPLE)]
    await database.copy_records_to_table(
        "session",
        columns=["id", "token_hash", "volunteer_id", "created_at", "expires_at"],
        records=[
            (ids.uuid7(), hashlib.sha256(token.encode()).digest(), volunteer_id(number), now,
             now + timedelta(hours=1))
            for number, token in enumerate(tokens)
        ],
    )  # fmt: skip
    return tokens


async def _published(http: httpx.AsyncClient, token: str) -> str:
    start = (clock.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    plan = {
        "station_id": str(station_id(_STATION)), "kind": "elder_care", "form": "group_work",
        "title": "百人活动", "capacity": PLACES, "started_at": start.isoformat(),
        "ended_at": (start + timedelta(hours=2)).isoformat(),
    }  # fmt: skip
    answer = await http.post("/activities", json=plan, headers=_auth(token))
    activity_id = answer.raise_for_status().json()["activities"][0]["id"]
    published = await http.post(f"/activities/{activity_id}/publish", json={}, headers=_auth(token))
    published.raise_for_status()
    return str(activity_id)


def _auth(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
