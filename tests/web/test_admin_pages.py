"""Stations, accounts, clients and the trail over HTTP: what is shown once, what is asked for."""

import html
import re
from datetime import timedelta

from tests.builders import TODAY, active, staff, station
from volunteer_svc.actions import clients, disclosures, stations, volunteers
from volunteer_svc.actions.disclosures import AskDisclosure
from volunteer_svc.actions.stations import EditStation
from volunteer_svc.actions.volunteers import WithReason

_CODE = re.compile(r'<(?:p|dd) class="code">([^<]+)<')


async def test_a_station_is_added_renamed_and_closed(browser):
    browser.signed_in(await staff("county"))
    fields = {"code": "N1", "name": "腾鳌镇社工站", "kind": "station", "parent_id": ""}
    page = await browser.send("/staff/stations", fields)
    assert "社工站已新增" in page.text
    again = await browser.send("/staff/stations", fields)
    assert again.status_code == 422
    assert 'value="N1"' in again.text
    path = re.search(r'href="(/staff/stations/[0-9a-f-]{36})"', page.text)[1]
    page = await browser.send(path, {"name": "新名称社工站", "closed_on": f"{TODAY}"})
    assert "新名称社工站" in page.text
    assert "起关闭" in page.text
    stale = await browser.send(path, {"name": "旧", "closed_on": "", "revision": "1"})
    assert stale.status_code == 422


async def test_a_new_accounts_password_is_shown_once_and_opens_the_account(browser):
    admin = await staff("admin")
    browser.signed_in(admin)
    home = await station()
    fields = {"username": "li.si", "display_name": "李四", "role": "social_worker"}
    missing = await browser.send("/staff/accounts/new", fields)
    assert missing.status_code == 422
    assert 'href="#f-station-id"' in missing.text
    page = await browser.send("/staff/accounts/new", fields | {"station_id": str(home.id)})
    password = _CODE.search(page.text)[1]
    listed = await browser.open("/staff/accounts")
    assert "li.si" in listed.text
    assert password not in listed.text
    browser.http.cookies.clear()
    page = await browser.send("/staff/sign-in", {"name": "li.si", "password": password})
    assert page.status_code == 200
    assert page.url.path != "/staff/sign-in"


async def test_an_account_closes_but_not_ones_own(browser):
    admin, other = await staff("admin"), await staff("admin")
    browser.signed_in(admin)
    own = await change(browser, admin, "close")
    assert own.status_code == 422
    assert "账号已关闭。" in (await change(browser, other, "close")).text
    assert "等待已解除" in (await change(browser, other, "unlock")).text


async def test_a_password_given_out_is_on_a_slip_once_and_good_only_to_be_changed(browser):
    admin, home = await staff("admin"), await station()
    browser.signed_in(admin)
    worker = {"username": "li.si", "display_name": "李四", "role": "social_worker",
              "station_id": str(home.id)}  # fmt: skip
    await browser.send("/staff/accounts/new", worker)
    listed = await browser.open("/staff/accounts")
    assert f'value="{admin.actor.id}"' not in listed.text.split("/staff/accounts/password")[1], (
        "nobody resets his own"
    )
    page = await browser.send("/staff/accounts/password", page="/staff/accounts")
    slip = _CODE.search(page.text)[1]
    assert "li.si" in page.text
    assert (await browser.open("/staff/accounts/password")).url.path == "/staff/accounts"
    browser.http.cookies.clear()
    page = await browser.send("/staff/sign-in", {"name": "li.si", "password": slip})
    assert page.url.path == "/staff/password"
    assert (await browser.open("/staff/sheet")).url.path == "/staff/password"
    new = {"present": slip, "new": "a-password-of-my-own"}
    assert "密码已修改" in (await browser.send("/staff/password", new)).text
    assert (await browser.open("/staff/sheet")).url.path == "/staff/sheet"


async def change(browser, who, does):
    fields = {"account_id": str(who.actor.id), "does": does}
    return await browser.send("/staff/accounts", fields)


