"""Activities as a volunteer sees them: gates, places, the waiting list, the code, notices."""

from datetime import date

import pytest

from tests.actions.plans import END, START, published, signs_up, withdraws
from tests.actions.world import line, record
from tests.builders import TODAY, active, signed_in, staff, station, topics
from volunteer_svc import clock
from volunteer_svc.domain.one_time_code import step_of
from volunteer_svc.identity import site_codes

HOME = "/me/activities"


@pytest.fixture
async def here(browser):
    home = await station(name="红旗街道社工站")
    worker = await staff("social_worker", home.id)
    person = await active(home.id)
    browser.signed_in(await signed_in(person.id))
    return home.id, worker, person


async def test_he_signs_up_waits_moves_up_reads_it_and_withdraws(browser, here):
    station_id, worker, _ = here
    other = await active(station_id)
    activity = await published(worker, station_id, capacity=1, risk_notice="路滑")
    one = f"{HOME}/{activity.id}"
    page = await browser.open(HOME)
    assert "还有 1 个名额" in page.text
    assert "2026年11月22日 12:00–14:00" in page.text
    await signs_up(worker, activity, other)
    page = await browser.open(one)
    assert "路滑" in page.text
    assert "排候补" in page.text
    page = await browser.send(f"{one}/sign-up", page=one)
    assert "您排在候补第 1 位" in page.text
    await withdraws(worker, activity, other)
    page = await browser.open("/me")
    assert "您有 1 条新通知" in page.text
    assert "敬老院陪伴" in page.text
    page = await browser.open(f"{HOME}/notices")
    assert "您有名额了" in page.text
    page = await browser.send(f"{HOME}/notices")
    assert "都看过了" not in page.text
    page = await browser.send(f"{one}/withdraw", {"reason": "有事"}, page=one)
    assert "已退出报名" in page.text
    assert "敬老院陪伴" in (await browser.open(f"{HOME}/mine?past=true")).text
    assert "这里还没有" in (await browser.open(f"{HOME}/mine")).text


async def test_what_keeps_him_away_is_told_before_he_tries(browser, here):
    station_id, worker, _ = here
    await topics("first-aid")
    activity = await published(worker, station_id, minimum_age=80, required_topics=["first-aid"])
    page = await browser.open(f"{HOME}/{activity.id}")
    assert "现在还不能报名" in page.text
    assert "须满 80 周岁" in page.text
    assert "要先完成这些辅导：first-aid" in page.text
    assert "/sign-up" not in page.text
    assert (await browser.open(f"{HOME}/{worker.actor.id}")).status_code == 404


async def test_he_checks_in_and_out_by_the_code_and_finds_his_hours(browser, here, monkeypatch):
    station_id, worker, person = here
    activity = await published(worker, station_id)
    await signs_up(worker, activity, person)
    there = f"{HOME}/{activity.id}/here"
    assert "现在不是签到时间" in (await browser.open(there)).text
    monkeypatch.setattr(clock, "now", lambda: START)
    assert "到现场签到" in (await browser.open(f"{HOME}/mine")).text
    wrong = await browser.send(there, {"code": "ABCD2345"})
    assert 'href="#f-code"' in wrong.text
    code = site_codes.code_at(activity.id, step_of(START))
    by_link = await browser.open(f"{there}?code={code}")
    assert f'value="{code}"' in by_link.text
    page = await browser.send(there, {"code": f"{code[:4]} {code[4:]}".lower()})
    assert "12:00 签到成功" in page.text
    monkeypatch.setattr(clock, "now", lambda: END)
    code = site_codes.code_at(activity.id, step_of(END))
    page = await browser.send(there, {"code": code, "break_minutes": "30"})
    assert "签退成功，1.50 小时已计入" in page.text
    assert "敬老院陪伴" in (await browser.open("/me/hours")).text


async def test_he_has_his_calendar_under_a_secret_address_and_stops_it(browser, here):
    station_id, worker, person = here
    activity = await published(worker, station_id)
    await signs_up(worker, activity, person)
    page = await browser.send(f"{HOME}/calendar")
    path = page.text.partition("https://test")[2].partition("<")[0]
    feed = await browser.open(path)
    assert feed.headers["content-type"].startswith("text/calendar")
    assert "敬老院陪伴" in feed.text
    assert path not in (await browser.open(f"{HOME}/calendar")).text
    page = await browser.send(f"{HOME}/calendar/revoke", page=f"{HOME}/calendar")
    assert "已停用" in page.text
    assert (await browser.open(path)).status_code == 404


