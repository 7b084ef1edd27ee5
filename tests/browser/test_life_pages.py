"""A volunteer's life in the browser: on the phone without scripts, at the desk, in the county."""

from datetime import timedelta

from tests.actions.plans import END, START, published, signs_up
from tests.actions.world import hours
from tests.browser.shots import Shot
from tests.builders import NOW, TODAY, active, signed_in, staff, station
from volunteer_svc.actions import (
    awards,
    check_ins,
    complaints,
    evaluations,
    groups,
    policies,
    positions,
    training_attendance,
    trainings,
    transfer_proposals,
    volunteers,
)
from volunteer_svc.actions.awards import Nominate, RecordAward
from volunteer_svc.actions.check_ins import CheckInRequest, CheckOutRequest
from volunteer_svc.actions.complaints import Complain
from volunteer_svc.actions.evaluations import Evaluate
from volunteer_svc.actions.groups import JoinGroup, NewGroup
from volunteer_svc.actions.inductions import Attendee
from volunteer_svc.actions.policies import PlanPolicy
from volunteer_svc.actions.positions import Appoint
from volunteer_svc.actions.training_attendance import StrikeAttendance, TrainingList
from volunteer_svc.actions.trainings import PlanTraining, SaveTopic
from volunteer_svc.actions.transfer_proposals import ProposeTransfer
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.store.database import execute

_made: dict = {}


def life(site):
    """Made once a run, whichever page is looked at first."""
    if not _made:
        _made.update(site.run(lambda: _lived(site.there)))
    return _made


async def _lived(there):
    home, worker, head = there.home.id, there.staff["social_worker"], there.staff["station_head"]
    county, now = there.staff["county"], NOW
    for code, zh, en, kind, months in (
        ("first-aid", "急救", "First aid", "skill", 24),
        ("leading", "带队与沟通", "Leading and listening", "management", None),
    ):  # fmt: skip
        topic = SaveTopic(code=code, name_zh=zh, name_en=en, kind=kind, validity_months=months)
        await trainings.save_topic(county.call(now), topic)
    away = await station(name="西城街道社会工作服务站")
    leader = await active(home, name="李丽")
    second = await active(home, name="阿卜杜热合曼·买买提吐尔逊·古丽")
    for person in (leader, second):
        await positions.appoint(head.call(), person.id, Appoint(position="backbone", reason="踏实"))
    group = await groups.add_group(worker.call(), NewGroup(station_id=home, name="护老小组"))
    members = JoinGroup(volunteer_ids=[leader.id, second.id, there.people["usual"].id])
    await groups.join_group(worker.call(), group.id, members)
    lead = Appoint(position="group_leader", group_id=group.id, reason="组员推选")
    await positions.appoint(head.call(), leader.id, lead)

    def plan(title, topics, starts_at, **fields):
        request = {"station_id": home, "title": title, "topics": topics, "starts_at": starts_at,
                   "ends_at": starts_at + timedelta(hours=2), "place": "二楼会议室",
                   "trainer": "县应急局讲师"}  # fmt: skip
        return trainings.plan_training(worker.call(), PlanTraining(**request | fields))

    full = await plan("骨干带队培训", ["leading"], now + timedelta(days=9), capacity=1)
    for person in (there.people["usual"], leader, second):
        await trainings.sign_up(worker.call(), full.session.id, person.id)
    await plan("急救技能培训", ["first-aid"], now + timedelta(days=4), capacity=20)
    held = await plan("冬季急救复训", ["first-aid"], now - timedelta(days=3))
    came = [Attendee(volunteer_id=one.id) for one in (there.people["usual"], leader)]
    listed = TrainingList(attendees=came)
    await training_attendance.record_training(worker.call(now), held.session.id, listed)
    await training_attendance.strike_training(
        worker.call(now), held.session.id, leader.id, StrikeAttendance(reason="由他人代签")
    )
    missing = await plan("社区消防演练", ["first-aid"], now - timedelta(days=2))
    honour = Nominate(honour="县优秀志愿者", awarding_body="县民政局", reason="时数居前",
                      evidence_reference="推荐表 2026-7")  # fmt: skip
    await awards.nominate(head.call(), leader.id, honour)
    prize = RecordAward(name="最美志愿者", granted_by="街道办", granted_on=TODAY,
                        evidence_reference="证书 12 号")  # fmt: skip
    await awards.record_award(head.call(), there.people["usual"].id, prize)
    activity = await published(worker, home, title="敬老院陪伴")
    for person in (leader, second):
        await signs_up(worker, activity, person)
        there_in = CheckInRequest(volunteer_id=person.id)
        await check_ins.check_in(worker.call(START), activity.id, there_in)
        done = await check_ins.check_out(
            worker.call(END), activity.id, CheckOutRequest(volunteer_id=person.id)
        )
    await evaluations.evaluate_record(
        head.call(END), done.check_in.record_id, Evaluate(grade=5, words="耐心细致")
    )
    await execute("UPDATE activity SET started_at = $2, ended_at = $3 WHERE id = $1", activity.id,
                  NOW - timedelta(days=2), NOW - timedelta(days=2, hours=-2))  # fmt: skip
    late = await complaints.open_complaint(
        worker.call(now - timedelta(days=12)), second.id,
        Complain(direction="about", text="王阿姨来电：约好九点送餐，十一点才到。电话10012345678。"),
    )  # fmt: skip
    await complaints.open_complaint(
        worker.call(now), leader.id, Complain(direction="by", text="活动没有准备饮用水。")
    )
    propose = ProposeTransfer(to_station_id=away.id, reason="您家已搬到西城街道，到那边更近。")
    await transfer_proposals.propose_transfer(worker.call(), leader.id, propose)
    out = await active(home, name="周停")
    why = WithReason(reason="多次报名后未到，请先与社工面谈。")
    await volunteers.suspend(head.call(), out.id, why, None)
    await hours(worker, home, out, 300 * 60)
    national = PlanPolicy(version="2099-national", valid_from=TODAY + timedelta(days=400),
                          preset="national", reason="与国家标准一致")  # fmt: skip
    await policies.plan_policy(county.call(now), national)
    return {
        "full": full.session.id, "held": held.session.id, "missing": missing.session.id,
        "group": group.id, "leader": leader, "activity": activity.id, "complaint": late.id,
        "himself": await signed_in(leader.id), "out": await signed_in(out.id), "out_id": out.id,
    }  # fmt: skip


