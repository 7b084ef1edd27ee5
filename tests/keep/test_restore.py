"""What a backup and a restore refuse, each with a word and before anything is changed."""

import asyncio
import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from tests import builders
from tests.actions.world import assert_books_agree, hours
from tests.conftest import Urls
from tests.keep.conftest import done, refused
from volunteer_svc import archive, folders, ids, processes
from volunteer_svc.actions import erasures
from volunteer_svc.actions import keys as ring_keys
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.identity import key_file, vault
from volunteer_svc.identity.key_file import KeyRing
from volunteer_svc.identity.sealed_file import Opening, Sealing
from volunteer_svc.identity.vault import Vault
from volunteer_svc.store import database
from volunteer_svc.store.database import fetch
from volunteer_svc.store.dumps import Tools, chosen
from volunteer_svc.store.migrate import migrate

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


async def empty_database(url: str, name: str) -> str:
    """A new database beside the template, by its URL."""
    admin = await asyncpg.connect(url.replace("/volunteer?", "/postgres?"))
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    await admin.close()
    return url.replace("/volunteer?", f"/{name}?")


@pytest.fixture
async def empty(urls: Urls, redis_url: str, folder: Path) -> Config:
    """Settings of an external server with an empty database and no key ring yet."""
    url = await empty_database(urls.postgres, f"empty_{os.getpid()}")
    return Config(database_url=url, redis_url=redis_url, key_file=folder / "restored.json")


@pytest.fixture
async def kept(urls: Urls, redis_url: str, folder: Path) -> tuple[Path, Path]:
    """A backup of a small station, and its key ring."""
    url = await empty_database(urls.postgres, f"kept_{os.getpid()}")
    config = Config(database_url=url, redis_url=redis_url, key_file=folder / "keys.json")
    await fill(config)
    path = Path((await asyncio.to_thread(done, config, "backup", folder)).strip())
    return path, config.key_file


async def fill(config: Config) -> None:
    key_file.create(config.key_file)
    vault.load(config.key_file)
    await migrate(config)
    async with database.pool(config):
        await ring_keys.prove_ring(builders.call())
        station = await builders.station()
        worker = await builders.staff("social_worker", station.id)
        person = await builders.active(station.id)
        await hours(worker, station.id, person, 6_000)


async def tables(config: Config) -> int:
    connection = await asyncpg.connect(config.database_url)
    try:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
        return found
    finally:
        await connection.close()


def rewritten(content: bytes, to: Path, keys: Path, **parts: bytes) -> Path:
    """The archive with some of its members changed, sealed anew by somebody with the ring."""
    with zipfile.ZipFile(io.BytesIO(content)) as old, to.open("wb") as file:
        sealing = Sealing(file, Vault(key_file.read(keys)))
        with zipfile.ZipFile(sealing, "w") as new:
            for name in old.namelist():
                new.writestr(name, parts.get(name.partition(".")[0], old.read(name)))
        sealing.finish()
    return to


def manifest(content: bytes, **changes: Any) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return json.dumps(json.loads(zipped.read("manifest.json")) | changes).encode()


def plain_of(path: Path, keys: Path) -> bytes:
    """The zip in a sealed archive."""
    with path.open("rb") as file:
        return Opening(file, Vault(key_file.read(keys)), "the ring").readall()


async def test_an_external_database_comes_back_with_its_star(
    kept: tuple[Path, Path], empty: Config
) -> None:
    path, keys = kept
    assert "1 people opened" in done(empty, "restore", path, "--keys", keys)
    vault.load(empty.key_file)
    async with database.pool(empty):
        assert [row["star"] for row in await fetch("SELECT star FROM volunteer")] == [1]
        await assert_books_agree()


async def test_no_name_and_no_birth_date_stands_in_an_archive_and_an_older_one_is_taken_if_said(
    kept: tuple[Path, Path], empty: Config, folder: Path
) -> None:
    path, keys = kept
    plain = plain_of(path, keys)
    with zipfile.ZipFile(io.BytesIO(plain)) as zipped:
        table = zipped.read("manifest.json")
    assert b"last_sequence" in table
    assert b"last_sequence" not in path.read_bytes()
    assert b"PGDMP" not in path.read_bytes()
    assert b"PGDMP" in plain
    older = folder / "older.zip"
    older.write_bytes(plain)
    said = done(empty, "restore", older, "--keys", keys, "--unsealed")
    assert "1 people opened" in said


