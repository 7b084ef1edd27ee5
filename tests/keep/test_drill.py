"""The drill: fill, back up, go on, lose everything, restore, and go on again."""

import asyncio
import shutil
from contextlib import aclosing
from datetime import date
from pathlib import Path

import msgspec
import pytest

from tests import builders
from tests.actions.world import assert_books_agree, hours
from tests.builders import serving
from tests.events.world import eventually, relaying
from tests.keep.conftest import done, refused
from tests.keep.test_pictures import image
from volunteer_svc import embedded, folders
from volunteer_svc.actions import files as kept_files
from volunteer_svc.actions import keys as ring_keys
from volunteer_svc.app import create_app
from volunteer_svc.archive import Manifest, reading
from volunteer_svc.config import Config
from volunteer_svc.consumer import EpochChanged, Event, events
from volunteer_svc.identity import files, key_file, vault
from volunteer_svc.identity.vault import Vault
from volunteer_svc.store import database, event_log
from volunteer_svc.store.database import fetch
from volunteer_svc.store.migrate import migrate

FIRST_SHARE, SECOND_SHARE = 6_000, 6_000


class Platform:
    """Another service: its own table of stars, and its position in the log."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self.stars: dict[str, int] = {}
        self.source: str | None = None
        self.sequence = 0

    async def read_to(self, sequence: int) -> None:
        if self.sequence >= sequence:
            return
        async with aclosing(
            events(self._redis_url, after=self.sequence, source=self.source)
        ) as stream:
            async for event in stream:
                self.take(event)
                if self.sequence >= sequence:
                    return

    def take(self, event: Event) -> None:
        if event.type in ("volunteer-svc.star.promoted.v1", "volunteer-svc.star.revoked.v1"):
            self.stars[event.data["volunteer_id"]] = event.data["to_star"]
        self.source, self.sequence = event.source, event.sequence

    async def start_anew(self, changed: EpochChanged, config: Config) -> None:
        """From the service's state as its API tells it, then on with the new epoch."""
        key = await builders.client_key("volunteers:read", "records:read")
        async with serving(create_app(config)) as http:
            found = await http.post("/v1/volunteers/search", json={}, headers=key.auth)
            assert found.status_code == 200, found.text
            self.stars = {one["id"]: one["star"] for one in found.json()["items"] if one["star"]}
        self.source, self.sequence = changed.found, changed.sequence - 1


async def in_log(count: int) -> None:
    async def empty() -> bool:
        return not await fetch("SELECT FROM outbox") and (
            (await event_log.head()).last_seq >= count
        )

    await eventually(empty)


def manifest_of(path: Path, keys: Path) -> Manifest:
    with reading(path, Vault(key_file.read(keys)), "the ring") as reader:
        return reader.manifest


@pytest.mark.parametrize("redis_is_lost", [False, True], ids=["redis-kept", "redis-lost"])
async def test_after_a_disaster_the_books_agree_and_readers_notice(  # noqa: PLR0915 - one story
    folder: Path, redis_is_lost: bool
) -> None:
    config = Config(data_dir=folder / "data", key_file=folder / "data/keys.json")
    archives, escrow = folder / "archives", folder / "escrow"
    archives.mkdir()
    escrow.mkdir()

    # Fill.
    with embedded.servers(config.data_dir, durable=False) as servers:
        running = msgspec.structs.replace(
            config, database_url=servers.database_url, redis_url=servers.redis_url
        )
        key_file.create(config.key_file)
        vault.load(config.key_file)
        await migrate(running)
        async with database.pool(running), relaying(running):
            await ring_keys.prove_ring(builders.call())
            station = await builders.station()
            worker = await builders.staff("social_worker", station.id)
            people = [await builders.active(station.id) for _ in range(3)]
            await hours(worker, station.id, people[0], FIRST_SHARE)
            await in_log(1)
            platform = Platform(servers.redis_url)
            await platform.read_to((await event_log.head()).last_seq)
            assert platform.stars == {str(people[0].id): 1}

            files.load(running)
            photo = await kept_files.upload(
                worker.call(), people[0].id, "photo", image(), copies=False
            )

            # Back up, while all runs.
            said = await asyncio.to_thread(
                done, config, "backup", archives, "--keys-to", escrow, "--with-files"
            )
            [path], [keys] = list(archives.iterdir()), list(escrow.iterdir())
            assert said.split() == [str(keys), str(path)]
            assert path.stat().st_mode & 0o077 == keys.stat().st_mode & 0o077 == 0
            kept = await fetch("SELECT count(*)::int AS n FROM ledger_entry")
            manifest = manifest_of(path, keys)
            assert manifest.tables["ledger_entry"] == kept[0]["n"] > 0
            assert manifest.tables["volunteer"] == 3
            assert set(manifest.keys) == {"k1", "hash_key"}
            assert b"PGDMP" not in path.read_bytes(), "sealed as a whole"

            # Go on: what the platform is told of now will be gone.
            await hours(worker, station.id, people[1], SECOND_SHARE)
            await in_log(manifest.last_sequence + 1)
            published = (await event_log.head()).last_seq
            await platform.read_to(published)
            assert platform.stars == {str(people[0].id): 1, str(people[1].id): 1}

        # An occupied database is left as it is.
        words = await asyncio.to_thread(refused, config, "restore", path, "--keys", keys)
        assert "A restore goes into an empty database only" in words

    # Lose everything.
    shutil.rmtree(config.data_dir / "postgres")
    shutil.rmtree(config.data_dir / "files")
    config.key_file.unlink()
    if redis_is_lost:
        shutil.rmtree(config.data_dir / "valkey")

    # Restore.
    said = done(config, "restore", path, "--keys", keys)
    assert "3 people opened" in said
    assert "files: 1" in said
    assert config.key_file.read_bytes() == keys.read_bytes()

    with embedded.servers(config.data_dir, durable=False) as servers:
        vault.load(config.key_file)
        async with database.pool(running):
            await assert_books_agree()
            head = await event_log.head()
            assert head.epoch != manifest.epoch
            assert head.floor_seq == head.last_seq + 1 > published
            now = await fetch("SELECT count(*)::int AS n FROM ledger_entry")
            assert now == kept
            assert await fetch("SELECT FROM session") == []
            files.load(running)
            worker = await builders.staff("social_worker", station.id)
            found = await kept_files.download(worker.call(), people[0].id, "photo")
            assert len(found) == photo.bytes

            # Go on: the same hours again, and one star more.
            async with relaying(running):
                await hours(worker, station.id, people[1], FIRST_SHARE)
                await hours(worker, station.id, people[0], 60, since=date(2026, 6, 1))
                await in_log(head.floor_seq)
                last = (await event_log.head()).last_seq
                with pytest.raises(EpochChanged) as changed:
                    await platform.read_to(last)
                assert changed.value.sequence == head.floor_seq
                await platform.start_anew(changed.value, running)
                await platform.read_to(last)
            assert platform.stars == {str(people[0].id): 1, str(people[1].id): 1}
            assert platform.source == f"/volunteer-svc/{head.epoch}"
            await assert_books_agree()
    assert folders.sockets_of(config.data_dir).exists() is False
