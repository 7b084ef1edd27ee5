"""A scripted year of one station, through the real service, against an independent recomputation.

    make year
    python examples/year/run.py --script examples/year/short.json

Starts embedded servers and the service with a clock of its own, plays the script through the HTTP
API, works out from the script alone what must come of it, and tells every difference. Exits with 1
at any.
"""

import argparse
import asyncio
import json
import shutil
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import play  # noqa: E402
from play import PASSWORD, Stage  # noqa: E402
from recompute import expected  # noqa: E402

from volunteer_svc import clock, embedded  # noqa: E402
from volunteer_svc.actions import (  # noqa: E402
    badges,
    certificate_batches,
    county_import,
    housekeeping,
    intake,
    keys,
    reminders,
)
from volunteer_svc.actions.accounts import NewAccount, new_account  # noqa: E402
from volunteer_svc.actions.command import Call, command  # noqa: E402
from volunteer_svc.api.rate_limit import RULES  # noqa: E402
from volunteer_svc.app import create_app  # noqa: E402
from volunteer_svc.config import Config  # noqa: E402
from volunteer_svc.domain.actor import Anyone  # noqa: E402
from volunteer_svc.domain.badge import Issuer  # noqa: E402
from volunteer_svc.identity import key_file, vault  # noqa: E402
from volunteer_svc.identity.signing import SigningKey  # noqa: E402
from volunteer_svc.store.migrate import migrate  # noqa: E402

_ORIGIN = "https://volunteers.example.org"
_KEY = SigningKey(Ed25519PrivateKey.generate(), [])
_SHOWN = 12
"""So many differences are told one by one."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--script", type=Path, default=HERE / "year.json")
    script = json.loads(parser.parse_args().script.read_text())
    folder = Path(tempfile.mkdtemp(prefix="volunteer-year-"))
    started = time.monotonic()
    try:
        with embedded.servers(folder / "data", durable=False) as servers:
            config = configured(folder, servers.database_url, servers.redis_url)
            told, requests = asyncio.run(_played(config, script))
    finally:
        shutil.rmtree(folder)
    wanted = json.loads(json.dumps(expected(script)))
    told = json.loads(json.dumps(told))
    found = differences(wanted, told)
    summary(script, told)
    for line in found[:_SHOWN]:
        print(f"  DIFFERENT {line}")
    people, steps = len(script["people"]), len(script["steps"])
    minutes = sum(one["minutes"] for one in told["people"].values())
    print(f"year: people={people} steps={steps} requests={requests} minutes={minutes}"
          f" seconds={time.monotonic() - started:.0f} differences={len(found)}")  # fmt: skip
    return 1 if found else 0


def configured(folder: Path, database_url: str, redis_url: str) -> Config:
    """Settings under which nobody reaches a rate limit: a year is played in a minute."""
    key_file.create(folder / "keys.json")
    vault.load(folder / "keys.json")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    unlimited = {rule.setting: 1_000_000 for rule in RULES.values()}
    return Config(
        database_url=database_url, redis_url=redis_url, key_file=folder / "keys.json",
        data_dir=folder / "data", port=port, **unlimited,
    )  # fmt: skip


async def _played(config: Config, script: dict[str, Any]) -> tuple[dict[str, Any], int]:
    await migrate(config)
    async with _served(config) as http:
        return await played(http, script)


async def played(http: httpx.AsyncClient, script: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """What the service says of the script, and how many requests that took."""
    clock.start_at(datetime.fromisoformat(f"{script['steps'][0]['on']}T07:00:00+08:00"))
    await keys.prove_ring(call())
    await _first_admin(call())
    stage = Stage(http, script, clock.start_at, work)
    return await play.run(stage), stage.requests


def call() -> Call:
    return Call(actor=Anyone(), now=clock.now(), channel="worker")


@command
async def _first_admin(call: Call) -> None:
    request = NewAccount(
        username="admin", display_name="系统管理员", password=PASSWORD, role="admin"
    )
    await new_account(call, request)


async def work() -> None:
    """What the worker does, as of the service's clock."""
    while await intake.take_up_next(call()):
        pass
    while await county_import.work_on_next(clock.now):
        pass
    while await housekeeping.announce_lapses(call()):
        pass
    await reminders.make_reminders(call())
    while await certificate_batches.work_on_next(call(), _ORIGIN, clock.now):
        pass
    await badges.sign_badges(call(), _KEY, Issuer(_ORIGIN))


@asynccontextmanager
async def _served(config: Config) -> AsyncIterator[httpx.AsyncClient]:
    """The service behind a real socket, in this process, which holds its clock."""
    settings = uvicorn.Config(create_app(config), port=config.port, log_config=None, lifespan="on")
    server = uvicorn.Server(settings)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
        if serving.done():
            await serving
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{config.port}", timeout=60
        ) as http:
            yield http
    finally:
        server.should_exit = True
        await serving


def differences(wanted: Any, told: Any, where: str = "") -> list[str]:
    """Each place at which the service and the recomputation do not agree."""
    if isinstance(wanted, dict) and isinstance(told, dict):
        found = []
        for key in dict.fromkeys([*wanted, *told]):
            missing = "(nothing)"
            found += differences(wanted.get(key, missing), told.get(key, missing), f"{where}/{key}")
        return found
    return [] if wanted == told else [f"{where}: service {told}, script {wanted}"]


def summary(script: dict[str, Any], told: dict[str, Any]) -> None:
    steps, people = script["steps"], told["people"].values()
    print(f"A year of {', '.join(one['name'] for one in script['stations'].values())}:"
          f" {steps[0]['on']} to {steps[-1]['on']}")  # fmt: skip
    for state in sorted({one["state"] for one in people}):
        print(f"  {state:10} {sum(one['state'] == state for one in people):4} people")
    for star in range(6):
        print(f"  {star} star(s)  {sum(one['star'] == star for one in people):4} people")
    changes = [change for one in people for change in one["promotions"]]
    won = sum(after > before for before, after, _ in changes)
    print(f"  stars won {won}, taken back {len(changes) - won};"
          f" records waiting {len(told['waiting'])}")  # fmt: skip
    for name, answer in told["steps"].items():
        _, what, on = name.split()
        if what == "report":
            members, service = answer["members"], answer["service"]
            print(f"  {on} report: members {members['opening']} → {members['closing']}, new"
                  f" {members['new']}, lapsed {answer['registrations']['lapsed']}, left"
                  f" {members['exited']}; {service['records']} records,"
                  f" {service['minutes'] / 60:.1f} h, late {service['late']}")  # fmt: skip
        if what in ("publish", "read_list"):
            print(f"  {on} list: {', '.join(row[0] for row in answer['places']) or 'nobody'}")
    papers = Counter(one["state"] for one in told["certificates"].values())
    said = ", ".join(f"{state} {count}" for state, count in sorted(papers.items()))
    print(f"  certificates: {said or 'none'}; badges {len(told['badges'])},"
          f" revoked {sum(told['badges'].values())}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
