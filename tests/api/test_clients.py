"""Other services: a key is shown once, rotated with an overlap, closed, and its use is seen."""

import re
from datetime import timedelta

import pytest

from tests.builders import NOW, call, client_key, staff
from tests.store.test_schema import migrated_to
from volunteer_svc import clock
from volunteer_svc.actions import clients
from volunteer_svc.actions.accounts import caller_of
from volunteer_svc.actions.clients import NewClient, RotateKey
from volunteer_svc.domain.actor import Client
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.identity.client_keys import is_key, new_key
from volunteer_svc.identity.permissions import SCOPES
from volunteer_svc.identity.tokens import token_hash
from volunteer_svc.store import database as store_database
from volunteer_svc.store.database import execute, fetch

SOON = NOW + timedelta(days=1)


@pytest.fixture
async def admin(client):
    return await staff("admin")


async def opens(key, now=NOW):
    try:
        return isinstance((await caller_of(key, now)).actor, Client)
    except Refusal:
        return False


def test_a_key_can_be_told_from_everything_else():
    key = new_key()
    assert re.fullmatch(r"vsk_[0-9A-Za-z]{49}", key)
    assert is_key(key)
    assert len({new_key() for _ in range(1000)}) == 1000
    for n in range(4, len(key)):
        other = "a" if key[n] != "a" else "b"
        assert not is_key(key[:n] + other + key[n + 1 :]), "one wrong character"
    for text in ("", "vsk_", key[:-1], key + "a", key.removeprefix("vsk_"), "ghp" + key[3:],
                 key.upper(), "vsk_" + "é" * 49):  # fmt: skip
        assert not is_key(text)


async def test_a_key_is_shown_once_and_stored_as_a_hash(client, admin):
    body = {"name": "平台", "scopes": ["events:read", "records:read"]}
    answer = await client.post("/v1/clients", json=body, headers=admin.auth)
    key, shown = answer.json()["key"], answer.json()["client"]
    assert is_key(key)
    assert shown["scopes"] == ["events:read", "records:read"]
    assert shown["keys"][0]["hint"] == key[:8]
    assert key not in (await client.get("/v1/clients", headers=admin.auth)).text
    stored = str([dict(row) for row in await fetch("SELECT * FROM client, client_key")])
    assert key not in stored
    assert key[8:] not in stored
    me = await client.get("/v1/me", headers={"Authorization": f"Bearer {key}"})
    assert (me.json()["kind"], me.json()["id"]) == ("client", shown["id"])


async def test_the_same_request_again_shows_the_same_key(client, admin):
    body = {"name": "平台", "scopes": ["events:read"]}
    headers = admin.auth | {"Idempotency-Key": "k1"}
    first, again = [await client.post("/v1/clients", json=body, headers=headers) for _ in "12"]
    assert first.json() == again.json()
    assert len(await fetch("SELECT 1 FROM client_key")) == 1


async def test_a_key_with_a_wrong_checksum_is_refused_without_asking_the_database(
    client, monkeypatch
):
    key = (await client_key("records:read")).token

    async def unexpected(*_):
        raise AssertionError("a statement")

    monkeypatch.setattr(store_database, "fetch", unexpected)
    assert not await opens(key[:-1] + ("a" if key[-1] != "a" else "b"))


async def test_an_old_key_goes_on_until_its_day_and_no_longer(database):
    admin = await staff("admin")
    made = await clients.add_client(admin.call(), NewClient(name="平台", scopes=["records:read"]))
    until = NOW + timedelta(days=3)
    rotated = await clients.rotate_key(admin.call(), made.client.id, RotateKey(old_until=until))
    assert [key.expires_at for key in rotated.client.keys] == [None, until]
    just_before, then = until - timedelta(seconds=1), until
    assert [await opens(made.key, now) for now in (NOW, just_before, then)] == [True, True, False]
    assert await opens(rotated.key, then)
    # A third key ends the first one: two at most are alive.
    later = admin.call(NOW + timedelta(days=1))
    third = await clients.rotate_key(later, made.client.id, RotateKey())
    assert not await opens(made.key, later.now)
    assert await opens(rotated.key, later.now)
    assert third.client.keys[1].expires_at == later.now + timedelta(days=clients.OVERLAP_DAYS)
    # A leaked one ends at once.
    fourth = await clients.rotate_key(later, made.client.id, RotateKey(old_until=NOW))
    assert [await opens(one.key, later.now) for one in (made, rotated, third, fourth)] == [
        False, False, False, True,
    ]  # fmt: skip


async def test_an_overlap_never_lengthens_a_keys_life(database):
    admin = await staff("admin")
    request = NewClient(name="平台", scopes=["records:read"], expires_at=SOON)
    made = await clients.add_client(admin.call(), request)
    rotated = await clients.rotate_key(admin.call(), made.client.id, RotateKey())
    assert rotated.client.keys[1].expires_at == SOON
    assert not await opens(made.key, SOON)


