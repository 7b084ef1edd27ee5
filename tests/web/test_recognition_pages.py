"""The annual list over HTTP: looked at, with somebody left out, published once, hung up."""

import html
from datetime import date

import pytest

from tests.actions.world import line, record
from tests.builders import active, staff, station
from tests.web.conftest import _HIDDEN
from volunteer_svc.actions import name_consents, recognitions
from volunteer_svc.actions.name_consents import ConsentToName


@pytest.fixture
async def year(browser):
    """A station whose 2025 is over, with two on its list, and its head signed in."""
    home = await station(name="红旗街道社工站")
    first, second = await active(home.id, name="王小明"), await active(home.id, name="李春花")
    worker = await staff("social_worker", home.id)
    for person, minutes in ((first, 120), (second, 60)):
        await record(worker, home.id, line(person, minutes=minutes, served_on=date(2025, 6, 1)))
    head = await staff("station_head", home.id)
    browser.signed_in(head)
    return home, head, first, second


def hidden(text):
    return {k: html.unescape(v) for k, v in _HIDDEN.findall(text) if k.startswith("_")}


async def post(browser, path, fields):
    opened = await browser.open(path)
    assert opened.status_code == 200, opened.text
    sent = hidden(opened.text) | fields
    return await browser.http.post(path, data=sent, follow_redirects=True)


async def test_who_is_left_out_with_a_reason_makes_room_and_the_list_stands(browser, year):
    home, head, first, second = year
    page = await browser.open("/staff/recognition?year=2025")
    assert "王小明" in page.text
    there = f"/staff/recognition/publish?station_id={home.id}&year=2025"
    fields = {"exclusions[0].volunteer_id": str(first.id), "exclusions[0].reason": "本人谢绝"}
    looked = await post(browser, there, fields | {"step": "look"})
    assert looked.status_code == 200
    assert "本人谢绝" in looked.text
    fields["seen"] = str(second.id)
    page = await post(browser, there, fields | {"step": "publish"})
    assert "名单已发布" in page.text
    assert "王小明" not in page.text
    got = await recognitions.read_recognition(head.call(), 2025, home.id)
    assert (got.version, [one.volunteer_id for one in got.entries]) == (1, [second.id])
    assert got.exclusions[0].reason == "本人谢绝"


async def test_a_list_that_nobody_looked_at_is_not_published(browser, year):
    home, head, first, _ = year
    there = f"/staff/recognition/publish?station_id={home.id}&year=2025"
    fields = {"exclusions[0].volunteer_id": str(first.id), "exclusions[0].reason": "x"}
    page = await post(browser, there, fields | {"step": "publish", "seen": "other"})
    assert "请再核对一次" in page.text
    assert (await recognitions.read_recognition(head.call(), 2025, home.id)).version is None


async def test_a_reason_too_long_is_told_at_its_row_and_kept(browser, year):
    home, _, first, _ = year
    there = f"/staff/recognition/publish?station_id={home.id}&year=2025"
    fields = {"exclusions[7].volunteer_id": str(first.id), "exclusions[7].reason": "长" * 600}
    page = await post(browser, there, fields | {"step": "look"})
    assert page.status_code == 422
    assert 'href="#f-exclusions-7-reason"' in page.text
    assert "长" * 600 in page.text


async def test_sent_twice_it_is_published_once(browser, year):
    home, head, first, second = year
    there = f"/staff/recognition/publish?station_id={home.id}&year=2025"
    fields = {"step": "publish", "seen": f"{first.id} {second.id}"}
    opened = await browser.open(there)
    sent = hidden(opened.text) | fields
    for _ in range(2):
        page = await browser.http.post(there, data=sent, follow_redirects=True)
        assert "名单已发布" in page.text
    assert (await recognitions.read_recognition(head.call(), 2025, home.id)).version == 1


async def test_a_board_for_outside_names_only_who_agreed_to_it(browser, year):
    home, head, _, second = year
    board = f"/staff/recognition/board?station_id={home.id}&year=2025"
    assert "王小明" in (await browser.open(board)).text
    masked = (await browser.open(f"{board}&names=masked")).text
    assert "王小明" not in masked
    assert "李春花" not in masked
    agreed = ConsentToName(named=True)
    await name_consents.set_name_consent(head.call(), second.id, agreed)
    masked = (await browser.open(f"{board}&names=masked")).text
    assert "李春花" in masked
    assert "王小明" not in masked


async def test_what_is_not_published_is_not_shown_to_other_readers(browser, year):
    home, *_ = year
    browser.signed_in(await staff("bureau"))
    page = await browser.open(f"/staff/recognition?station_id={home.id}&year=2025")
    assert page.status_code == 200
    assert "名单还没有发布" in page.text
    assert "王小明" not in page.text


async def test_a_year_that_runs_is_not_published(browser, year):
    home, *_ = year
    there = f"/staff/recognition/publish?station_id={home.id}&year=2026"
    page = await post(browser, there, {"step": "publish", "seen": ""})
    assert page.status_code == 422