def at(path, name):
    return lambda site: path.format(life(site)[name])


def of_leader(part):
    return lambda site: f"/staff/volunteers/{life(site)['leader'].id}/{part}"


def seeded(path):
    return lambda site: life(site) and path


def as_leader(path, who="himself"):
    """Of somebody whom only this file knows."""

    def shown(site):
        life(site)
        site.there.volunteers[f"life-{who}"] = life(site)[who]
        return path

    return shown


def by_a_new_head(path):
    """Of a station where nothing has happened yet."""

    async def head():
        return await staff("station_head", (await station(name="新立屯社工站")).id)

    def shown(site):
        site.there.staff["new_head"] = site.once("new_head", head)
        return path

    return shown


def sent_empty(page):
    page.locator("main form .button.main").last.click()
    page.wait_for_selector("#mend")


def opened(page):
    page.locator("main details > summary").first.click()


SHOTS = [
    Shot(name="life-trainings", path=seeded("/staff/trainings"), who="social_worker", dark=True),
    Shot(name="life-training-plan", path=seeded("/staff/trainings"), who="county", before=opened),
    Shot(name="life-training-full", path=at("/staff/trainings/{}", "full"), who="social_worker"),
    Shot(name="life-training-held", path=at("/staff/trainings/{}", "held"), who="social_worker"),
    Shot(name="life-training-missing", path=at("/staff/trainings/{}", "missing"),
         who="social_worker", before=sent_empty),
    Shot(name="life-topics", path=seeded("/staff/training-topics"), who="county"),
    Shot(name="life-leaders", path=seeded("/staff/leaders"), who="station_head"),
    Shot(name="life-group", path=at("/staff/groups/{}", "group"), who="station_head"),
    Shot(name="life-career", path=of_leader("career"), who="station_head"),
    Shot(name="life-appoint-error", path=of_leader("appoint"), who="station_head",
         before=sent_empty),
    Shot(name="life-nominate", path=of_leader("nominate"), who="station_head"),
    Shot(name="life-award", path=of_leader("award"), who="station_head"),
    Shot(name="life-membership", path=of_leader("membership"), who="station_head"),
    Shot(name="life-membership-suspended", who="station_head",
         path=at("/staff/volunteers/{}/membership", "out_id")),
    Shot(name="life-transfer", path=of_leader("transfer"), who="station_head"),
    Shot(name="life-transfers", path=seeded("/staff/transfers"), who="county"),
    Shot(name="life-honours", path=seeded("/staff/honours"), who="station_head"),
    Shot(name="life-honours-empty", path=by_a_new_head("/staff/honours"), who="new_head"),
    Shot(name="life-evaluations", path=seeded("/staff/evaluations"), who="social_worker"),
    Shot(name="life-evaluation", path=at("/staff/evaluations/{}", "activity"),
         who="social_worker"),
    Shot(name="life-complaints", path=seeded("/staff/complaints"), who="station_head"),
    Shot(name="life-complaints-closed", path="/staff/complaints?closed=true", who="station_head"),
    Shot(name="life-complaint", path=at("/staff/complaints/{}", "complaint"), who="station_head"),
    Shot(name="life-complaint-new", path=of_leader("complaints"), who="social_worker"),
    Shot(name="life-policies", path=seeded("/staff/policies"), who="county"),
    Shot(name="life-policy-new", path="/staff/policies/new", who="county"),
    Shot(name="life-policy-try", path=seeded("/staff/policies/v/2099-national"), who="county",
         docs=("1440-en",)),
    Shot(name="life-holidays", path="/staff/holidays/2026", who="county"),
    Shot(name="life-today", path=seeded("/staff/today"), who="county"),
    Shot(name="my-trainings", path=seeded("/me/trainings"), who="volunteer/usual", dark=True),
    Shot(name="my-trainings-empty", path="/me/trainings", who="volunteer/empty"),
    Shot(name="my-roles", path=as_leader("/me/roles"), who="volunteer/life-himself"),
    Shot(name="my-roles-empty", path="/me/roles", who="volunteer/empty"),
    Shot(name="my-complaints", path=as_leader("/me/complaints"), who="volunteer/life-himself",
         before=sent_empty),
    Shot(name="my-transfer", path=as_leader("/me/transfer"), who="volunteer/life-himself"),
    Shot(name="my-transfer-empty", path="/me/transfer", who="volunteer/empty"),
    Shot(name="my-suspension", path=as_leader("/me/suspension", "out"), who="volunteer/life-out"),
]  # fmt: skip


