"""Endpoints changed while deliveries are on their way, and caught up from a cursor."""

import pytest

from tests.builders import NOW, client_key, staff
from tests.events.world import volunteers
from tests.webhooks.receivers import receiving
from tests.webhooks.world import (
    Ticking,
    deliver_all,
    dispatcher,
    endpoint,
    happen,
    open_config,
    rules,
    state_of,
)
from volunteer_svc.actions import deliveries, endpoint_edits, endpoint_sends, endpoints, feed
from volunteer_svc.actions.endpoint_edits import EditEndpoint
from volunteer_svc.domain.cursor import Place, cursor_of
from volunteer_svc.store import event_log
from workers.webhooks import ROOM_MIN

UPDATED = "volunteer-svc.volunteer.updated.v1"
APPLIED = "volunteer-svc.volunteer.applied.v1"


@pytest.fixture
async def owner(client):
    return await client_key("subscriptions:write")


async def edit(owner, endpoint_id, **change):
    """At the instant of the endpoints."""
    request = EditEndpoint(**change)
    return await endpoint_edits.edit_endpoint(owner.call(NOW), endpoint_id, request, rules(), None)


async def claimed(now):
    return await deliveries.claim(now, {}, room_else=ROOM_MIN, limit=9)


async def answered(one, delivery, now):
    """The delivery is made now, whatever happened since it was claimed."""
    await one._send(delivery)
    await one.write()