async def test_who_was_erased_since_the_backup_is_erased_again(
    kept: tuple[Path, Path], empty: Config, folder: Path
) -> None:
    path, keys = kept
    source = Config(
        database_url=empty.database_url.replace("empty_", "kept_"), redis_url=empty.redis_url,
        key_file=keys,
    )  # fmt: skip
    vault.load(keys)
    async with database.pool(source):
        ((person,),) = await fetch("SELECT id FROM volunteer")
        county, other = await builders.staff("county"), await builders.staff("county")
        asked = await erasures.ask_erasure(county.call(), person, AskErasure(reason="本人申请"))
        decision = DecideErasure(decision="approve", reason="本人申请")
        await erasures.decide_erasure(other.call(), asked.id, decision)
    listed = folder / "erased.txt"
    listed.write_text(done(source, "erased") + f"{ids.uuid7()} 2026-11-22\n")  # one enrolled later
    assert listed.read_text().startswith(str(person))
    bad = folder / "bad.txt"
    bad.write_text(f"{person} 2026-11-22\n王小明\n")
    assert "Line 2" in refused(empty, "restore", path, "--keys", keys, "--erased", bad)
    assert await tables(empty) == 0
    said = done(empty, "restore", path, "--keys", keys, "--erased", listed)
    assert "1 people opened" in said, "the backup had brought him back"
    assert "erased again: 1" in said
    async with database.pool(empty):
        assert await fetch("SELECT 1 FROM person") == []
        assert await fetch("SELECT 1 FROM person_key") == []
        (erased,) = await fetch("SELECT cause, state FROM erasure")
        assert tuple(erased) == ("restored", "erased")
        assert len(await fetch("SELECT 1 FROM outbox WHERE name = 'volunteer.erased'")) == 1
        await assert_books_agree()
    assert str(person) in done(empty, "erased")


async def test_a_damaged_or_foreign_archive_is_refused_before_anything_is_changed(
    kept: tuple[Path, Path], empty: Config, folder: Path
) -> None:
    path, keys = kept
    plain, whole = plain_of(path, keys), path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(plain)) as zipped:
        dump, said = zipped.read("database.dump"), json.loads(zipped.read("manifest.json"))
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    (folder / "flipped.zip").write_bytes(flipped)
    (folder / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (folder / "text.zip").write_text("no archive")
    (folder / "plain.zip").write_bytes(plain)
    more = said["tables"] | {"volunteer": 2}
    bad = {
        "flipped.zip": "its chunk 1 of 1 does not open",
        "cut.zip": "is cut off or was changed",
        "plain.zip": "is not sealed: anybody may have made it",
        "text.zip": "is not a backup that can be read",
        "missing.zip": "is not a backup that can be read",
        rewritten(
            plain, folder / "dump.zip", keys, database=dump[:-1]
        ).name: "database.dump of the",
        rewritten(plain, folder / "c.zip", keys, manifest=manifest(plain, tables=more)).name: (
            "volunteer should have 2 rows and has 1"
        ),
        rewritten(
            plain, folder / "m.zip", keys, manifest=b"{}"
        ).name: "is not a backup that can be read",
        rewritten(
            plain, folder / "n.zip", keys, manifest=manifest(plain, migrations=["2099-01-01"])
        ).name: "has the schema change 2099-01-01",
        rewritten(plain, folder / "o.zip", keys, manifest=manifest(plain, postgres=99)).name: (
            "from PostgreSQL 99"
        ),
    }
    for name, words in bad.items():
        assert words in refused(empty, "restore", folder / name, "--keys", keys), name
    assert await tables(empty) == 0
    assert not empty.key_file.exists()


async def test_the_key_ring_must_be_the_one_of_the_backup(
    kept: tuple[Path, Path], empty: Config, folder: Path
) -> None:
    path, keys = kept
    other = folder / "other.json"
    key_file.create(other)
    ring = json.loads(keys.read_text())
    renamed = folder / "renamed.json"
    renamed.write_text(json.dumps(ring | {"current": "k2", "keys": {"k2": ring["keys"]["k1"]}}))
    hashes = folder / "hashes.json"
    hashes.write_text(json.dumps(ring | {"hash_key": json.loads(other.read_text())["hash_key"]}))
    for file in (renamed, hashes):
        file.chmod(0o600)
    for file, words in {
        other: "The key k1 in",
        renamed: "does not hold the key k1",
        hashes: "The key hash_key in",
        folder / "none.json": "is missing",
    }.items():
        assert words in refused(empty, "restore", path, "--keys", file)
    shutil.copy(other, empty.key_file)
    assert "is another key ring" in refused(empty, "restore", path, "--keys", keys)
    assert await tables(empty) == 0


async def test_a_ring_with_a_retired_key_is_asked_for_only_what_is_used(
    kept: tuple[Path, Path], empty: Config, folder: Path
) -> None:
    path, keys = kept
    done(empty, "restore", path, "--keys", keys)
    ring, fresh = json.loads(keys.read_text()), folder / "fresh.json"
    key_file.create(fresh)
    unused = json.loads(fresh.read_text())["keys"]["k1"]
    both = {"k1": ring["keys"]["k1"], "k2": unused, "k3": unused}
    empty.key_file.write_text(json.dumps(ring | {"current": "k3", "keys": both}))
    again = Path(done(empty, "backup", folder).strip())
    ring = Vault(key_file.read(empty.key_file))
    with archive.reading(again, ring, "the ring") as reader:
        assert set(reader.manifest.keys) == {"k1", "k3", "hash_key"}


async def test_keys_do_not_go_beside_the_archives(
    kept: tuple[Path, Path], empty: Config, folder: Path
) -> None:
    _, keys = kept
    config = msgspec.structs.replace(empty, key_file=keys)
    before = sorted(folder.iterdir())
    assert "best on another medium" in refused(config, "backup", folder, "--keys-to", folder)
    assert sorted(folder.iterdir()) == before


async def test_an_unreachable_server_or_folder_leaves_nothing(
    kept: tuple[Path, Path], folder: Path
) -> None:
    _, keys = kept
    nowhere = Config(
        database_url="postgresql://x:secret@/x?host=/nowhere", redis_url="redis://x", key_file=keys
    )
    words = refused(nowhere, "backup", folder)
    assert "cannot be reached" in words
    assert "secret" not in words
    assert list(folder.glob("*.part")) == []


def test_an_archive_that_is_not_finished_does_not_appear(folder: Path) -> None:
    def fail(_: object) -> None:
        raise OSError("the disk is full")

    ring = Vault(KeyRing("k1", {"k1": os.urandom(32)}, os.urandom(32)))
    with pytest.raises(OSError, match="full"), archive.writing(folder / "a.zip", ring) as writer:
        writer.add("database.dump", fail)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("majors", "server", "taken"),
    [
        ([15], 15, 15),
        ([15, 18], 18, 18),
        ([18, 15], 15, 15),
        ([18], 17, 18),
        ([18, 16], 15, 16),
        ([], 18, "backup_tool_missing"),
        ([15, 17], 18, "backup_tool_too_old"),
        ([18], 15, "backup_tool_too_new"),
    ],
)
def test_the_tools_suit_the_server(majors: list[int], server: int, taken: int | str) -> None:
    candidates = [Tools(Path(str(major)), major) for major in majors]
    if isinstance(taken, int):
        assert chosen(candidates, server).major == taken
        return
    with pytest.raises(Refusal) as refusal:
        chosen(candidates, server)
    assert refusal.value.code == taken


