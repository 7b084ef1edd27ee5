"""The examples of platforms as processes: with a snapshot, over each source, over a new epoch."""

import asyncio
import os
import sqlite3
import sys
from asyncio.subprocess import PIPE
from contextlib import closing
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from tests.actions.world import hours
from tests.builders import active, staff, station
from tests.events.world import eventually
from tests.feed.test_consumer import streamed_all
from volunteer_svc.outbound.redis_stream import NAME
from volunteer_svc.store import database, event_log
from workers import epoch

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def people(database):
    home = await station()
    worker = await staff("social_worker", home.id)
    found = [await active(home.id) for _ in range(3)]

    async def serve(person, minutes, since=date(2026, 1, 1)):
        await hours(worker, home.id, found[person], minutes, since)

    found.append(serve)
    return found


async def move(sequencer, redis=None):
    while await event_log.move(sequencer, 1000):
        pass
    if redis is not None:
        await streamed_all(redis)
    return (await event_log.head()).last_seq


async def start(program, key, *arguments):
    return await asyncio.create_subprocess_exec(
        sys.executable, f"examples/{program}", *map(str, arguments),
        cwd=ROOT, stdout=PIPE, stderr=PIPE, env=os.environ | {"VOLUNTEER_API_KEY": key.token},
    )  # fmt: skip


async def run(program, key, *arguments):
    """Exit code and all that it said."""
    process = await start(program, key, *arguments)
    output, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, output.decode().splitlines(), errors.decode().splitlines()


async def stars():
    rows = await database.fetch("SELECT id, star, counted_minutes FROM volunteer")
    return {str(row["id"]): (row["star"], row["counted_minutes"]) for row in rows}


def sqlite_stars(path):
    with closing(sqlite3.connect(path)) as mine:
        rows = mine.execute("SELECT volunteer_id, star FROM volunteer").fetchall()
        return dict(rows)


@pytest.mark.parametrize("sources", ["feed", "both"])
async def test_the_main_platform_begins_with_a_snapshot_and_fills_holes(
    address, key, people, sequencer, redis, redis_url, tmp_path, sources
):
    *_, serve = people
    await serve(0, 13_000)
    begins = await move(sequencer, redis)
    options = ["--api", address, "--db", tmp_path / "db"]
    options += ["--redis", redis_url] if sources == "both" else []
    code, said, _ = await run("main_platform.py", key, *options, "--until-sequence", begins)
    assert (code, said[-1]) == (
        0, "consumed=0 promotions=0 revocations=0 missing=0 duplicates=0",
    )  # fmt: skip
    await serve(0, 6_000, date(2026, 3, 1))
    await serve(1, 6_000)
    head = await move(sequencer, redis)
    await redis.xdel(NAME, f"{begins + 2}-0", f"{head - 1}-0")
    code, said, _ = await run("main_platform.py", key, *options, "--until-sequence", head)
    assert (code, said[-1]) == (
        0, f"consumed={head - begins} promotions=2 revocations=0 missing=0 duplicates=0",
    )  # fmt: skip
    assert sqlite_stars(tmp_path / "db") == {
        one: star for one, (star, _) in (await stars()).items()
    }


async def test_the_main_platform_begins_anew_when_the_log_was_replaced(
    address, key, people, sequencer, redis, redis_url, tmp_path, config
):
    *_, serve = people
    options = ["--api", address, "--redis", redis_url, "--db", tmp_path / "db"]
    await serve(0, 6_000)
    head = await move(sequencer, redis)
    await run("main_platform.py", key, *options, "--until-sequence", head)
    # The platform has heard of a star that the restored books do not know.
    with closing(sqlite3.connect(tmp_path / "db")) as mine, mine:
        mine.execute("UPDATE volunteer SET star = 5")
    first = (await epoch.rotate(config)).first_seq
    await serve(1, 6_000)
    head = await move(sequencer, redis)
    code, _, errors = await run("main_platform.py", key, *options, "--until-sequence", head)
    assert code == 0, errors
    assert "beginning anew" in errors[-1]
    assert head > first
    assert sqlite_stars(tmp_path / "db") == {
        one: star for one, (star, _) in (await stars()).items()
    }


@pytest.mark.parametrize("sources", ["feed", "both"])
async def test_a_platform_on_postgresql_has_the_stars_of_the_service(
    address, key, people, sequencer, redis, redis_url, own_url, config, sources
):
    """Killed while it follows, and over a new epoch."""
    *_, serve = people
    await serve(0, 6_000)
    await move(sequencer, redis)
    admin = await asyncpg.connect(own_url)
    await admin.execute("CREATE SCHEMA platform")
    own = f"{own_url}&options=-csearch_path%3Dplatform"
    options = ["--api", address, "--database", own]
    options += ["--redis", redis_url] if sources == "both" else []
    try:
        process = await start("postgres_platform.py", key, *options)

        async def agrees():
            try:
                rows = await admin.fetch("SELECT * FROM platform.volunteer_star")
            except asyncpg.UndefinedTableError:
                return False
            found = {
                str(row["volunteer_id"]): (row["star"], row["counted_minutes"]) for row in rows
            }
            return found == await stars()

        await eventually(agrees)
        await serve(1, 6_500)
        await move(sequencer, redis)
        await eventually(agrees)
        process.kill()
        await process.communicate()
        await serve(2, 12_000)
        await move(sequencer, redis)
        process = await start("postgres_platform.py", key, *options)
        await eventually(agrees)
        await admin.execute("UPDATE platform.volunteer_star SET star = 5")
        await epoch.rotate(config)
        await serve(0, 100, date(2026, 6, 1))
        await move(sequencer, redis)
        await eventually(agrees)
        process.kill()
        _, errors = await process.communicate()
        assert b"beginning anew" in errors
    finally:
        await admin.execute("DROP SCHEMA platform CASCADE")
        await admin.close()
