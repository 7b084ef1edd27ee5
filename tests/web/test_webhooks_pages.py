"""Webhooks in the hands of staff over HTTP: from making one to sending an event again."""

import re
from datetime import timedelta

from tests.builders import NOW, TODAY, active, call, client_key, form, staff, station
from tests.webhooks.receivers import receiving
from tests.webhooks.world import (
    attempts,
    deliver_all,
    dispatcher,
    endpoint,
    happen,
    open_config,
    state_of,
)
from volunteer_svc.actions import intake
from volunteer_svc.actions.intake import STUCK_TRIES, Register
from volunteer_svc.store.database import execute

DAY = timedelta(days=1)
_CODE = re.compile(r'<p class="code address">([^<]+)</p>')
_PATH = re.compile(r'href="(/staff/webhooks/[0-9a-f-]{36})"')
URL = "https://platform.example.org/hook"
UPDATED = "volunteer-svc.volunteer.updated.v1"
STAR = "volunteer-svc.star.promoted.v1"


async def test_an_endpoint_is_made_changed_and_ended_its_secret_shown_once(browser):
    browser.signed_in(await staff("county"))
    wrong = await browser.send("/staff/webhooks/new", {"url": "https://10.0.0.1/", "types": STAR})
    assert wrong.status_code == 422
    assert 'href="#f-url"' in wrong.text
    assert f'value="{STAR}" checked' in wrong.text
    fields = {"url": URL, "description": "主平台", "types": STAR}
    made = await browser.send("/staff/webhooks/new", fields)
    secret = _CODE.search(made.text)[1]
    path = _PATH.search(made.text)[1]
    one = await browser.open(path)
    assert secret not in one.text
    assert "待验证" in one.text
    assert "晋星" in one.text
    assert "主平台" in (await browser.open("/staff/webhooks")).text
    assert "验证已发送" in (await browser.send(f"{path}/verify", page=path)).text
    changed = await browser.send(f"{path}/edit", {"url": URL, "description": "新平台"})
    assert "全部事件" in changed.text, "what is not ticked any more"
    stale = await browser.send(f"{path}/edit", {"url": URL, "revision": "1"})
    assert stale.status_code == 422
    rotated = await browser.send(f"{path}/rotate", page=path)
    assert _CODE.search(rotated.text)[1] != secret
    assert "已停用" in (await browser.send(f"{path}/disable", page=path)).text
    assert "已删除" in (await browser.send(f"{path}/delete", page=path)).text
    assert (await browser.open(path)).status_code == 404


async def test_the_log_shows_what_was_answered_and_sends_again(browser, database, sequencer):
    home = await station()
    person = await active(home.id)
    county = await staff("county")
    owner = await client_key("subscriptions:write")
    browser.signed_in(county)
    async with receiving() as receiver:
        made = await endpoint(
            receiver.url, owner, NOW, types=["volunteer-svc.volunteer.updated.v1"]
        )
        path = f"/staff/webhooks/{made.endpoint.id}"
        async with dispatcher(open_config(database, receiver.port)) as one:
            await happen(sequencer, [person.id])
            await deliver_all(one)
            receiver.behave = lambda _: "500"
            assert "测试已发送" in (await browser.send(f"{path}/test", page=path)).text
            await deliver_all(one)
            log = await browser.open(f"{path}/log")
            assert "状态码 204" in log.text
            assert "状态码 500" in log.text
            assert "sick" in log.text
            assert log.text.count("重送这件") == 1, "a test is no event"
            receiver.behave = lambda _: "ok"
            assert "正在重送" in (await browser.send(f"{path}/log")).text
            await deliver_all(one)
            assert (await attempts())[-1]["kind"] == "resend"
            told = await browser.open(f"/staff/volunteers/{person.id}/events")
            assert "资料变更" in told.text
            assert "收到于" in told.text
            for verb, word in (("pause", "已暂停"), ("resume", "已恢复推送")):
                assert word in (await browser.send(f"{path}/{verb}", page=path)).text
            empty = await browser.send(f"{path}/recover", page=path)
            assert empty.status_code == 422
            for field, text in (("after", "x"), ("since", "gestern"), ("after", "99999")):
                wrong = await browser.send(f"{path}/recover", {field: text}, page=path)
                assert wrong.status_code == 422
                assert f'href="#f-{field}"' in wrong.text
                assert text in wrong.text
            fields = {"since": "2020-01-01T08:00"}
            assert "正在补送" in (await browser.send(f"{path}/recover", fields, page=path)).text
            await deliver_all(one)
    assert await state_of(made.endpoint.id) == "active"
    assert [one["kind"] for one in await attempts()][-1] == "subject"
    page = await browser.open("/staff/operations")
    assert "已编号到" in page.text
    assert "从未运行" in page.text


async def test_an_auditor_looks_and_changes_nothing_a_worker_sees_what_was_told_only(browser):
    made = await endpoint(URL, now=NOW)
    path = f"/staff/webhooks/{made.endpoint.id}"
    browser.signed_in(await staff("auditor"))
    for one in ("/staff/webhooks", path, f"{path}/log", "/staff/operations"):
        page = await browser.open(one)
        assert page.status_code == 200
        assert f'action="{path}' not in page.text
    assert (await browser.open(f"{path}/edit")).status_code == 403
    home = await station()
    browser.signed_in(await staff("social_worker", home.id))
    assert (await browser.open(path)).status_code == 403
    assert (await browser.open("/staff/operations")).status_code == 403
    person, other = await active(home.id), await active((await station()).id)
    assert (await browser.open(f"/staff/volunteers/{person.id}/events")).status_code == 200
    assert (await browser.open(f"/staff/volunteers/{other.id}/events")).status_code in (403, 404)


async def test_the_admin_sees_how_long_forms_are_stuck_and_of_what_but_not_whose(browser):
    home, admin = await station(name="红旗街道社工站"), await staff("admin")
    browser.signed_in(admin)
    assert "没有卡住的登记表" in (await browser.open("/staff/operations")).text
    then, filled = NOW - timedelta(hours=30), form(name="欧阳震华", applied_on=TODAY - DAY)
    receipts = [
        (await intake.register(call(now=then), Register(station_id=home.id, form=one))).receipt
        for one in (filled, form(applied_on=TODAY - DAY))
    ]
    await execute("UPDATE intake SET tries = $1", STUCK_TRIES)
    await execute("UPDATE intake SET form_sealed = '\\x0178' WHERE id = (SELECT id FROM intake"
                  " ORDER BY id DESC LIMIT 1)")  # fmt: skip
    page = await browser.open("/staff/operations")
    assert re.findall(r"<code[^>]*>(form_\w+)", page.text) == ["form_fails", "form_unreadable"]
    assert page.text.count("已 30 小时") == 2
    for secret in ("欧阳震华", filled.phone, "红旗街道", *receipts):
        assert secret not in page.text