async def test_a_closed_client_opens_nothing_and_stays_closed(client, admin):
    key = await client_key("records:read")
    path = f"/v1/clients/{key.actor.id}"
    assert (await client.get("/v1/me", headers=key.auth)).status_code == 200
    first = (await client.post(f"{path}/close", headers=admin.auth)).json()
    assert first["closed_at"]
    assert (await client.get("/v1/me", headers=key.auth)).status_code == 401
    assert (await client.post(f"{path}/close", headers=admin.auth)).json() == first
    response = await client.post(f"{path}/rotate", json={}, headers=admin.auth)
    assert (response.status_code, response.json()["code"]) == (409, "client_closed")
    # Also when somebody gives it a key behind our back.
    other = new_key()
    await execute(
        "INSERT INTO client_key VALUES ($1, $2, 'x', $3, NULL, NULL)",
        token_hash(other), key.actor.id, NOW,
    )  # fmt: skip
    assert not await opens(other)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"old_until": "2027-06-01T00:00:00Z"}, "overlap_out_of_range", "old_until"),
        ({"old_until": "9999-12-31T23:59:59Z"}, "overlap_out_of_range", "old_until"),
        ({"expires_at": "2026-11-01T00:00:00Z"}, "expiry_in_past", "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-12:00"}, "expiry_out_of_range", "expires_at"),
        ({"expires_at": "2027-01-01T00:00:00"}, "time_needs_offset", "expires_at"),
        ({"scopes": ["records:read"]}, "field_unknown", "scopes"),
    ],
)
async def test_a_rotation_that_cannot_be_is_refused_and_ends_nothing(
    client, admin, changes, code, field
):
    key = await client_key("records:read")
    path = f"/v1/clients/{key.actor.id}/rotate"
    problem = (await client.post(path, json=changes, headers=admin.auth)).json()
    assert (problem["code"], problem["errors"][0]["field"]) == (code, field)
    assert await fetch("SELECT expires_at FROM client_key") == [(None,)]


async def test_only_the_admin_makes_rotates_lists_and_closes(client):
    key = await client_key(*sorted(SCOPES))
    for who in (await staff("county"), await staff("auditor"), key):
        for method, path, body in (
            ("GET", "/v1/clients", None),
            ("POST", "/v1/clients", {"name": "x", "scopes": ["events:read"]}),
            ("POST", f"/v1/clients/{key.actor.id}/rotate", {}),
            ("POST", f"/v1/clients/{key.actor.id}/close", None),
        ):
            response = await client.request(method, path, json=body, headers=who.auth)
            assert response.status_code == 403, (path, who.actor)


async def last_uses():
    return [row["last_used_at"] for row in await fetch("SELECT last_used_at FROM client_key")]


async def test_the_last_use_is_written_once_a_minute_and_not_by_the_request(database):
    key = await client_key("records:read")
    assert await opens(key.token, NOW)
    assert await last_uses() == [None], "the request itself writes nothing"
    await clients.write_uses()
    assert await last_uses() == [NOW]
    for seconds, written in ((30, NOW), (59, NOW), (60, NOW + timedelta(seconds=60))):
        assert await opens(key.token, NOW + timedelta(seconds=seconds))
        await clients.write_uses()
        assert await last_uses() == [written]
    assert not await opens(new_key())
    assert not clients._uses


async def test_a_use_waits_while_the_database_is_away_and_is_written_at_the_end(
    database, monkeypatch
):
    key = await client_key("records:read")
    async with clients.writing_uses():
        assert await opens(key.token)
        with monkeypatch.context() as patched:

            async def lost(_):
                raise OSError

            patched.setattr(clients.store.clients, "note_uses", lost)
            await clients.write_uses()
        assert await last_uses() == [None]
    assert await last_uses() == [NOW]


async def test_a_process_that_serves_writes_uses_by_itself(client, monkeypatch):
    monkeypatch.setattr(clients, "_WRITE_SECONDS", 0.01)
    key = await client_key("records:read")
    async with clients.writing_uses():
        await client.get("/v1/me", headers=key.auth)
        before = clock.now()
        while await last_uses() == [None]:
            assert clock.now() - before < timedelta(seconds=10)


async def test_keys_from_before_go_on_after_the_migration(database):
    async with migrated_to(database, "2026-11-22T12:00:00:000000"):
        await execute(
            "INSERT INTO client (id, name, key_hash, scopes, created_at, expires_at)"
            " VALUES (gen_random_uuid(), 'x', $1, '{records:read}', $2, NULL)",
            token_hash("an old key"), NOW,
        )  # fmt: skip
    assert await opens("an old key")
    admin = await staff("admin")
    (old,) = await clients.clients(call(admin.actor), after=None, limit=2)
    await clients.close_client(admin.call(), old.id)
    assert not await opens("an old key")
