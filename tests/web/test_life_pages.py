"""The pages of a volunteer's life over HTTP: each is opened, each form does what it says."""

import re
from datetime import timedelta

import pytest

from tests.actions.plans import END, START, published, signs_up
from tests.actions.world import hours
from tests.builders import NOW, TODAY, active, call, signed_in, staff, station, topics, trained
from volunteer_svc import clock
from volunteer_svc.actions import check_ins, positions, re_evaluation
from volunteer_svc.actions.check_ins import CheckInRequest, CheckOutRequest
from volunteer_svc.actions.positions import Appoint
from volunteer_svc.store.database import execute, fetch


@pytest.fixture
async def there(client):
    """A station with its head and worker, a member and one who leads."""
    home, away = await station(name="东关社工站"), await station(name="西关社工站")
    found = {
        "home": home, "away": away, "head": await staff("station_head", home.id),
        "worker": await staff("social_worker", home.id), "county": await staff("county"),
        "person": await active(home.id, name="王小明"),
        "leader": await active(home.id, name="李丽"),
    }  # fmt: skip
    found["himself"] = await signed_in(found["person"].id)
    await positions.appoint(
        found["head"].call(), found["leader"].id, Appoint(position="backbone", reason="认真")
    )
    await topics("fire")
    return found


def as_typed(moment):
    return (moment + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")


async def said(browser, path, *texts):
    page = await browser.open(path)
    assert page.status_code == 200, (path, page.text[-1500:])
    for text in texts:
        assert text in page.text, (path, text)
    return page.text


async def test_a_training_is_planned_signed_up_for_ticked_off_and_mended(browser, there):
    now = clock.now()
    browser.signed_in(there["county"])
    topic = {"code": "lead", "name_zh": "带队", "name_en": "Leading", "kind": "management",
             "validity_months": "12"}  # fmt: skip
    page = await browser.send("/staff/training-topics", topic)
    assert "主题已保存" in page.text
    browser.http.cookies.clear()
    browser.signed_in(there["worker"])
    bad = {"title": "带队", "starts_at": as_typed(now), "ends_at": as_typed(now)}
    page = await browser.send("/staff/trainings", bad)
    assert page.status_code == 422
    assert "培训主题" in page.text
    plan = {"title": "带队培训", "topics": "lead", "capacity": "1",
            "starts_at": as_typed(now + timedelta(days=1)),
            "ends_at": as_typed(now + timedelta(days=1, hours=2))}  # fmt: skip
    page = await browser.send("/staff/trainings", plan)
    assert "培训已安排" in page.text
    path = page.url.path
    (one,) = await fetch("SELECT id FROM training_session")
    browser.http.cookies.clear()
    browser.signed_in(there["himself"])
    page = await browser.send("/me/trainings", {"training_id": str(one["id"])})
    assert "报名成功" in page.text
    browser.http.cookies.clear()
    browser.signed_in(there["worker"])
    page = await browser.send(
        f"{path}/sign-up", {"member_no": there["leader"].member_no}, page=path
    )
    places = page.text[page.text.index("谁来") :]
    assert places.index("李丽") < places.index("王小明"), "leaders first, whenever they signed up"
    assert "候补" in places
    await execute(
        "UPDATE training_session SET starts_at = $1, ends_at = $2",
        now - timedelta(hours=3), now - timedelta(hours=1),
    )  # fmt: skip
    await said(browser, "/staff/today", "培训名单待登记", "带队培训")
    page = await browser.send(path, {"came": [str(there["person"].id)], "numbers": "none-0"})
    assert "已登记 1 人到场" in page.text
    assert "none-0" in page.text
    page = await browser.send(
        f"{path}/strike", {"volunteer_id": str(there["person"].id), "reason": ""}, page=path
    )
    assert page.status_code == 422
    strike = {"volunteer_id": str(there["person"].id), "reason": "代签"}
    page = await browser.send(f"{path}/strike", strike, page=path)
    assert "原记录留存" in page.text
    assert "代签" in page.text
    page = await browser.send(path, {"came": [str(there["person"].id)]})
    assert "已登记 1 人到场" in page.text
    browser.http.cookies.clear()
    browser.signed_in(there["himself"])
    await said(browser, "/me/trainings", "带队", "有效至")


async def test_positions_groups_honours_and_evaluations_are_kept_by_the_head(browser, there):
    file = f"/staff/volunteers/{there['person'].id}"
    browser.signed_in(there["head"])
    page = await browser.send(f"{file}/appoint", {"position": "team_leader", "reason": "x"})
    assert page.status_code == 422
    page = await browser.send(f"{file}/appoint", {"position": "backbone", "reason": "踏实"})
    assert "已任命" in page.text
    page = await browser.send("/staff/leaders", {"name": "护老组"})
    group = page.url.path
    number = there["person"].member_no
    assert "已加入" in (await browser.send(group, {"member_no": number})).text
    assert (await browser.send(group, {"member_no": "0"})).status_code == 422
    lead = {"position": "group_leader", "group_id": group.rpartition("/")[2], "reason": "推选"}
    await browser.send(f"{file}/appoint", lead)
    await said(browser, "/staff/leaders", "王小明", "小组长", "护老组", "李丽")
    honour = {"honour": "优秀志愿者", "awarding_body": "省厅", "reason": "x",
              "evidence_reference": "文7"}  # fmt: skip
    assert "已推荐" in (await browser.send(f"{file}/nominate", honour)).text
    await said(browser, "/staff/honours", "优秀志愿者", "省厅")
    (one,) = await fetch("SELECT id FROM nomination")
    award = {"nomination_id": str(one["id"]), "name": "优秀志愿者", "granted_by": "省厅",
             "granted_on": f"{TODAY}", "evidence_reference": "证1"}  # fmt: skip
    assert "表彰已登记" in (await browser.send(f"{file}/award", award)).text
    activity = await published(there["worker"], there["home"].id, title="读报")
    await signs_up(there["worker"], activity, there["person"])
    who = there["person"].id
    await check_ins.check_in(
        there["worker"].call(START), activity.id, CheckInRequest(volunteer_id=who)
    )
    await check_ins.check_out(
        there["worker"].call(END), activity.id, CheckOutRequest(volunteer_id=who)
    )
    await execute("UPDATE activity SET started_at = $1, ended_at = $2", NOW - timedelta(days=2),
                  NOW - timedelta(days=2) + timedelta(hours=2))  # fmt: skip
    await said(browser, "/staff/evaluations", "读报", "已评 0 / 1")
    judge = f"/staff/evaluations/{activity.id}"
    page = await browser.send(judge, {"entries[0].grade": "1"})
    assert page.status_code == 422
    page = await browser.send(judge, {"entries[0].grade": "5", "entries[0].words": "耐心"})
    assert "已保存 1 条" in page.text
    (row,) = await fetch("SELECT record_id FROM check_in")
    page = await browser.send(f"/staff/records/{row['record_id']}/evaluate", {"grade": "4"})
    assert "已保存 1 条" in page.text
    await said(browser, f"{file}/career", "小组长", "护老组", "优秀志愿者", "耐心", "5 分")
    (got,) = await fetch("SELECT id FROM award")
    page = await browser.send(f"{file}/awards/{got['id']}", {"reason": "误登"})
    assert "已撤销" in page.text
    page = await browser.send(f"{file}/career", {"reason": "期满"})
    assert "职务已免去" in page.text
    page = await browser.send(f"{group}/leave", {"volunteer_id": str(who)}, page=group)
    assert "已移出" in page.text
    page = await browser.send(f"{group}/close", page=group)
    assert "小组已解散" in page.text
    browser.http.cookies.clear()
    browser.signed_in(there["himself"])
    await said(browser, "/me/roles", "优秀志愿者", "小组长", "耐心")


async def test_a_complaint_is_made_by_phone_heard_and_closed_by_the_head(browser, there):
    browser.signed_in(there["himself"])
    assert (await browser.send("/me/complaints", {"text": ""})).status_code == 422
    page = await browser.send("/me/complaints", {"text": "没有饮水"})
    assert "已收到" in page.text
    browser.http.cookies.clear()
    browser.signed_in(there["worker"])
    file = f"/staff/volunteers/{there['person'].id}/complaints"
    page = await browser.send(file, {"direction": "about", "text": "说话大声"})
    assert "投诉已登记" in page.text
    assert "说话大声" not in page.text, "the desk reads only what the volunteer said"
    assert "投诉待办" not in (await browser.open("/staff/today")).text
    browser.http.cookies.clear()
    browser.signed_in(there["head"])
    await said(browser, "/staff/today", "投诉待办")
    listed = await said(browser, "/staff/complaints", "没有饮水", "说话大声")
    first = re.search(r"/staff/complaints/[0-9a-f-]{36}", listed)[0]
    heard = {"contact": "call", "on": f"{clock.now().date()}", "words": "已致电"}
    page = await browser.send(f"{first}/contact", heard, page=first)
    assert "联系情况已登记" in page.text
    close = {"outcome": "founded", "words": "已备水", "evaluation.grade": "1"}
    page = await browser.send(f"{first}/close", close, page=first)
    assert page.status_code == 422, "a poor grade says why"
    page = await browser.send(f"{first}/close", close | {"evaluation.grade": ""}, page=first)
    assert "投诉已办结" in page.text
    await said(browser, "/staff/complaints?closed=true", "属实")
    browser.http.cookies.clear()
    browser.signed_in(there["himself"])
    await said(browser, "/me/complaints", "已备水")


async def test_a_transfer_waits_for_the_volunteer_and_a_suspension_says_its_way_out(browser, there):
    file = f"/staff/volunteers/{there['person'].id}"
    browser.signed_in(there["worker"])
    ask = {"to_station_id": str(there["away"].id), "reason": "离家近"}
    for reason in ("第一次", "离家近"):
        page = await browser.send(f"{file}/propose", ask | {"reason": reason})
        assert "已发给志愿者" in page.text
        await said(browser, "/staff/transfers", "西关社工站", reason)
        browser.http.cookies.clear()
        browser.signed_in(there["himself"])
        if reason == "第一次":
            page = await browser.send("/me/transfer", {"answer": "refused", "reason": "太远"})
            assert "一切不变" in page.text
            browser.http.cookies.clear()
            browser.signed_in(there["worker"])
            await said(browser, f"{file}/membership", "本人不同意", "太远")
    page = await browser.send("/me/transfer", {"answer": "consented"})
    assert page.status_code == 422
    page = await browser.send("/me/transfer", {"answer": "consented", "sure": "true"})
    assert "已转站" in page.text
    browser.http.cookies.clear()
    browser.signed_in(there["county"])
    back = {"to_station_id": str(there["home"].id), "consent.given": "signed",
            "consent.on": f"{TODAY}", "reason": "搬回"}  # fmt: skip
    assert "已转站" in (await browser.send(f"{file}/transfer", back)).text
    await said(browser, f"{file}/membership", "本人同意", "书面同意", "搬回")
    await browser.send(f"{file}/suspend", {"reason": "未经同意带走物资"}, page=file)
    browser.http.cookies.clear()
    browser.signed_in(there["himself"])
    await said(browser, "/me", "/me/suspension")
    await said(browser, "/me/suspension", "未经同意带走物资", "东关社工站", "/me/complaints")


async def test_a_policy_is_tried_on_everybody_planned_and_its_rating_followed(browser, there):
    await hours(there["worker"], there["home"].id, there["person"], 300 * 60)
    browser.signed_in(there["county"])
    day = f"{clock.now().date() + timedelta(days=30)}"
    bad = {"version": "2027", "valid_from": day, "reason": "x",
           "star_hours": ["500", "400", "300", "200", "100"]}  # fmt: skip
    page = await browser.send("/staff/policies/new", bad)
    assert page.status_code == 422
    plan = {"version": "2027", "valid_from": day, "reason": "用国家标准", "preset": "national"}
    page = await browser.send("/staff/policies/new", plan)
    for text in ("待生效", "谁会变动", there["person"].member_no, "人降星"):
        assert text in page.text, text
    path = page.url.path
    book = await browser.open(f"{path}/changes.xlsx")
    assert book.content[:2] == b"PK"
    assert "attachment" in book.headers["content-disposition"]
    page = await browser.send(path)
    assert "版本已撤回" in page.text
    page = await browser.send("/staff/policies/new", plan)
    await execute("UPDATE policy SET valid_from = $1 WHERE version = '2027'", TODAY)
    assert await re_evaluation.activate_next(call()) == "2027"
    await said(browser, "/staff/policies", "正在重新评星")
    await said(browser, "/staff/today", "正在重新评星")
    await said(browser, path, 'http-equiv="refresh"', "可以离开")
    while await re_evaluation.rate_batch(call()):
        pass
    await said(browser, path, "重新评星已完成", "降 1 颗星")
    year = f"/staff/holidays/{TODAY.year}"
    page = await browser.send(year, {"days[0].on": f"{TODAY.year}-12-31", "days[0].name": ""})
    assert page.status_code == 422
    page = await browser.send(year, {"days[0].on": f"{TODAY.year}-12-31", "days[0].name": "休"})
    assert "节假日表已保存" in page.text
    (count,) = await fetch('SELECT count(*) FROM holiday WHERE extract(year FROM "on") = $1',
                           TODAY.year)  # fmt: skip
    assert count[0] >= 1
    stretch = {"days[0].on": f"{TODAY.year}-10-01", "days[0].until": f"{TODAY.year}-10-07",
               "days[0].name": "国庆节", "days[1].on": f"{TODAY.year}-10-10",
               "days[1].name": "调休", "days[1].is_workday": "true"}  # fmt: skip
    for wrong, field in (
        ({"days[1].on": f"{TODAY.year}-10-05"}, "days[1].on"),
        ({"days[0].until": f"{TODAY.year}-09-30"}, "days[0].until"),
        ({"days[0].until": "9999-12-31"}, "days[0].until"),
    ):
        page = await browser.send(year, stretch | wrong)
        assert page.status_code == 422
        assert f'aria-describedby="e-{field.replace("[", "-").replace("].", "-")}"' in page.text
    page = await browser.send(year, stretch)
    assert [(one["on"].day, one["is_workday"]) for one in await fetch(
        'SELECT * FROM holiday WHERE extract(year FROM "on") = $1 ORDER BY "on"', TODAY.year
    )] == [(n, False) for n in range(1, 8)] + [(10, True)]  # fmt: skip
    assert page.text.count('value="国庆节"') == 1, "a line for what lies together"
    assert (await browser.open("/staff/holidays/1")).status_code == 404
    assert (await browser.open("/staff/policies/v/none")).status_code == 404


async def test_with_nothing_yet_every_page_says_what_to_do(browser, there):
    browser.signed_in(await staff("county"))
    for path in ("/staff/trainings", "/staff/leaders", "/staff/honours", "/staff/evaluations",
                 "/staff/complaints", "/staff/complaints?closed=true", "/staff/transfers",
                 "/staff/policies", "/staff/policies/new", "/staff/training-topics"):  # fmt: skip
        await said(browser, path)
    file = f"/staff/volunteers/{there['person'].id}"
    for part in ("career", "membership", "complaints", "appoint", "nominate", "award", "propose",
                 "transfer"):  # fmt: skip
        await said(browser, f"{file}/{part}")
    browser.http.cookies.clear()
    browser.signed_in(there["himself"])
    await trained(there["worker"], there["person"], "fire")
    for path in ("trainings", "roles", "complaints", "transfer", "suspension"):
        await said(browser, f"/me/{path}")
