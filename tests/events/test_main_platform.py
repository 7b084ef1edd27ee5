"""The example of the main platform: killed at any point, it loses no promotion and doubles none."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from redis.asyncio import Redis

from tests.events.world import eventually
from volunteer_svc.outbound.redis_stream import NAME

ROOT = Path(__file__).parents[2]
LAST = 3000


def body(n: int, *, name: str, source: str = "/volunteer-svc/one") -> str:
    star = n % 5
    event = {
        "specversion": "1.0",
        "id": str(UUID(int=n)),
        "source": source,
        "type": f"volunteer-svc.{name}.v1",
        "subject": "volunteer/1",
        "time": "2026-11-22T10:00:00.123456Z",
        "sequence": f"{n:020}",
        "subjectversion": n,
        "data": {
            "volunteer_id": str(UUID(int=n)),
            "member_no": f"{n:08}",
            "from_star": star,
            "to_star": star + 1,
            "counted_minutes": 6000,
            "policy_version": "jilin-2021",
            "caused_by": {"kind": "service_record", "id": str(UUID(int=n))},
        },
    }
    return json.dumps(event)


async def publish(redis: Redis, first: int, last: int) -> None:
    """Every second event is a promotion, every tenth a revocation."""
    async with redis.pipeline(transaction=False) as pipe:
        for n in range(first, last + 1):
            name = "star.revoked" if n % 10 == 0 else "star.promoted" if n % 2 else "unknown.type"
            pipe.xadd(NAME, {"data": body(n, name=name)}, id=f"{n}-0")
        await pipe.execute()


def platform(redis_url: str, db: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "examples/main_platform.py", "--redis", redis_url, "--db", str(db)]
    return subprocess.Popen(  # noqa: S603 - ours
        [*command, *options], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def ending(process: "subprocess.Popen[str]") -> tuple[int, list[str]]:
    """The exit code and the lines of a process that ends by itself."""
    output, errors = process.communicate(timeout=20)
    return process.returncode, [*errors.splitlines(), *output.splitlines()]


def position(db: Path) -> int:
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as database:
        row = database.execute("SELECT sequence FROM position").fetchone()
        return int(row[0]) if row else 0


async def test_killed_and_started_again_it_has_each_promotion_once(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    db = tmp_path / "platform.db"
    for part in range(3):
        before = 0 if part == 0 else position(db)
        with platform(redis_url, db, "--quiet") as process:
            # While it consumes, so that the kill falls into the middle of its work.
            publishing = asyncio.create_task(publish(redis, part * 1000 + 1, (part + 1) * 1000))

            async def consumes(before: int = before) -> bool:
                return db.exists() and has_schema(db) and position(db) > before

            await eventually(consumes)
            process.kill()
            await publishing
    with platform(redis_url, db, "--until-sequence", str(LAST)) as process:
        code, lines = ending(process)
    assert code == 0
    assert lines[-1] == f"consumed={LAST} promotions=1500 revocations=300 missing=0 duplicates=0"
    with platform(redis_url, db, "--until-sequence", str(LAST)) as process:
        assert ending(process) == (0, [lines[-1]])
    with closing(sqlite3.connect(db)) as database:
        found = database.execute("SELECT member_no FROM promotion ORDER BY 1").fetchall()
    assert [number for (number,) in found] == [f"{n:08}" for n in range(1, LAST, 2)]


def has_schema(db: Path) -> bool:
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as database:
        return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'seen'").fetchone())


async def test_an_effect_whose_position_is_not_stored_did_not_happen(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    db = tmp_path / "platform.db"
    await publish(redis, 1, 9)

    def run(until: int) -> int:
        with platform(redis_url, db, "--until-sequence", str(until)) as process:
            return ending(process)[0]

    def promoted() -> list[str]:
        with closing(sqlite3.connect(db)) as database:
            return [number for (number,) in database.execute("SELECT member_no FROM promotion")]

    assert run(4) == 0
    with closing(sqlite3.connect(db)) as database:
        database.execute(
            "CREATE TRIGGER crash BEFORE UPDATE ON position WHEN NEW.sequence >= 5 "
            "BEGIN SELECT RAISE(ABORT, 'crash'); END"
        )
    assert run(9) == 1
    assert promoted() == ["00000001", "00000003"]
    with closing(sqlite3.connect(db)) as database:
        database.execute("DROP TRIGGER crash")
    assert run(9) == 0
    assert promoted() == ["00000001", "00000003", "00000005", "00000007", "00000009"]


async def test_a_promotion_is_one_line(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    await publish(redis, 1, 3)
    with platform(redis_url, tmp_path / "db", "--until-sequence", "3") as process:
        code, lines = ending(process)
    assert (code, lines) == (
        0,
        [
            "2026-11-22 promotion 00000001 1→2 6000 min",
            "2026-11-22 promotion 00000003 3→4 6000 min",
            "consumed=3 promotions=2 revocations=0 missing=0 duplicates=0",
        ],
    )


async def test_holes_and_events_seen_twice_are_counted(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    for n, event in ((1, 1), (2, 2), (6, 6), (7, 1)):
        text = body(event, name="star.promoted").replace(f"{event:020}", f"{n:020}")
        await redis.xadd(NAME, {"data": text}, id=f"{n}-0")
    with platform(redis_url, tmp_path / "db", "--until-sequence", "7", "--quiet") as process:
        code, lines = ending(process)
    assert (code, lines) == (
        1,
        [
            "lost: events 3 to 5",
            "consumed=4 promotions=3 revocations=0 missing=3 duplicates=1",
        ],
    )


@pytest.mark.parametrize("restart", [False, True])
async def test_a_replaced_log_ends_it(
    redis: Redis, redis_url: str, tmp_path: Path, *, restart: bool
) -> None:
    await publish(redis, 1, 2)
    if restart:
        with platform(redis_url, tmp_path / "db", "--until-sequence", "2") as process:
            assert ending(process)[0] == 0
    other = body(100, name="star.promoted", source="/volunteer-svc/two")
    await redis.xadd(NAME, {"data": other}, id="100-0")
    with platform(redis_url, tmp_path / "db", "--until-sequence", "100") as process:
        assert ending(process)[0] == 2
