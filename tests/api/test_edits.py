"""An edit rests on what was read: ETag and If-Match."""

import anyio
import msgspec
import pytest

from tests.builders import ALL_MATERIALS, active, call, form, handed_in, staff, station
from volunteer_svc.actions.intake import Register
from volunteer_svc.store.database import fetch_row


async def test_an_edit_of_what_was_read_passes_and_a_stale_one_does_not(client):
    county, place = await staff("county"), await station()
    path = f"/v1/stations/{place.id}"
    etag = (await client.get(path)).headers["etag"]
    assert etag == '"1"'
    headers = county.auth | {"If-Match": etag}
    edited = await client.patch(path, json={"name": "新名"}, headers=headers)
    assert (edited.status_code, edited.headers["etag"]) == (200, '"2"')
    stale = await client.patch(path, json={"name": "旧名"}, headers=headers)
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    assert (await client.get(path)).json()["name"] == "新名"


async def test_of_two_edits_at_once_one_wins(client):
    home = await station()
    worker, person = await staff("social_worker", home.id), await active(home.id)
    path = f"/v1/volunteers/{person.id}"
    etag = (await client.get(path, headers=worker.auth)).headers["etag"]
    statuses = []

    async def edit(skills):
        headers = worker.auth | {"If-Match": etag}
        response = await client.patch(path, json={"skills": skills}, headers=headers)
        statuses.append(response.status_code)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(edit, f"技能{number}")
    assert sorted(statuses) == [200, 412, 412, 412]


@pytest.mark.parametrize("given", ["1", 'W/"1"', '"x"', '"1", "2"', "", '"' + "9" * 30 + '"'])
async def test_a_malformed_if_match_is_refused(client, given):
    county, place = await staff("county"), await station()
    response = await client.patch(
        f"/v1/stations/{place.id}", json={"name": "x"}, headers=county.auth | {"If-Match": given}
    )
    assert (response.status_code, response.json()["code"]) == (400, "if_match_malformed")


@pytest.mark.parametrize("headers", [{}, {"If-Match": "*"}])
async def test_an_edit_without_a_revision_takes_what_is_there(client, headers):
    county, place = await staff("county"), await station()
    response = await client.patch(
        f"/v1/stations/{place.id}", json={"name": "x"}, headers=county.auth | headers
    )
    assert response.status_code == 200


async def test_materials_are_ticked_on_the_registration_that_was_read(client):
    home = await station()
    worker = await staff("social_worker", home.id)
    await handed_in(call(), Register(station_id=home.id, form=form()))
    row = await fetch_row("SELECT id FROM registration")
    path = f"/v1/registrations/{row['id']}"
    etag = (await client.get(path, headers=worker.auth)).headers["etag"]
    headers = worker.auth | {"If-Match": etag}
    one = {"materials": msgspec.to_builtins(ALL_MATERIALS[:1])}
    ticked = await client.put(f"{path}/materials", json=one, headers=headers)
    assert ticked.json()["missing"] == ["photo"]
    stale = await client.post(f"{path}/decline", json={"reason": "x"}, headers=headers)
    assert stale.status_code == 412
    headers["If-Match"] = ticked.headers["etag"]
    declined = await client.post(f"{path}/decline", json={"reason": "x"}, headers=headers)
    assert declined.json()["state"] == "declined"
    again = await client.put(f"{path}/materials", json=one, headers=worker.auth)
    assert (again.status_code, again.json()["code"]) == (409, "registration_not_open")
