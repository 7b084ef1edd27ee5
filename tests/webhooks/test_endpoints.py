"""Endpoints in their owners' hands, over HTTP: made, verified, tried, ended, caught up."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks

from tests.builders import NOW, call, client_key, signed_in, staff, station
from tests.events.world import volunteers
from tests.webhooks.receivers import receiving
from tests.webhooks.world import (
    Ticking,
    attempts,
    deliver_all,
    dispatcher,
    endpoint,
    happen,
    lanes,
    open_config,
    rules,
    state_of,
)
from volunteer_svc import ids
from volunteer_svc.actions import (
    deliveries,
    endpoint_secrets,
    endpoint_sends,
    endpoints,
    housekeeping,
    keys,
)
from volunteer_svc.actions.endpoints import NewEndpoint
from volunteer_svc.domain.webhook_signature import shown
from volunteer_svc.identity import key_file, vault
from volunteer_svc.outbound.webhooks import TOTAL_SECONDS
from volunteer_svc.store.database import execute, fetch

NOWHERE = b'"00000000-0000-7000-8000-000000000000"'
URL = "https://platform.example.org/hook"


@pytest.fixture
async def owner(client):
    return await client_key("subscriptions:write")


async def add(client, who, **fields):
    return await client.post("/v1/webhooks", json={"url": URL} | fields, headers=who.auth)


async def test_the_secret_is_shown_once_and_sealed_at_rest(client, owner):
    made = (await add(client, owner, description="平台")).json()
    assert made["secret"].startswith("whsec_")
    assert made["endpoint"]["state"] == "unverified"
    path = f"/v1/webhooks/{made['endpoint']['id']}"
    read = await client.get(path, headers=owner.auth)
    listed = await client.get("/v1/webhooks", headers=owner.auth)
    assert read.json() == listed.json()["items"][0] == made["endpoint"]
    tables = ("endpoint", "endpoint_secret", "idempotency_key", "audit_outbox")
    stored = str([dict(row) for one in tables for row in await fetch(f"SELECT * FROM {one}")])
    assert made["secret"] not in stored + read.text + listed.text
    assert made["secret"][6:] not in stored


async def test_an_endpoint_is_active_once_it_has_answered_its_challenge(
    client, owner, database, sequencer
):
    (subject,) = await volunteers(1)
    async with receiving(lambda _: "rubbish") as receiver:
        new = NewEndpoint(url=receiver.url)
        made = await endpoints.add_endpoint(owner.call(), new, rules(), 9)
        path = f"/v1/webhooks/{made.endpoint.id}"
        async with dispatcher(open_config(database, receiver.port)) as one:
            await happen(sequencer, [subject])
            await deliver_all(one)
            assert not receiver.got, "nothing before it is verified"
            asked = await client.post(f"{path}/verify", headers=owner.auth)
            assert (asked.status_code, asked.json()["state"]) == (202, "unverified")
            await deliver_all(one)
            assert await state_of(made.endpoint.id) == "unverified", "2xx alone proves nothing"
            assert (await attempts())[-1]["fault"] == "challenge_missing"
            receiver.behave = lambda _: "ok"
            await client.post(f"{path}/verify", headers=owner.auth)
            await deliver_all(one)
            assert await state_of(made.endpoint.id) == "active"
            await happen(sequencer, [subject])
            await deliver_all(one)
    assert [got.event["type"].split(".")[1] for got in receiver.got] == [
        "endpoint", "endpoint", "volunteer",
    ]  # fmt: skip
    assert receiver.got[-1].event["subjectversion"] == 2, "what happens from now on"
    library = standardwebhooks.Webhook(made.secret)
    for got in receiver.got:
        at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
        assert got.headers["webhook-signature"] == library.sign(got.id, at, got.body.decode())
    again = await client.post(f"{path}/verify", headers=owner.auth)
    assert (again.status_code, again.json()["code"]) == (409, "endpoint_state")


async def test_a_rotated_secret_signs_beside_the_old_one_for_a_day(client, owner, database):
    now = Ticking()
    async with receiving() as receiver:
        made = await endpoint(receiver.url, owner, now())
        path = f"/v1/webhooks/{made.endpoint.id}"
        rotated = (await client.post(f"{path}/rotate-secret", headers=owner.auth)).json()
        assert rotated["secret"] != made.secret
        async with dispatcher(open_config(database, receiver.port), now) as one:
            for hours, signatures in ((0, 2), (23, 2), (2, 1)):
                now.move(hours=hours)
                await endpoint_sends.test_endpoint(owner.call(now()), made.endpoint.id)
                await deliver_all(one)
                signed = receiver.got[-1].headers["webhook-signature"].split(" ")
                assert len(signed) == signatures


async def test_paused_waits_resumed_sends_disabled_forgets_deleted_is_gone(
    client, owner, database, sequencer
):
    subjects = await volunteers(3)
    async with receiving() as receiver:
        made = await endpoint(receiver.url, owner, NOW)
        path = f"/v1/webhooks/{made.endpoint.id}"

        async def act(verb, status=200, **options):
            response = await client.post(f"{path}/{verb}", headers=owner.auth, **options)
            assert response.status_code == status, response.text
            return response.json()

        async with dispatcher(open_config(database, receiver.port)) as one:
            await act("pause")
            await happen(sequencer, subjects)
            await deliver_all(one)
            assert (receiver.got, len(await lanes())) == ([], 3)
            assert (await act("pause", 409))["code"] == "endpoint_state"
            await act("resume")
            await deliver_all(one)
            assert len(receiver.got) == 3
            assert (await act("disable"))["undelivered_from"] == f"{4:020}"
            events = await happen(sequencer, subjects, 2)
            await deliver_all(one)
            assert len(receiver.got) == 3
            assert (await act("recover", 409, json={}))["code"] == "endpoint_state"
            await act("verify", 202)
            await deliver_all(one)
            assert await act("recover", 202, json={}) == {"after": f"{3:020}", "subjects": 3}
            await deliver_all(one)
            events = [one for one in events if one["type"].endswith("volunteer.updated.v1")]
            receiver.taken = [got for got in receiver.taken if "sequence" in got.event]
            receiver.got = [got for got in receiver.got if "sequence" in got.event]
            receiver.assert_complete(events)
    assert (await client.delete(path, headers=owner.auth)).status_code == 204
    assert (await client.get(path, headers=owner.auth)).status_code == 404
    assert (await fetch("SELECT state FROM endpoint"))[0]["state"] == "deleted"
    assert await fetch("SELECT FROM endpoint_secret") == []
    assert len(await attempts()) > 0, "the trail stays"


async def test_recover_sends_again_from_a_number_or_an_instant_in_order(
    client, owner, database, sequencer
):
    subjects = await volunteers(4)
    events = await happen(sequencer, subjects, 3)
    async with receiving() as receiver:
        made = await endpoint(receiver.url, owner, NOW)
        path = f"/v1/webhooks/{made.endpoint.id}/recover"

        async def recover(**body):
            return await client.post(path, json=body, headers=owner.auth)

        async with dispatcher(open_config(database, receiver.port)) as one:
            await recover(after=events[3]["sequence"])
            await deliver_all(one)
            receiver.assert_complete(events[4:])
            assert len(receiver.got) == 8
            await recover(since="2020-01-01T00:00:00Z")
            await deliver_all(one)
            assert {got.id for got in receiver.got} == {event["id"] for event in events}
            receiver.got, receiver.taken = receiver.got[8:], receiver.taken[8:]
            receiver.assert_complete(events)
            await recover(since="2099-01-01T00:00:00Z")
            await deliver_all(one)
            assert len(receiver.got) == 12
    for body, code, field in (
        ({}, "recover_from_missing", "after"),
        ({"after": "0", "since": "2020-01-01T00:00:00Z"}, "recover_from_twice", "since"),
        ({"after": "13"}, "sequence_ahead", "after"),
        ({"after": "99999999999999999999"}, "sequence_ahead", "after"),
        ({"after": "x"}, None, "after"),
        ({"since": "2020-01-01"}, None, "since"),
    ):
        response = await recover(**body)
        assert response.status_code in (400, 422), body
        assert code in (None, response.json()["code"])
        assert response.json()["errors"][0]["field"] == field


async def test_one_event_is_sent_again_and_a_sample_is_tried_once(
    client, owner, database, sequencer
):
    (subject,) = await volunteers(1)
    async with receiving() as receiver:
        made = await endpoint(receiver.url, owner, NOW)
        path = f"/v1/webhooks/{made.endpoint.id}"
        (event,) = await happen(sequencer, [subject])
        async with dispatcher(open_config(database, receiver.port)) as one:
            await deliver_all(one)
            sent = await client.post(f"{path}/events/{event['id']}/send", headers=owner.auth)
            assert sent.json() == {"event_id": event["id"]}
            await deliver_all(one)
            first, second = receiver.got
            assert (first.id, first.body) == (second.id, second.body)
            assert second.headers["volunteer-delivery"] == "resend"
            receiver.behave = lambda _: "500"
            tested = (await client.post(f"{path}/test", headers=owner.auth)).json()
            await deliver_all(one)
            assert receiver.got[-1].id == tested["event_id"]
            assert receiver.got[-1].event["type"] == "volunteer-svc.endpoint.tested.v1"
            assert await lanes() == [], "tried once"
    listed = await client.get(f"{path}/attempts?limit=1", headers=owner.auth)
    (newest,) = listed.json()["items"]
    assert (newest["kind"], newest["status"], newest["answer"]) == ("test", 500, "sick")
    rest = await client.get(f"{path}/attempts?cursor={listed.json()['next']}", headers=owner.auth)
    assert [one["kind"] for one in rest.json()["items"]] == ["resend", "subject"]
    query = f"{path}/attempts?event_id={event['id']}"
    assert len((await client.get(query, headers=owner.auth)).json()["items"]) == 2
    missing = await client.post(f"{path}/events/{ids.uuid7()}/send", headers=owner.auth)
    assert missing.status_code == 404


async def test_an_endpoint_is_not_sent_what_is_about_itself(client, owner, database, sequencer):
    async with receiving() as receiver:
        made = await endpoint(receiver.url, owner, NOW)
        path = f"/v1/webhooks/{made.endpoint.id}"
        await client.post(f"{path}/disable", headers=owner.auth)
        await deliveries.activate_endpoint(call(), made.endpoint.id)
        (told,) = await happen(sequencer, [])
        assert told["type"] == "volunteer-svc.endpoint.disabled.v1"
        again = await client.post(f"{path}/recover", json={"after": "0"}, headers=owner.auth)
        assert again.json()["subjects"] == 0
        sent = await client.post(f"{path}/events/{told['id']}/send", headers=owner.auth)
        assert (sent.status_code, sent.json()["code"]) == (409, "event_is_its_own")
        async with dispatcher(open_config(database, receiver.port)) as one:
            await deliver_all(one)
    assert receiver.got == []


async def test_filters_let_through_types_and_stations_asked_for(database, sequencer):
    here, there = await station(), await station()
    async with receiving() as both, receiving() as some:
        await endpoint(both.url, now=NOW, types=["volunteer-svc.station.changed.v1"])
        await endpoint(some.url, now=NOW, station_ids=[there.id])
        config = open_config(database, both.port, some.port)
        await happen(sequencer, await volunteers(2))
        async with dispatcher(config, Ticking()) as one:
            await deliver_all(one)
    assert [got.event["type"] for got in both.got] == ["volunteer-svc.station.changed.v1"] * 2
    assert {got.event["subject"] for got in both.got} == {f"station/{x.id}" for x in (here, there)}
    assert {got.event.get("stationid") for got in some.got} <= {str(there.id)}


async def test_complaints_need_their_scope(client, owner, database):
    types = ["volunteer-svc.complaint.opened.v1"]
    refused = await add(client, owner, types=types)
    assert (refused.status_code, refused.json()["code"]) == (403, "event_type_sensitive")
    trusted = await client_key("subscriptions:write", "events:sensitive")
    assert (await add(client, trusted, types=types)).status_code == 201
    assert (await add(client, await staff("county"), types=types)).status_code == 201
    assert (await add(client, await staff("admin"), types=types)).status_code == 403
    # Without a filter everybody has all types, but not these.
    await add(client, owner)
    rows = await fetch("SELECT sensitive, types FROM endpoint ORDER BY id")
    assert [row["sensitive"] for row in rows] == [True, True, False]


async def test_clients_see_their_own_and_staff_all(client, owner):
    other, reader = await client_key("subscriptions:write"), await client_key("subscriptions:read")
    made = (await add(client, owner)).json()["endpoint"]
    path = f"/v1/webhooks/{made['id']}"
    for method, url in (("GET", path), ("DELETE", path), ("POST", f"{path}/rotate-secret"),
                        ("GET", f"{path}/attempts"), ("POST", f"{path}/verify")):  # fmt: skip
        response = await client.request(method, url, headers=other.auth)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert (await client.get("/v1/webhooks", headers=other.auth)).json()["items"] == []
    assert (await add(client, reader)).status_code == 403
    for role in ("county", "admin", "auditor"):
        seen = await client.get("/v1/webhooks", headers=(await staff(role)).auth)
        assert [one["id"] for one in seen.json()["items"]] == [made["id"]]
    county = await staff("county")
    assert (await client.post(f"{path}/disable", headers=county.auth)).status_code == 200


async def test_a_closed_clients_endpoints_are_disabled(client, owner):
    await endpoint("http://127.0.0.1:1/", owner, NOW)
    admin = await staff("admin")
    await client.post(f"/v1/clients/{owner.actor.id}/close", headers=admin.auth)
    (row,) = await fetch("SELECT state, state_reason FROM endpoint")
    assert tuple(row) == ("disabled", "client_closed")


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b"{", 400, "json_malformed", None),
        (b"\xff", 400, "json_malformed", None),
        (b"[]", 400, "value_wrong_type", None),
        (b"{}", 400, "field_missing", "url"),
        (b'{"url": 7}', 400, "value_wrong_type", "url"),
        (b'{"url": "https://x.example.org/", "typ": []}', 400, "field_unknown", "typ"),
        (b'{"url": "https://x.example.org/", "types": ["star.promoted"]}', 422,
         "event_type_unknown", "types[0]"),
        (b'{"url": "https://x.example.org/", "types": ["volunteer-svc.no.such.v9"]}', 422,
         "event_type_unknown", "types[0]"),
        (b'{"url": "https://x.example.org/", "on_failure": "shrug"}', 400,
         "value_not_a_choice", "on_failure"),
        (b'{"url": "https://x.example.org/", "station_ids": [' + NOWHERE + b"]}", 422,
         "station_unknown", "station_ids"),
        (b'{"url": "http://x.example.org/"}', 422, "webhook_url_scheme", "url"),
        (b'{"url": "https://x.example.org:8443/"}', 422, "webhook_url_port", "url"),
        (b'{"url": "https://10.0.0.1/"}', 422, "webhook_url_inside", "url"),
        (b'{"url": "not a url"}', 422, "webhook_url_malformed", "url"),
        (b'{"url": "https://2130706433/"}', 422, "webhook_url_host", "url"),
    ],
)  # fmt: skip
async def test_a_wrong_request_is_told_what_is_wrong_and_where(
    client, owner, body, status, code, field
):
    headers = owner.auth | {"Content-Type": "application/json"}
    response = await client.post("/v1/webhooks", content=body, headers=headers)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code), problem
    assert problem["errors"][0].get("field") == field
    assert problem["detail"]


async def test_one_owner_has_so_many_endpoints_and_no_more(client, owner):
    for _ in range(50):
        assert (await add(client, owner)).status_code == 201
    refused = await add(client, owner)
    assert (refused.status_code, refused.json()["code"]) == (409, "endpoints_too_many")
    assert "50" in refused.json()["detail"]
    assert (await add(client, await client_key("subscriptions:write"))).status_code == 201
    page = (await client.get("/v1/webhooks?limit=30", headers=owner.auth)).json()
    rest = await client.get(f"/v1/webhooks?limit=30&cursor={page['next']}", headers=owner.auth)
    assert len(page["items"]) + len(rest.json()["items"]) == 50


async def test_a_thousand_endpoints_have_their_events(database, sequencer):
    """A row each behind one receiver: laid, claimed and delivered to within seconds."""
    (subject,) = await volunteers(1)
    async with receiving() as receiver:
        made = await endpoint(receiver.url, now=NOW)
        await execute(
            "INSERT INTO endpoint SELECT gen_random_uuid(), client_id, made_by, url, description,"
            " types, stations, sensitive, on_failure, state, state_reason, created_at,"
            " verified_at, from_seq, undelivered_seq, version"
            " FROM endpoint, generate_series(1, 999)"
        )
        await execute(
            "INSERT INTO endpoint_health (endpoint_id, failures) SELECT id, 0 FROM endpoint"
            " WHERE id <> $1", made.endpoint.id,
        )  # fmt: skip
        rows = await fetch("SELECT id FROM endpoint WHERE id <> $1", made.endpoint.id)
        ring, secret = vault.vault(), ids.webhook_secret()
        owners = {ids.uuid7(): row["id"] for row in rows}
        sealed = [ring.seal(secret, endpoint_secrets.secret_place(one)) for one in owners]
        await execute(
            "INSERT INTO endpoint_secret SELECT *, $4 FROM"
            " unnest($1::uuid[], $2::uuid[], $3::bytea[])",
            list(owners), list(owners.values()), sealed, NOW,
        )  # fmt: skip
        (event,) = await happen(sequencer, [subject])
        now = Ticking()
        async with dispatcher(open_config(database, receiver.port), now) as one:
            await deliver_all(one)
            while waiting := len(
                await lanes()
            ):  # who was not answered in time, on a crowded machine
                now.move(seconds=10)
                await deliver_all(one)
                assert len(await lanes()) < waiting, "nobody's second attempt came"
    assert {got.id for got in receiver.got} == {event["id"]}
    taken = Counter(row["endpoint_id"] for row in await attempts() if row["status"] == 204)
    assert taken == {row["id"]: 1 for row in await fetch("SELECT id FROM endpoint")}


async def test_secrets_are_sealed_anew_when_the_ring_is_rotated(database, tmp_path):
    made = await endpoint("http://127.0.0.1:1/", now=NOW)
    ring, name = key_file.read(database.key_file).with_new_key()
    own = tmp_path / "keys.json"
    key_file.create(own)
    key_file.replace(own, ring.sealing_with(name))
    vault.load(own)
    await keys.prove_ring(call())
    while await keys.reseal(call()):
        pass
    (row,) = await fetch("SELECT id, secret_sealed FROM endpoint_secret")
    assert row["secret_sealed"].startswith(vault.key_prefix(name))
    opened = vault.vault().open(row["secret_sealed"], endpoint_secrets.secret_place(row["id"]))
    assert shown(opened) == made.secret
    vault.load(database.key_file)


async def test_attempts_are_forgotten_after_a_month(database, sequencer):
    (subject,) = await volunteers(1)
    async with receiving() as receiver:
        await endpoint(receiver.url, now=NOW)
        await happen(sequencer, [subject])
        async with dispatcher(open_config(database, receiver.port), Ticking()) as one:
            await deliver_all(one)
    await housekeeping.forget_what_is_over(call(now=NOW + timedelta(days=29)))
    assert len(await attempts()) == 1
    await housekeeping.forget_what_is_over(call(now=NOW + timedelta(days=31)))
    assert await attempts() == []


async def test_a_process_that_stops_gives_back_what_it_has_not_sent(database, sequencer):
    (subject,) = await volunteers(1)
    async with receiving(lambda _: "hang") as receiver:
        await endpoint(receiver.url, now=NOW)
        await happen(sequencer, [subject])
        config = open_config(database, receiver.port)
        async with dispatcher(config, Ticking()) as one:
            while not receiver.got:
                await one.turn()
                await one._sender._backend.sleep(0.01)
        receiver.behave = lambda _: "ok"
        async with dispatcher(config, Ticking()) as other:
            await deliver_all(other)
    assert len(receiver.taken) == 1, "at once, not when the lease is over"
    assert deliveries.LEASE.total_seconds() > TOTAL_SECONDS


async def test_a_service_learns_nothing_of_the_endpoints_of_others(client, database, sequencer):
    (subject,) = await volunteers(1)
    mine, other = [await client_key("subscriptions:write", "records:read") for _ in range(2)]
    people = [await signed_in(subject), await staff("county")]
    async with receiving() as receiver:
        made = [await endpoint(receiver.url, one) for one in (mine, other, await staff("county"))]
        async with dispatcher(open_config(database, receiver.port)) as one:
            await happen(sequencer, [subject])
            await deliver_all(one)
    every = [str(one.endpoint.id) for one in made]

    async def told(who):
        answer = await client.get(f"/v1/volunteers/{subject}/events", headers=who.auth)
        (event,) = answer.json()["items"]
        return {one["endpoint_id"] for one in event["told_to"]}

    assert [await told(who) for who in (mine, other)] == [{every[0]}, {every[1]}]
    assert [await told(who) for who in people] == [set(every)] * 2
