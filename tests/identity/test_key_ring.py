"""The key ring: wrong rings stop the start; keys are rotated while the service runs."""

import asyncio
import base64
import itertools
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import anyio.to_thread
import httpx
import msgspec
import pytest

from tests import builders, commands
from tests.api.test_serve import free_port, until_ready
from tests.builders import NOW, PASSWORD, call
from volunteer_svc import clock, store
from volunteer_svc.actions import intake, keys, staff_codes, volunteers
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.staff_codes import ConfirmCode, WithPassword
from volunteer_svc.actions.volunteers import EditVolunteer
from volunteer_svc.config import environment
from volunteer_svc.domain.one_time_code import code_at, step_of
from volunteer_svc.identity import key_file, person_keys, vault
from volunteer_svc.identity import people as identity
from volunteer_svc.identity.key_file import KeyRingError
from volunteer_svc.store.database import execute, fetch

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ring(database, tmp_path):
    """A key file of this test's own, with the same keys."""
    path = tmp_path / "keys.json"
    path.write_text(database.key_file.read_text())
    path.chmod(0o600)
    vault.load(path)
    return msgspec.structs.replace(database, key_file=path)


async def command(config, *arguments, **env):
    """A command of the service: exit code, output, what it said."""
    return await anyio.to_thread.run_sync(lambda: commands.command(config, *arguments, **env))


async def key_names():
    return {row["key_name"] for row in await fetch("SELECT DISTINCT key_name FROM person_key")}


async def people(number):
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    return worker, [await builders.registered(home.id) for _ in range(number)]


def without_key(ring):
    return msgspec.structs.replace(ring, current="other", keys={"other": ring.keys["k1"]})


def with_other_key(ring):
    return msgspec.structs.replace(ring, keys={"k1": os.urandom(32)})


def with_other_hash_key(ring):
    return msgspec.structs.replace(ring, hash_key=os.urandom(32))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without_key, "the key ring lacks the key k1 that this database needs"),
        (with_other_key, "the key k1 of the ring is not this database's"),
        (with_other_hash_key, "the hash key of the ring is not this database's"),
    ],
)
@pytest.mark.parametrize("process", [["serve"], ["work"], ["keys", "rewrap"]])
async def test_a_wrong_ring_stops_every_process_with_a_sentence(
    ring, redis_url, spoil, said, process
):
    config = msgspec.structs.replace(ring, redis_url=redis_url, port=free_port())
    key_file.replace(ring.key_file, spoil(key_file.read(ring.key_file)))
    ended = await command(config, *process)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o620, 0o666])
async def test_a_key_file_open_to_others_stops_the_start(ring, mode):
    ring.key_file.chmod(mode)
    ended = await command(ring, "serve")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"is open to others (mode 0{mode:o})" in ended.stderr


async def test_a_missing_or_broken_key_file_stops_the_start_and_repeats_no_key(ring):
    written = ring.key_file.read_text()
    key = key_file.read(ring.key_file).text().split('"k1": "')[1][:43]
    assert key in written
    for text, said in (
        (written.replace(key, key[:20]), "is not a key ring"),
        (written.replace('"k1"', '"k0"', 1), "the current key is not among the keys"),
        ("", "is not a key ring"),
    ):
        ring.key_file.write_text(text)
        ended = await command(ring, "serve")
        assert ended.returncode == 2
        assert said in ended.stderr
        assert key[:20] not in ended.stderr
    ring.key_file.unlink()
    ended = await command(ring, "serve")
    assert (ended.returncode, "is missing" in ended.stderr) == (2, True)


async def test_a_database_from_before_there_were_proofs_tells_a_wrong_ring_by_its_people(ring):
    _, (person,) = await people(1)
    number = person.form.document_number.encode()
    place = f"person/{person.id}/document"
    await execute(
        "UPDATE person SET document_sealed = $2 WHERE volunteer_id = $1",
        person.id, vault.vault().seal(number, place),
    )  # fmt: skip
    await store.person_keys.destroy(person.id)
    await execute("DELETE FROM ring_key")
    right = key_file.read(ring.key_file)
    for spoil in (with_other_key, with_other_hash_key):
        vault.load(spoil(right).text())
        with pytest.raises(KeyRingError):
            await keys.prove_ring(call())
    assert await store.ring_keys.all_known() == {}
    vault.load(ring.key_file)
    await keys.prove_ring(call())
    assert set(await store.ring_keys.all_known()) == {"k1", "hash"}


async def test_the_ring_may_come_from_the_environment(ring):
    text = ring.key_file.read_text()
    ring.key_file.unlink()
    await people(1)
    assert (await command(ring, "keys", "rewrap", VOLUNTEER_KEYS=text)).returncode == 0
    rotated = await command(ring, "keys", "rotate", VOLUNTEER_KEYS=text)
    assert key_file.parse(rotated.stdout.encode(), "the output").current == "k2"
    ended = await command(ring, "keys", "rewrap", VOLUNTEER_KEYS=rotated.stdout)
    assert (ended.returncode, await key_names()) == (0, {"k2"})
    ended = await command(ring, "serve", VOLUNTEER_KEYS="{}")
    assert (ended.returncode, "VOLUNTEER_KEYS is not a key ring" in ended.stderr) == (2, True)