def test_a_volunteer_trains_complains_and_answers_on_a_phone_without_scripts(site, no_script):
    made = life(site)

    async def somebody():
        person = await active(site.there.home.id, name="陈新")
        away = await station(name="南湖社工站")
        ask = ProposeTransfer(to_station_id=away.id, reason="离家近")
        await transfer_proposals.propose_transfer(
            site.there.staff["social_worker"].call(), person.id, ask
        )
        return await signed_in(person.id)

    page = site.sign_in(no_script, site.run(somebody))
    page.goto("/me")
    page.get_by_role("link", name="我的培训").click()
    page.get_by_role("button", name="报名: 急救技能培训").click()
    assert page.get_by_text("报名成功").is_visible()
    page.get_by_role("button", name="排候补: 骨干带队培训").click()
    assert page.get_by_text("已排在候补").is_visible()
    page.get_by_role("button", name="退出: 急救技能培训").click()
    assert page.get_by_text("已退出").is_visible()
    page.goto("/me/complaints")
    page.get_by_label("发生了什么").fill("活动改期没有通知")
    page.get_by_role("button", name="提出投诉").click()
    assert page.get_by_text("活动改期没有通知").is_visible()
    page.goto("/me/transfer")
    page.get_by_role("button", name="同意", exact=True).click()
    assert page.get_by_role("alert").is_visible(), "consent wants its tick"
    page.get_by_label("我同意转到南湖社工站").check()
    page.get_by_role("button", name="同意", exact=True).click()
    assert page.get_by_text("您现在属于南湖社工站").is_visible()
    page.context.clear_cookies()
    site.sign_in(page, made["out"]).goto("/me")
    page.get_by_role("link", name="原因和办法").click()
    assert page.get_by_text("请先与社工面谈").is_visible()


def test_a_head_hears_a_complaint_and_strikes_who_was_not_there(site, desk):
    made = life(site)
    site.sign_in(desk, site.there.staff["station_head"]).goto("/staff/today")
    desk.locator("a[href='/staff/complaints']", has_text="全部").click()
    desk.get_by_role("link", name="关于: 阿卜杜热合曼").click()
    desk.get_by_label("致电").check()
    desk.get_by_label("了解到的情况").fill("已致歉")
    desk.get_by_role("button", name="登记联系情况").click()
    desk.get_by_label("部分属实").check()
    desk.get_by_label("处理说明").fill("调整送餐路线")
    desk.get_by_label("对服务评价的影响").select_option("2")
    desk.locator("[name='evaluation.words']").fill("迟到两小时")
    desk.get_by_role("button", name="办结").click()
    desk.get_by_text("投诉已办结").wait_for()
    desk.goto(f"/staff/trainings/{made['held']}")
    desk.locator("summary", has_text="划去: 王小明").click()
    desk.get_by_label("理由", exact=True).locator("visible=true").fill("没有到场")
    desk.get_by_role("button", name="划去这一行").locator("visible=true").click()
    assert desk.get_by_text("没有到场").is_visible()


def test_the_county_plans_a_policy_and_sees_who_would_change(site, desk):
    life(site)
    site.sign_in(desk, site.there.staff["county"]).goto("/staff/policies")
    desk.get_by_role("link", name="制定新版本").click()
    desk.get_by_label("版本号").fill("2101-a")
    desk.get_by_label("生效日期").fill("2101-01-01")
    desk.get_by_label("理由").fill("试行国家标准")
    desk.get_by_label("国家标准").check()
    desk.get_by_role("button", name="试算").click()
    assert desk.get_by_text("按现在的时数").is_visible()
    with desk.expect_download() as kept:
        desk.get_by_role("link", name="下载名单").click()
    assert kept.value.suggested_filename == "changes.xlsx"
    desk.locator("summary", has_text="撤回这个版本").click()
    desk.get_by_role("button", name="撤回这个版本").click()
    assert desk.get_by_text("版本已撤回").is_visible()