async def test_he_reports_hours_and_reads_what_became_of_them(browser, here):
    station_id, _, _ = here
    fields = {"station_id": str(station_id), "served_on": f"{TODAY}", "started_at": "08:00",
              "ended_at": "09:30", "content": "陪李奶奶看病", "title": "陪诊"}  # fmt: skip
    for field, text in (("ended_at", "08:00"), ("ended_at", ""), ("served_on", "0001-01-01"),
                        ("content", "")):  # fmt: skip
        wrong = await browser.send("/me/hours/report", fields | {field: text})
        assert wrong.status_code == 422
        assert f'href="#f-{field.replace("_", "-")}"' in wrong.text, (field, text)
    page = await browser.send("/me/hours/report", fields)
    assert "已提交，社工会在 3 个工作日内答复" in page.text
    assert "陪李奶奶看病" in page.text
    assert "自己报的时数，要社工确认" in page.text
    bad = {"photo": ("x.jpg", b"no picture", "image/jpeg")}
    form = await browser.open(page.url.path)
    assert form.text.count('name="photo"') == 1
    refused = await browser.http.post(
        f"{page.url.path}/photo", data={"_csrf": form.text.partition('"_csrf" value="')[2][:128]},
        files=bad,
    )  # fmt: skip
    assert refused.status_code == 422
    assert 'href="#f-photo"' in refused.text
    hours = fields | {"started_at": "", "ended_at": "", "hours": "1.5",
                      "served_on": "2026-11-19"}  # fmt: skip
    assert "1.5" in (await browser.send("/me/hours/report", hours)).text


async def test_he_objects_and_the_station_answers_in_time(browser, here):
    station_id, worker, person = here
    (outcome,) = await record(worker, station_id, line(person, minutes=60))
    mine = f"/me/hours/{outcome.record_id}"
    page = await browser.send(mine, {"text": "其实是两个小时"})
    assert "社工站会核实并答复" in page.text
    assert "2026年11月25日 前答复" in page.text
    assert 'name="text"' not in page.text, "one at a time"
    browser.signed_in(await staff("station_head", station_id))
    assert "其实是两个小时" in (await browser.open("/staff/today")).text
    page = await browser.open("/staff/objections")
    answer = page.text.partition('action="/staff/objections/')[2].partition('"')[0]
    answer = f"/staff/objections/{answer}"
    wrong = await browser.send(answer, {"outcome": "corrected", "reason": "对"},
                               page="/staff/objections")  # fmt: skip
    assert wrong.status_code == 422
    fixed = {"minutes": "120", "reason": "签到表两小时"}
    await browser.send(f"/staff/records/{outcome.record_id}", fixed)
    page = await browser.send(answer, {"outcome": "corrected", "reason": "已改两小时"},
                              page="/staff/objections")  # fmt: skip
    assert "没有待答复的异议" in page.text
    browser.signed_in(await signed_in(person.id))
    assert "已改两小时" in (await browser.open(mine)).text


async def test_a_signal_names_its_rule_and_entries_and_is_decided(browser, here):
    station_id, worker, person = here
    await record(worker, station_id,
                 line(person, minutes=650, served_on=date(2026, 11, 19), title="长日"))  # fmt: skip
    browser.signed_in(await staff("station_head", station_id))
    assert "新发现 1 条" in (await browser.send("/staff/signals/find", page="/staff/signals")).text
    page = await browser.open("/staff/signals")
    assert "2026年11月19日 共 10.83 小时，1 个社工站" in page.text
    one = page.text.partition('href="/staff/signals/0')[2].partition('"')[0]
    one = f"/staff/signals/0{one}"
    page = await browser.open(one)
    assert "长日" in page.text
    assert (await browser.send(one, {"reason": "属实"})).status_code == 422
    assert "没有问题" in (await browser.send(one, {"done": "nothing", "reason": "属实"})).text
    assert "属实" in (await browser.open(one)).text
