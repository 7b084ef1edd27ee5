"""32 clients for the same 20 volunteers across thresholds: nobody sees a deadlock or a 5xx."""

import asyncio
import random

import httpx

from tests.crash.clients import Clients, said

CLIENTS = 32
_TRY_SECONDS = 30.0
_LINES = (1, 1, 2, 5)


async def stress(clients: Clients, *, lines: int) -> None:
    """Log `lines` entries, alone and in sheets; nothing is retried: the first answer is the one."""
    chance = random.Random(7)  # noqa: S311 - which sheets meet, not a secret
    slots = [next(clients.slots) for _ in range(lines)]
    # Neighbours go to different volunteers; mixed, the sheets name them in every order.
    chance.shuffle(slots)

    async def client(http: httpx.AsyncClient) -> None:
        while slots:
            size = chance.choice(_LINES)
            mine, slots[:] = slots[:size], slots[size:]
            answer = await clients.post(http, f"sheet-{mine[0]}", clients.body(*mine))
            clients.statuses[answer.status_code] += 1
            if answer.status_code != httpx.codes.OK:
                clients.wrong[said(answer)] += 1
                continue
            for slot, outcome in zip(mine, answer.json()["outcomes"], strict=True):
                clients.acked[f"entry-{slot}"] = str(outcome["record_id"])
                if outcome["outcome"] != "counted":
                    clients.wrong[f"an entry became {outcome['outcome']}"] += 1

    limits = httpx.Limits(max_connections=CLIENTS)
    async with httpx.AsyncClient(timeout=_TRY_SECONDS, limits=limits) as http:
        await asyncio.gather(*(client(http) for _ in range(CLIENTS)))