async def test_a_rotation_re_wraps_everybody_while_the_service_runs(ring, redis_url):
    """The web process is started before and never restarted."""
    config = msgspec.structs.replace(ring, redis_url=redis_url, port=free_port(), clock_start=NOW)
    worker, persons = await people(3)
    url = f"http://127.0.0.1:{config.port}"

    def rotate_and_ask():
        with subprocess.Popen(
            [sys.executable, "-m", "volunteer_svc", "serve"], cwd=ROOT,
            env=environment(config), stdout=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            try:
                until_ready(url, process)
                said = []
                for arguments in (["rotate"], ["rewrap"], ["retire", "k1"]):
                    said.append(commands.command(config, "keys", *arguments))
                    for person in persons:
                        answer = httpx.get(f"{url}/v1/volunteers/{person.id}", headers=worker.auth)
                        assert answer.status_code == 200, answer.text
                        assert answer.json()["document_number"].startswith("1*")
                body = {
                    "station_id": str(worker.actor.station_id),
                    "form": msgspec.to_builtins(builders.form()),
                }
                made = httpx.post(f"{url}/v1/registrations", json=body)
                assert made.status_code == 202, made.text
                return said
            finally:
                process.kill()

    rotated, rewrapped, retired = await anyio.to_thread.run_sync(rotate_and_ask)
    assert (rotated.returncode, rewrapped.returncode) == (0, 0)
    assert "persons' keys re-wrapped     3/3" in rewrapped.stderr
    assert retired.returncode == 2
    assert "was current until just now" in retired.stderr
    await builders.taken_up()
    assert await key_names() == {"k2"}, "also of whoever registered since"
    assert len(await fetch("SELECT 1 FROM person_key")) == 4
    assert key_file.read(ring.key_file).current == "k2"
    assert ring.key_file.stat().st_mode & 0o777 == 0o600


async def test_a_rotation_among_writers_loses_nobodys_secrets(ring):
    """Four write all the while, two re-wrap at once: whoever was enrolled meanwhile opens."""
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    over, written = asyncio.Event(), {}

    async def write(first):
        for n in itertools.count(first * 1_000_000):
            if over.is_set():
                return
            person, phone = await builders.registered(home.id), f"100{n:08}"
            await volunteers.edit_volunteer(
                worker.call(), person.id, EditVolunteer(phone=phone), None
            )
            written[person.id] = (person.form.document_number, phone)

    async with asyncio.TaskGroup() as group:
        for first in range(4):
            group.create_task(write(first))
        rotated = await command(ring, "keys", "rotate")
        before = len(written)
        both = await asyncio.gather(*[command(ring, "keys", "rewrap") for _ in range(2)])
        over.set()
    assert [one.returncode for one in (rotated, *both)] == [0, 0, 0]
    assert 0 < before < len(written)
    vault.vault().reread(at_once=True)
    while await keys.rewrap(call()):  # whom a writer wrapped with the key before, in that second
        pass
    assert await key_names() == {"k2"}
    later = call(now=clock.now() + timedelta(minutes=2))
    await keys.reseal(later)
    await keys.retire(later, "k1")
    key_file.replace(ring.key_file, key_file.read(ring.key_file).without("k1"))
    vault.vault().reread(at_once=True)
    opened = await person_keys.of(written)
    for volunteer_id, (number, phone) in written.items():
        person = await store.people.find(volunteer_id)
        plain = identity.plain(opened[volunteer_id], person)
        assert (plain["document_number"], plain["phone"]) == (number, phone)


async def test_an_old_key_is_retired_once_nothing_hangs_on_it(ring):
    worker, persons = await people(2)
    sealed = vault.vault().seal(b"rows", "import/x")
    answer = vault.vault().seal(b"{}", "answer/00")
    await execute("INSERT INTO idempotency_key VALUES ('\\x00', '\\x00', $1, now())", answer)
    secret = await staff_codes.enrol_code(worker.call(), WithPassword(present=PASSWORD))
    form = builders.form()
    await intake.register(call(), Register(station_id=worker.actor.station_id, form=form))
    assert (await command(ring, "keys", "rotate")).returncode == 0
    later = call(now=clock.now() + timedelta(minutes=2))
    vault.vault().reread(at_once=True)
    with pytest.raises(KeyRingError, match="5 values hang on k1"):
        await keys.retire(later, "k1")
    with pytest.raises(KeyRingError, match="k2 is the current key"):
        await keys.retire(later, "k2")
    with pytest.raises(KeyRingError, match="there is no key k7"):
        await keys.retire(later, "k7")
    while await keys.rewrap(call()):
        pass
    assert await keys.reseal(call()) == 3
    assert await keys.reseal(call()) == 0
    await keys.retire(later, "k1")
    key_file.replace(ring.key_file, key_file.read(ring.key_file).without("k1"))
    assert (await command(ring, "keys", "rewrap")).returncode == 0
    vault.vault().reread(at_once=True)
    view = await volunteers.read_volunteer(worker.call(), persons[0].id)
    assert view.document_number == "1****************" + persons[0].form.document_number[-1]
    with pytest.raises(vault.VaultError):
        vault.vault().open(sealed, "import/x")
    shown = code_at(base64.b32decode(secret.secret), step_of(NOW))
    assert await staff_codes.confirm_code(worker.call(), ConfirmCode(code=shown))
    await builders.taken_up(NOW)
    assert len(await fetch("SELECT 1 FROM registration")) == 3


async def test_a_re_wrap_that_is_killed_goes_on_where_it_stood(ring, monkeypatch):
    _, persons = await people(3)
    assert (await command(ring, "keys", "rotate")).returncode == 0
    vault.vault().reread(at_once=True)
    monkeypatch.setattr(keys, "BATCH", 2)
    assert await keys.rewrap(call()) == 2
    assert (await keys.left_to_rewrap(), await key_names()) == (1, {"k1", "k2"})
    ended = await command(ring, "keys", "rewrap")
    assert "persons' keys re-wrapped     1/1" in ended.stderr
    assert await key_names() == {"k2"}
    assert len(persons) == 3


async def test_a_new_key_file_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "sub" / "keys.json"
    key_file.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_text()
    key_file.create(path)
    assert path.read_text() == before