async def test_an_edit_changes_what_is_given_and_nothing_else(client, owner):
    made = await endpoint("https://platform.example.org/", owner, NOW, types=[UPDATED])
    path = f"/v1/webhooks/{made.endpoint.id}"
    before = (await client.get(path, headers=owner.auth)).json()
    assert before["revision"] == 1
    for change in ({"description": "新平台"}, {"on_failure": "block"}, {"types": [APPLIED]},
                   {"types": []}, {"url": "https://platform.example.org/"}, {}):  # fmt: skip
        response = await client.patch(path, json=change, headers=owner.auth)
        assert response.status_code == 200, response.text
        before |= change | {"revision": before["revision"] + 1}
        assert response.headers["etag"] == f'"{before["revision"]}"'
        assert response.json() == before
    for change, code, field in (
        ({"url": "https://10.0.0.1/"}, "webhook_url_inside", "url"),
        ({"types": ["volunteer-svc.no.such.v1"]}, "event_type_unknown", "types[0]"),
        ({"station_ids": [str(made.endpoint.id)]}, "station_unknown", "station_ids"),
        ({"state": "active"}, "field_unknown", "state"),
    ):
        problem = (await client.patch(path, json=change, headers=owner.auth)).json()
        assert (problem["code"], problem["errors"][0]["field"]) == (code, field)
    assert (await client.get(path, headers=owner.auth)).json() == before
    stale = await client.patch(path, json={}, headers=owner.auth | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    other = await client_key("subscriptions:write")
    assert (await client.patch(path, json={}, headers=other.auth)).status_code == 404


async def test_who_may_see_complaints_does_not_show_them_to_an_endpoint_that_may_not(client, owner):
    made = await endpoint("https://platform.example.org/", owner, NOW)
    change = {"types": ["volunteer-svc.complaint.opened.v1"]}
    county = await staff("county")
    refused = await client.patch(
        f"/v1/webhooks/{made.endpoint.id}", json=change, headers=county.auth
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "event_type_sensitive")


async def test_a_narrower_filter_holds_for_what_waits_already(client, owner, database, sequencer):
    async with receiving() as receiver:
        made = await endpoint(receiver.url, owner, NOW)
        await happen(sequencer, await volunteers(2))
        async with dispatcher(open_config(database, receiver.port)) as one:
            await deliveries.fan_out(NOW)
            change = EditEndpoint(types=[APPLIED])
            await endpoint_edits.edit_endpoint(
                owner.call(), made.endpoint.id, change, rules(), None
            )
            await deliver_all(one)
    assert receiver.got == []


async def test_another_address_is_verified_anew_and_catches_up(client, owner, database, sequencer):
    subjects = await volunteers(2)
    now = Ticking()
    async with receiving(lambda _: "410") as old, receiving() as new:
        made = await endpoint(old.url, owner, NOW)
        path = f"/v1/webhooks/{made.endpoint.id}"
        config = open_config(database, old.port, new.port)
        async with dispatcher(config, now) as one:
            await happen(sequencer, subjects)
            await deliveries.fan_out(now())
            late, *_ = await claimed(now())
            moved = await edit(owner, made.endpoint.id, url=new.url)
            assert (moved.state, moved.url) == ("unverified", new.url)
            assert moved.undelivered_from == f"{1:020}"
            await deliver_all(one)
            assert new.got == [], "nothing before it is verified"
            await client.post(f"{path}/verify", headers=owner.auth)
            now.move(hours=1)
            await deliver_all(one)
            assert await state_of(made.endpoint.id) == "active"
            await answered(one, late, now())
            assert await state_of(made.endpoint.id) == "active", "the old one's 410"
            await client.post(f"{path}/recover", json={}, headers=owner.auth)
            await deliver_all(one)
            assert sum("sequence" in got.event for got in new.got) == 2


@pytest.mark.parametrize("meanwhile", ["disable", "delete", "move"])
async def test_an_answer_to_a_challenge_comes_too_late_when_the_owner_has_changed_his_mind(
    owner, database, meanwhile
):
    async with receiving() as receiver:
        new = endpoints.NewEndpoint(url=receiver.url)
        made = await endpoints.add_endpoint(owner.call(NOW), new, rules(), 9)
        endpoint_id = made.endpoint.id
        await endpoint_sends.verify_endpoint(owner.call(NOW), endpoint_id)
        async with dispatcher(open_config(database, receiver.port), Ticking()) as one:
            (challenge,) = await claimed(NOW)
            if meanwhile == "disable":
                await endpoints.disable_endpoint(owner.call(NOW), endpoint_id)
            elif meanwhile == "delete":
                await endpoints.delete_endpoint(owner.call(NOW), endpoint_id)
            else:
                change = EditEndpoint(url="https://elsewhere.example.org/")
                await endpoint_edits.edit_endpoint(
                    owner.call(NOW), endpoint_id, change, rules(), None
                )
            await answered(one, challenge, NOW)
    assert len(receiver.got) == 1
    states = {"disable": "disabled", "delete": "deleted", "move": "unverified"}
    assert await state_of(endpoint_id) == states[meanwhile]


async def test_recover_takes_a_cursor_of_the_feed(client, owner, database, sequencer):
    (subject,) = await volunteers(1)
    events = await happen(sequencer, [subject], 3)
    epoch = (await event_log.head()).epoch
    async with receiving() as receiver:
        made = await endpoint(receiver.url, owner, NOW)
        path = f"/v1/webhooks/{made.endpoint.id}/recover"

        async def recover(after):
            return await client.post(path, json={"after": after}, headers=owner.auth)

        await deliveries.fan_out(NOW)
        behind_first = cursor_of(Place(epoch, 1))
        assert (await recover(behind_first)).json() == {"after": f"{1:020}", "subjects": 1}
        async with dispatcher(open_config(database, receiver.port)) as one:
            await deliver_all(one)
        receiver.assert_complete(events[1:])
        for after, status, code in (
            (behind_first[:-1], 422, "cursor_malformed"),
            ("x", 422, "cursor_malformed"),
            (cursor_of(Place("another", 1)), 410, "log_replaced"),
            (cursor_of(Place(epoch, 9)), 409, "cursor_ahead"),
        ):
            response = await recover(after)
            assert (response.status_code, response.json()["code"]) == (status, code)
            assert status == 422 or response.json()["snapshot"] == feed.SNAPSHOT
