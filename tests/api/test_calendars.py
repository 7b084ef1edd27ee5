"""Calendar feeds, read back by the library that telephones' calendars are tested with."""

import pytest
from icalendar import Calendar

from tests import builders
from tests.actions.plans import END, START, planned, published, signs_up
from volunteer_svc.actions import activities
from volunteer_svc.actions.activities import CancelActivity


def read(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    return {str(e["summary"]): e for e in Calendar.from_ical(answer.content).walk("VEVENT")}


@pytest.fixture
async def here(client):
    home = await builders.station()
    return home.id, await builders.staff("social_worker", home.id)


@pytest.mark.rule("R19")
async def test_a_stations_calendar_shows_what_is_published_and_names_nobody(client, here):
    station_id, worker = here
    await planned(worker, station_id, title="未发布")
    await published(worker, station_id, title="走访", place="敬老院", leader="李四")
    gone = await published(worker, station_id, title="已取消")
    await activities.cancel_activity(worker.call(), gone.id, CancelActivity(reason="雪"))
    answer = await client.get(f"/v1/stations/{station_id}/calendar.ics")
    found = read(answer)
    assert found.keys() == {"走访", "已取消"}
    assert (found["走访"].start, found["走访"].end) == (START, END)
    assert found["走访"]["location"] == "敬老院"
    assert found["已取消"]["status"] == "CANCELLED"
    assert "李四" not in answer.text


async def test_a_volunteers_calendar_is_his_under_a_secret_address_that_can_be_revoked(
    client, here
):
    station_id, worker = here
    person, other = await builders.active(station_id), await builders.active(station_id)
    himself = await builders.signed_in(person.id)
    mine, full = (
        await published(worker, station_id, title="有名额"),
        await published(worker, station_id, title="候补", capacity=1),
    )
    await published(worker, station_id, title="未报名")
    await signs_up(worker, mine, person)
    await signs_up(worker, full, other)
    await signs_up(worker, full, person)
    own = f"/v1/volunteers/{person.id}/calendar"
    first = (await client.post(own, headers=himself.auth)).json()["path"]
    assert read(await client.get(first)).keys() == {"有名额"}
    assert person.form.name not in (await client.get(first)).text
    second = (await client.post(own, headers=himself.auth)).json()["path"]
    assert (await client.get(first)).status_code == 404
    assert (await client.get(second)).status_code == 200
    assert (await client.delete(own, headers=himself.auth)).status_code == 204
    assert (await client.get(second)).status_code == 404
    assert (await client.delete(own, headers=himself.auth)).status_code == 404
    stranger = f"/v1/volunteers/{other.id}/calendar"
    assert (await client.post(stranger, headers=himself.auth)).status_code == 403
    assert (await client.get("/v1/calendars/x.ics")).status_code == 400