@pytest.mark.skipif(not DEBIAN_15.exists(), reason="no PostgreSQL 15 on this machine")
async def test_a_server_of_version_15_with_its_own_tools(folder: Path, redis_url: str) -> None:
    account = folders.server_account()
    folders.let_pass(folder / "x", account)
    place = folders.private(folder / "postgres", account)

    def run(*arguments: object) -> processes.Child:
        return processes.spawn(
            [str(one) for one in arguments], env={"PATH": "/usr/bin:/bin"}, account=account
        )

    made = run(DEBIAN_15 / "initdb", "-D", place / "data", "-U", "postgres", "-A", "trust")
    assert made.wait(60) == 0
    server = run(
        DEBIAN_15 / "postgres", "-D", place / "data",
        "-c", "listen_addresses=", "-c", f"unix_socket_directories={place}",
    )  # fmt: skip
    try:
        url = f"postgresql://postgres@/volunteer?host={place}"
        admin = url.replace("/volunteer?", "/postgres?")
        ready = [DEBIAN_15 / "pg_isready", "-q", "-h", place]
        assert processes.poll_until(
            lambda: subprocess.run(ready, check=False).returncode == 0,  # noqa: S603
            60,
        )
        connection = await asyncpg.connect(admin)
        await connection.execute("CREATE DATABASE volunteer TEMPLATE template0 ENCODING 'UTF8'")
        config = Config(database_url=url, redis_url=redis_url, key_file=folder / "keys.json")
        await fill(config)
        path = done(config, "backup", folder).strip()
        await connection.execute("DROP DATABASE volunteer")
        await connection.execute("CREATE DATABASE volunteer TEMPLATE template0 ENCODING 'UTF8'")
        await connection.close()
        done(config, "restore", path, "--keys", config.key_file)
        async with database.pool(config):
            await assert_books_agree()
    finally:
        processes.stop([server])
