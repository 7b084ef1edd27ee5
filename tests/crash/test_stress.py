"""32 clients against a real web process, for the same 20 volunteers across thresholds."""

import subprocess
import sys
from collections import Counter

import msgspec

from tests.actions.world import assert_books_agree, events
from tests.builders import UNLIMITED
from tests.crash.clients import Clients
from tests.crash.harness import until
from tests.crash.service import ROOT, free_port, is_ready
from tests.crash.stress import stress
from tests.crash.world import a_world
from volunteer_svc.config import environment
from volunteer_svc.domain.policy import GUIDELINE_STARS
from volunteer_svc.store.database import fetch

LINES = 1260


async def test_32_clients_across_thresholds_lose_nothing_and_win_each_star_once(
    database, redis_url
):
    world = await a_world(minutes=480)
    config = msgspec.structs.replace(database, redis_url=redis_url, port=free_port(), **UNLIMITED)
    url = f"http://127.0.0.1:{config.port}"
    command = [sys.executable, "-m", "volunteer_svc", "serve"]
    with subprocess.Popen(  # noqa: ASYNC220, S603 - our own command, started only
        command, cwd=ROOT, env=environment(config), stdout=subprocess.DEVNULL
    ) as process:
        try:
            await until(lambda: is_ready(url), 30, "the web process is ready")
            clients = Clients(url, world)
            await stress(clients, lines=LINES)
            assert (clients.wrong, len(clients.acked)) == (Counter(), LINES)
        finally:
            process.kill()
    rows = await fetch("SELECT id::text, counted_minutes FROM volunteer")
    assert {row["counted_minutes"] for row in rows} == {LINES // 20 * 480}
    told = await events("star.promoted")
    promoted = Counter((one["volunteer_id"], one["to_star"]) for one in told)
    assert promoted == {
        (row["id"], star): 1 for row in rows for star in range(1, len(GUIDELINE_STARS) + 1)
    }
    await assert_books_agree()