async def test_a_head_hands_over_and_lets_somebody_stand_in(browser):
    home = await station()
    head = await staff("station_head", home.id)
    worker, other = await staff("social_worker", home.id), await staff("social_worker", home.id)
    browser.signed_in(head)
    fields = {"to": str(worker.actor.id), "from_on": f"{TODAY}", "to_on": f"{TODAY}",
              "reason": "出差"}  # fmt: skip
    assert "代理已安排" in (await browser.send("/staff/colleagues", fields)).text
    overlap = await browser.send("/staff/colleagues", fields)
    assert overlap.status_code == 422
    assert "出差" in overlap.text
    page = await browser.send("/staff/colleagues/end", page="/staff/colleagues")
    assert "代理已结束" in page.text
    path = f"/staff/colleagues/{other.actor.id}/leave"
    page = await browser.send(path, {"to": str(worker.actor.id), "reason": "调走"})
    assert "交接完成" in page.text


async def test_a_contractors_accounts_close_today(browser):
    home = await station()
    await staff("social_worker", home.id)
    browser.signed_in(await staff("county"))
    path = "/staff/stations/contractor"
    empty = await browser.send(path, {"on": f"{TODAY}", "reason": "合同到期"})
    assert empty.status_code == 422
    assert "合同到期" in empty.text
    fields = {"station_ids": str(home.id), "on": f"{TODAY}", "reason": "合同到期"}
    assert "关闭了 1 个账号" in (await browser.send(path, fields)).text


async def test_a_clients_key_is_shown_once_rotated_and_closed(browser):
    admin = await staff("admin")
    browser.signed_in(admin)
    assert (await browser.send("/staff/clients", {"name": "主平台"})).status_code == 422
    page = await browser.send("/staff/clients", {"name": "主平台", "scopes": "events:read"})
    key = _CODE.search(page.text)[1]
    assert key not in (await browser.open("/staff/clients")).text
    (client,) = await clients.clients(admin.call(), after=None, limit=5)
    path = f"/staff/clients/{client.id}/rotate"
    assert _CODE.search((await browser.send(path)).text)[1] != key
    page = await browser.send(f"/staff/clients/{client.id}/close", page=path)
    assert "平台已关闭" in page.text


async def test_a_letter_is_signed_by_the_head_once(browser):
    home = await station()
    person = await active(home.id)
    worker, head = await staff("social_worker", home.id), await staff("station_head", home.id)
    asked = AskDisclosure(recipient="派出所", letter_reference="函1", fields=["phone"], reason="查",
                          secret=True)  # fmt: skip
    await disclosures.ask_disclosure(worker.call(), person.id, asked)
    shown = (await browser.signed_in(head).open("/staff/disclosures")).text
    assert "派出所" in shown
    assert "对本人保密" in shown
    page = await browser.send("/staff/disclosures")
    assert "已批准" in page.text


async def test_the_auditor_finds_a_change_by_day_person_and_object(browser, chained):
    county, auditor, home = await staff("county"), await staff("auditor"), await station()
    person = await active(home.id, name="欧阳震华")
    await stations.edit_station(county.call(), home.id, EditStation(name="新站"), None)
    await volunteers.suspend(county.call(), person.id, WithReason(reason="休养"), None)
    await chained()

    async def rows(**asked):
        page = await browser.open("/staff/audit", params=asked)
        assert page.status_code == 200
        return [html.unescape(one) for one in page.text.split('<li class="row">')[1:]]

    browser.signed_in(auditor)
    last, first, *_ = await rows()
    assert "暂停服务" in last, "the last stands first"
    assert person.member_no in last
    assert "欧阳震华" not in last, "masked, as ever for an auditor"
    assert "修改社工站" in first
    assert "新站" in first.split("<details>")[0], "by its name"
    assert "社工</bdi>" in first
    assert "（已遮盖）" in first.split("<details>")[1]
    assert str(home.id) not in re.sub(r'href="[^"]*"', "", first)
    assert len(await rows(who=str(county.actor.id))) == 2
    assert len(await rows(about=person.member_no, who=str(county.actor.id))) == 1
    assert len(await rows(about=home.code, kind="station")) == 1 + 1, "added and edited"
    assert await rows(about=home.code, kind="volunteer") == []
    assert await rows(who="nobody of that name") == []
    assert await rows(since=f"{TODAY + timedelta(days=1)}") == []
    assert len(await rows(since=f"{TODAY}", until=f"{TODAY}", who=str(county.actor.id))) == 2
    assert len(await rows(until=f"{TODAY - timedelta(days=1)}", about=home.code)) == 0
    for typed in ({"since": "x"}, {"kind": "x"}, {"about": "x\x00"}, {"who": "<b>" * 999}):
        await rows(**typed)
    browser.signed_in(await staff("admin"))
    assert (await browser.open("/staff/audit")).status_code == 403
