"""Activities at the desk: planned, published, filled, cancelled; the screen and the taps."""

import re

import pytest

from tests.actions.plans import END, START, planned, published, signs_up
from tests.builders import active, staff, station, topics
from volunteer_svc import clock

HOME = "/staff/activities"
FIELDS = {
    "title": "敬老院陪伴", "kind": "elder_care", "form": "group_work", "capacity": "2",
    "started_at": "2026-11-22T14:00", "ended_at": "2026-11-22T16:00", "place": "二楼",
}  # fmt: skip


@pytest.fixture
async def here(browser):
    home = await station()
    worker = await staff("social_worker", home.id)
    browser.signed_in(worker)
    return home.id, worker


async def test_an_activity_is_planned_changed_published_and_cancelled(browser, here):
    await topics("first-aid")
    wrong = await browser.send(f"{HOME}/new", FIELDS | {"ended_at": "2026-11-22T13:00"})
    assert wrong.status_code == 422
    assert 'href="#f-ended-at"' in wrong.text
    assert 'value="2026-11-22T14:00"' in wrong.text, "as it was typed"
    page = await browser.send(f"{HOME}/new", FIELDS | {"required_topics": "first-aid",
                                                       "minimum_age": "18"})  # fmt: skip
    assert "已安排 1 场" in page.text
    one = page.url.path
    assert "14:00–16:00" in page.text
    page = await browser.send(f"{one}/edit", FIELDS | {"place": "", "capacity": "3"})
    assert "已保存" in page.text
    assert "二楼" not in page.text
    assert "first-aid" not in page.text
    stale = await browser.send(f"{one}/edit", FIELDS | {"revision": "1"})
    assert stale.status_code == 422
    assert (await browser.send(f"{one}/edit", FIELDS | {"title": " "})).status_code == 422
    assert "已发布 1 场" in (await browser.send(f"{one}/publish", page=one)).text
    assert "敬老院陪伴" in (await browser.open(f"{HOME}?month=2026-11")).text
    assert "敬老院陪伴" in (await browser.open(f"{HOME}?month=2026-11&how=list")).text
    assert "这个月没有活动" in (await browser.open(f"{HOME}?month=2027-01")).text
    none = await browser.send(f"{one}/cancel", page=one)
    assert none.status_code == 422
    page = await browser.send(f"{one}/cancel", {"reason": "大雪"}, page=one)
    assert "已取消 1 场" in page.text
    assert "大雪" in page.text


async def test_a_series_is_planned_and_published_with_what_follows(browser, here):
    weekly = FIELDS | {"repeat.every": "week", "repeat.count": "3"}
    half = await browser.send(f"{HOME}/new", FIELDS | {"repeat.every": "week"})
    assert 'href="#f-repeat-count"' in half.text
    page = await browser.send(f"{HOME}/new", weekly)
    assert "已安排 3 场" in page.text
    one = page.url.path
    page = await browser.send(f"{one}/publish", {"following": "true"}, page=one)
    assert "已发布 3 场" in page.text


async def test_the_desk_signs_up_by_number_enlarges_and_withdraws(browser, here):
    station_id, worker = here
    activity = await published(worker, station_id, capacity=1)
    one = f"{HOME}/{activity.id}"
    people = [await active(station_id, name=name) for name in ("王一", "李二")]
    for person, said in zip(people, ("已报名", "已排候补"), strict=True):
        page = await browser.send(f"{one}/sign-ups", {"member_no": person.member_no}, page=one)
        assert said in page.text
    assert "候补第 1 位" in page.text
    page = await browser.send(f"{one}/sign-ups", {"member_no": "00000000"}, page=one)
    assert 'href="#f-member-no"' in page.text
    few = await browser.send(f"{one}/capacity", {"capacity": "0"}, page=one)
    assert 'href="#f-capacity"' in few.text
    page = await browser.send(f"{one}/capacity", {"capacity": "2"}, page=one)
    assert "候补第" not in page.text
    leave = f"{one}/sign-ups/{people[0].id}"
    page = await browser.send(leave, {"reason": "有事"}, page=one)
    assert "已退出，候补的人递补" in page.text
    assert "有事" in page.text


async def test_the_screen_shows_the_code_of_now_and_taps_give_hours(browser, here, monkeypatch):
    station_id, worker = here
    activity = await published(worker, station_id)
    person = await active(station_id)
    await signs_up(worker, activity, person)
    one = f"{HOME}/{activity.id}"
    assert "现在不显示签到码" in (await browser.open(f"{one}/site")).text
    monkeypatch.setattr(clock, "now", lambda: START)
    page = await browser.open(f"{one}/site")
    assert "<svg" in page.text
    assert re.search(r'class="site-code"[^>]*>[2-9A-Z]{4} [2-9A-Z]{4}<', page.text)
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+">', page.text)
    tap = {"volunteer_id": str(person.id)}
    page = await browser.send(f"{one}/attendance", tap | {"direction": "in"})
    assert "在场 1 人" in page.text
    monkeypatch.setattr(clock, "now", lambda: END)
    page = await browser.send(f"{one}/attendance", tap | {"direction": "out"})
    assert "时数已计入" in page.text
    again = await browser.http.post(f"{one}/attendance", data={}, follow_redirects=True)
    assert again.status_code == 403, "a forged tap"


async def test_another_station_and_a_planned_one_are_no_ones_business(browser, here):
    other = await station()
    desk = await staff("social_worker", other.id)
    activity = await planned(desk, other.id)
    assert (await browser.open(f"{HOME}/{activity.id}")).status_code in (403, 404)
    assert (await browser.open(f"{HOME}/{activity.id}/site")).status_code in (403, 404)
