"""The service as a process of its own, with people and hours in it, and keys of every kind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec

from tests.actions.test_county_import import PERSON, bring_in, workbook
from tests.actions.test_county_import import served as row_served
from tests.actions.world import hours, line, record
from tests.api.test_serve import free_port, until_ready
from tests.builders import (
    NOW,
    TODAY,
    UNLIMITED,
    SignedIn,
    active,
    call,
    client_key,
    form,
    handed_in,
    registered,
    signed_in,
    staff,
    station,
)
from volunteer_svc.actions.intake import Register
from volunteer_svc.config import Config, environment
from volunteer_svc.store.database import fetch

ROOT = Path(__file__).parents[2]
KINDS = ("county", "social_worker", "admin", "volunteer", "client", "nobody")


class World(msgspec.Struct):
    """Who asks by kind, somebody else for signing out; values by the names of their fields."""

    keys: dict[str, SignedIn]
    spares: dict[str, SignedIn]
    known: dict[str, list[Any]]


async def people_with_hours() -> World:
    home, other = await station(), await station()
    first, second = await active(home.id), await active(other.id)
    due = await registered(home.id)
    worker = await staff("social_worker", home.id)
    await hours(worker, home.id, first, 6_100)
    counted, *waiting = await record(
        worker, home.id,
        line(second, minutes=60), line(first, minutes=500), line(first, minutes=300),
    )  # fmt: skip
    await handed_in(call(), Register(station_id=home.id, form=due.form))
    applicant = Register(station_id=home.id, form=form())
    await handed_in(call(), applicant)
    (claim,) = await fetch("SELECT id FROM claim")
    (applied,) = await fetch("SELECT id FROM registration WHERE registered_on IS NULL")
    county, leaver = await staff("county"), await staff("bureau")
    rows = [row_served(1, hours="2"), row_served(2, hours="-2")]
    runs = [
        await bring_in(county, workbook(roster=[PERSON], services=rows), commit=done)
        for done in (True, False)
    ]
    known: dict[str, list[Any]] = {
        "station_id": [home.id, other.id],
        "volunteer_id": [first.id, second.id, due.id],
        "member_no": [first.member_no, second.member_no],
        "registration_id": [due.registration_id, applied["id"]],
        "record_id": [counted.record_id, *(one.record_id for one in waiting)],
        "claim_id": [claim["id"]],
        "import_id": [run.id for run, _ in runs],
        "account_id": [leaver.actor.id],
        "client_id": [(await client_key("records:read")).actor.id],
        "id": [one.record_id for one in waiting],
        "document_number": [due.form.document_number],
        "served_on": [TODAY, TODAY - timedelta(days=3)],
        "held_on": [TODAY],
        "year": [2025],
        "form": [form() for _ in range(300)],
    }
    # A spare is somebody else: he cannot end the session that is needed to the end.
    keys, spares = [
        {kind: await _key(kind, home.id, one.id) for kind in KINDS} for one in (first, second)
    ]
    return World(keys, spares, msgspec.to_builtins(known))


async def _key(kind: str, station_id: Any, volunteer_id: Any) -> SignedIn:
    match kind:
        case "volunteer":
            return await signed_in(volunteer_id)
        case "client":
            return await client_key("volunteers:read", "records:read", "recognitions:read")
        case "social_worker":
            return await staff("social_worker", station_id)
        case "nobody":
            return SignedIn(actor=None, token="")
    return await staff(kind)


@contextmanager
def served(config: Config, redis_url: str, before: str = "") -> Iterator[tuple[str, IO[bytes]]]:
    """Where it listens, and its log. Its rate limits are out of the way.

    `before`: Python to run in the process first.
    """
    config = msgspec.structs.replace(
        config,
        redis_url=redis_url,
        port=free_port(),
        clock_start=NOW,
        log_level="warning",
        **UNLIMITED,
    )
    url = f"http://127.0.0.1:{config.port}"
    program = f"{before}\nfrom volunteer_svc.__main__ import main\nmain(['serve'])"
    with (
        TemporaryFile() as log,
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", program], cwd=ROOT, env=os.environ | environment(config),
            stdout=log,
        ) as process,
    ):  # fmt: skip
        try:
            until_ready(url, process)
            yield url, log
            assert process.poll() is None, "it has stopped"
        finally:
            process.kill()
            process.wait()
            print(text_of(log)[-20_000:])  # noqa: T201 - shown when the test fails


def text_of(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode()
