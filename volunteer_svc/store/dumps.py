"""PostgreSQL's own tools: a dump of one instant with its counts, and its way back."""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
import msgspec

from volunteer_svc.domain.errors import refuse
from volunteer_svc.store import database

_CHUNK_BYTES = 1 << 20
_CONNECT_SECONDS = 10
_ERROR_CHARACTERS_MAX = 2_000
_SETS_TRANSACTION_TIMEOUT = 17
"""From this version on the tools set what older servers do not know, and those refuse the dump."""
_COPY = re.compile(rb"COPY public\.(\S+) \(.*\) FROM stdin;")
# Owners, grants and comments on extensions would need a superuser at the other end.
_PLAIN = ("--no-owner", "--no-privileges", "--no-comments")
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_STRANGERS = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY 1 LIMIT 3
"""
_BYTES_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'bytea'
"""


class Tools(msgspec.Struct, frozen=True):
    """pg_dump and pg_restore of one folder, and their major version."""

    folder: Path
    major: int

    def __str__(self) -> str:
        return str(self.major)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One instant of the database. `tables`: rows of each; `marks`: which were found in it."""

    id: str
    tables: dict[str, int]
    marks: list[bytes]
    migrations: list[str]
    epoch: str
    last_sequence: int


async def connect(url: str) -> Any:
    """A connection without time limits on its statements. Raises `database_unreachable`."""
    try:
        return await asyncpg.connect(
            url,
            timeout=_CONNECT_SECONDS,
            server_settings={
                "application_name": "volunteer_svc backup",
                "timezone": "UTC",
                "statement_timeout": "0",
                "idle_in_transaction_session_timeout": "0",
            },
        )
    except (*database.LOST, TimeoutError) as error:
        raise refuse("database_unreachable", reason=type(error).__name__) from error


def major_of(connection: Any) -> int:
    return int(connection.get_server_version().major)


def tools(server: int, packaged: Path | None) -> Tools:
    """The tools for a server of this major version: of PATH, or those of the embedded package.

    Raises `backup_tool_missing`, `backup_tool_too_old`, `backup_tool_too_new`.
    """
    found = shutil.which("pg_dump")
    folders = [Path(found).parent] if found else []
    return chosen([Tools(f, _major(f)) for f in (*folders, packaged) if f is not None], server)


def chosen(candidates: Iterable[Tools], server: int) -> Tools:
    """The oldest tools that suit the server."""
    candidates = sorted(candidates, key=lambda one: one.major)
    for one in candidates:
        fits = one.major < _SETS_TRANSACTION_TIMEOUT or server >= _SETS_TRANSACTION_TIMEOUT
        if one.major >= server and fits:
            return one
    if not candidates:
        raise refuse("backup_tool_missing", server=server)
    newest = candidates[-1].major
    code = "backup_tool_too_old" if newest < server else "backup_tool_too_new"
    raise refuse(code, tool=newest, server=server)


def _major(folder: Path) -> int:
    said = subprocess.run(  # noqa: S603 - the tool of PATH or of our package
        [folder / "pg_dump", "--version"], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    return int(re.findall(r"\d+", said)[0])


@asynccontextmanager
async def snapshot(connection: Any, marks: list[bytes]) -> AsyncIterator[Snapshot]:
    """Hold one instant of the database while the context lasts, and count what is in it.

    `marks` are beginnings of values; those some column holds come back.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        head = await connection.fetchrow("SELECT epoch, last_seq FROM event_head")
        names = await connection.fetch("SELECT name FROM migration ORDER BY name")
        yield Snapshot(
            id=await connection.fetchval("SELECT pg_export_snapshot()"),
            tables=await counts(connection),
            marks=await _found(connection, marks),
            migrations=[row["name"] for row in names],
            epoch=head["epoch"],
            last_sequence=head["last_seq"],
        )


