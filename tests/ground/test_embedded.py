"""The embedded servers: they answer, end with us in every way, and start again after any end."""

import os
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis.asyncio
from arq.connections import RedisSettings, create_pool

from tests.ground.conftest import all_gone, family, script
from volunteer_svc import folders, processes
from volunteer_svc.embedded import ServersError, servers

RUN = """
import sys
from pathlib import Path
from volunteer_svc.embedded import servers
with servers(Path(sys.argv[1])) as running:
    print(running.database_url, flush=True)
    sys.stdin.read()
"""


async def query(database_url: str, sql: str) -> object:
    connection = await asyncpg.connect(database_url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_servers_answer_the_three_libraries_that_we_use(data_dir: Path) -> None:
    with servers(data_dir, durable=False) as running:
        assert await query(running.database_url, "SHOW timezone") == "UTC"
        assert await query(running.database_url, "SELECT lower('É')") == "é"
        valkey = redis.asyncio.from_url(running.redis_url)
        assert await valkey.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        await valkey.aclose()
        pool = await create_pool(RedisSettings.from_dsn(running.redis_url))
        assert await pool.ping()
        await pool.aclose()


def names(processes: list[psutil.Process]) -> set[str]:
    """Of those that are still there: PostgreSQL has children that live for a moment."""
    found = set()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found.add(process.name())
    return found


async def test_stopping_leaves_no_process_and_keeps_the_data(data_dir: Path) -> None:
    before = set(family(os.getpid()))
    with servers(data_dir) as running:
        await query(running.database_url, "CREATE TABLE kept ()")
        started = [process for process in family(os.getpid()) if process not in before]
        assert names(started) >= {"postgres", "valkey-server"}
    assert all_gone(started, seconds=0)
    assert not (data_dir / "sockets").exists()
    with servers(data_dir) as running:
        assert await query(running.database_url, "SELECT count(*) FROM kept") == 0


async def test_a_killed_run_leaves_no_process_and_the_next_run_starts(data_dir: Path) -> None:
    with script(RUN, data_dir) as run:
        assert run.stdout is not None
        url = run.stdout.readline().strip()
        await query(url, "CREATE TABLE kept ()")
        started = family(run.pid)
        assert len(started) > 2
        run.kill()
        run.wait()
        # At once: the next start itself waits for the dying servers.
        with servers(data_dir) as running:
            assert await query(running.database_url, "SELECT count(*) FROM kept") == 0
            assert all_gone(started, seconds=0)


def test_a_second_run_on_the_folder_is_refused(data_dir: Path) -> None:
    with (
        servers(data_dir, durable=False),
        pytest.raises(ServersError, match=rf"another run \(process {os.getpid()}\) is using"),
        servers(data_dir, durable=False),
    ):
        pass


async def test_stale_files_do_not_block_the_start(data_dir: Path) -> None:
    with servers(data_dir, durable=False):
        pid_file = (data_dir / "postgres/postmaster.pid").read_text()
    account = folders.server_account()
    other = processes.spawn(["sleep", "60"], env=os.environ, account=account)
    try:
        # The number of the dead server belongs to this other process by now.
        lines = [str(other.pid), *pid_file.splitlines()[1:]]
        (data_dir / "postgres/postmaster.pid").write_text("\n".join(lines))
        folders.private(data_dir / "sockets", account)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock", "valkey.sock"):
            (data_dir / "sockets" / name).write_text(f"{other.pid}\n")
        with servers(data_dir, durable=False) as running:
            assert await query(running.database_url, "SELECT 1") == 1
    finally:
        processes.stop([other])


async def test_an_interrupted_first_start_does_not_block_the_next(data_dir: Path) -> None:
    folders.private(data_dir, processes.own_account())
    folders.private(data_dir / "postgres.new", folders.server_account())
    (data_dir / "postgres.new/PG_VERSION").write_text("18\n")
    with servers(data_dir, durable=False) as running:
        assert await query(running.database_url, "SELECT 1") == 1


async def test_a_folder_may_be_deep_and_have_any_name(data_dir: Path) -> None:
    folder = data_dir / "志愿 服务?#%,'" / ("deep" * 25)
    with servers(folder, durable=False) as running:
        assert await query(running.database_url, "SELECT 1") == 1
        assert len(running.redis_url) < 107
        sockets = Path(running.redis_url.removeprefix("unix://")).parent
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not sockets.exists()


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    with servers(data_dir, durable=False):
        pass
    (data_dir / "postgres/PG_VERSION").write_text("9\n")
    before = set(family(os.getpid()))
    with (
        pytest.raises(
            ServersError, match=r"(?s)postgres has stopped.*files are incompatible with server"
        ),
        servers(data_dir, durable=False),
    ):
        pass
    assert all_gone([process for process in family(os.getpid()) if process not in before], 0)


def test_a_folder_of_another_account_is_refused(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "postgres").symlink_to("/")
    with pytest.raises(ServersError, match="is not a folder of user"), servers(data_dir):
        pass