async def counts(connection: Any) -> dict[str, int]:
    """The rows of each table."""
    tables = [row["tablename"] for row in await connection.fetch(_TABLES)]
    return {
        table: await connection.fetchval(f'SELECT count(*) FROM public."{table}"')
        for table in tables
    }


async def _found(connection: Any, marks: list[bytes]) -> list[bytes]:
    found: set[bytes] = set()
    for table, column in await connection.fetch(_BYTES_COLUMNS):
        rows = await connection.fetch(
            f'SELECT mark FROM unnest($1::bytea[]) AS mark WHERE EXISTS (SELECT FROM "{table}"'
            f' WHERE substr("{column}", 1, octet_length(mark)) = mark)',
            marks,
        )
        found |= {row["mark"] for row in rows}
    return [mark for mark in marks if mark in found]


async def strangers(connection: Any) -> list[str]:
    """Some of what stands in a database that should be empty; extensions alone have no relation."""
    return [row["relname"] for row in await connection.fetch(_STRANGERS)]


def dump(tools: Tools, url: str, snapshot_id: str, take: Callable[[bytes], None]) -> None:
    """Give `take` the dump of a held snapshot, in the custom format. Raises `backup_failed`."""
    options = ["--format=custom", f"--snapshot={snapshot_id}", "--lock-wait-timeout=60s", *_PLAIN]
    _run(tools, "pg_dump", options, url=url, take=take)


def dumped_counts(tools: Tools, source: IO[bytes]) -> dict[str, int]:
    """The rows of each table in a dump, without a database. Raises `backup_failed`."""
    found: dict[str, int] = {}
    table: str | None = None
    rest = b""

    def take(chunk: bytes) -> None:
        nonlocal table, rest
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            copied = _COPY.fullmatch(line) if table is None else None
            if copied:
                table = copied[1].decode().strip('"')
                found[table] = 0
            elif line == b"\\.":
                table = None
            elif table is not None:
                found[table] += 1

    _run(tools, "pg_restore", ["--data-only", "--file=-"], source=source, take=take)
    return found


def load(tools: Tools, url: str, source: IO[bytes]) -> None:
    """Put a dump into an empty database, all or nothing. Raises `backup_failed`."""
    options = ["--exit-on-error", "--single-transaction", *_PLAIN]
    _run(tools, "pg_restore", options, url=url, source=source)


def _run(
    tools: Tools,
    program: str,
    options: list[str],
    *,
    url: str | None = None,
    source: IO[bytes] | None = None,
    take: Callable[[bytes], None] | None = None,
) -> None:
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
    if url is not None:
        plain, password = _apart(url)
        options = [*options, f"--dbname={plain}"]
        environment |= password
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - the tool of PATH or of our package
            [tools.folder / program, *options],
            env=environment,
            stdin=subprocess.PIPE if source else subprocess.DEVNULL,
            stdout=subprocess.PIPE if take else subprocess.DEVNULL,
            stderr=errors,
        ) as process,
    ):
        try:
            feeding = threading.Thread(target=_feed, args=(source, process.stdin))
            feeding.start()
            while take and process.stdout and (chunk := process.stdout.read(_CHUNK_BYTES)):
                take(chunk)
            feeding.join()
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            errors.seek(0)
            said = errors.read(_ERROR_CHARACTERS_MAX).decode(errors="replace").strip()
            raise refuse("backup_failed", program=program, said=said)


def _feed(source: IO[bytes] | None, sink: IO[bytes] | None) -> None:
    if source is None or sink is None:
        return
    with suppress(BrokenPipeError), sink:  # it has ended, and says itself why
        shutil.copyfileobj(source, sink, _CHUNK_BYTES)


def _apart(url: str) -> tuple[str, dict[str, str]]:
    """A URL without its password, which everybody on the machine could read in a list of
    processes, and the password for the environment."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, {}
    plain = parts.netloc.replace(f":{parts.password}@", "@")
    return urlunsplit(parts._replace(netloc=plain)), {"PGPASSWORD": unquote(parts.password)}
