"""The desk's pages, as staff see them: today, registrations, volunteers, inductions, approvals."""

import re
from datetime import timedelta

from tests.actions.world import line, record
from tests.browser.conftest import follow
from tests.browser.seed import LONG_NAME
from tests.browser.shots import Shot
from tests.builders import TODAY, active, form, registered, staff, station
from volunteer_svc.actions import induction_revocations, inductions
from volunteer_svc.actions.induction_revocations import RevokeInduction
from volunteer_svc.actions.inductions import Attendee, PlanSession, RecordAttendance


def of(who, part=""):
    return lambda site: f"/staff/volunteers/{site.there.people[who].id}{part}"


def sent_empty(page):
    page.locator("main form .button.main").last.click()
    page.wait_for_selector("#mend")


_made: dict = {}


def induction(site):
    """A list of three, of whom one was ticked by mistake and is taken off it; made once a run."""
    if not _made:
        _made["id"] = site.run(lambda: _ticked(site.there))
    return f"/staff/inductions/{_made['id']}"


async def _ticked(there):
    home, worker = there.home.id, there.staff["social_worker"]
    on = TODAY - timedelta(days=1)
    people = [await registered(home, on, name=name) for name in ("何来", LONG_NAME[:30], "误勾")]
    plan = PlanSession(station_id=home, held_on=on, place="二楼会议室")
    session = await inductions.plan_session(worker.call(), plan)
    came = RecordAttendance(attendees=[Attendee(volunteer_id=one.id) for one in people])
    await inductions.record_attendance(worker.call(), session.id, came)
    await induction_revocations.revoke_induction(
        there.staff["station_head"].call(), session.id, people[2].id,
        RevokeInduction(reason="签到表上是同名的另一个人"),
    )  # fmt: skip
    return session.id


def taking_back(page):
    page.locator("summary", has_text=re.compile("撤销|Take back")).first.click()


SHOTS = [
    Shot(name="today", path="/staff/today", who="social_worker", dark=True, docs=("1440-zh-CN",)),
    Shot(name="registrations", path="/staff/registrations", who="social_worker"),
    Shot(name="registration-new", path="/staff/registrations/new", who="county"),
    Shot(name="registration-error", path="/staff/registrations/new", who="county",
         before=sent_empty),
    Shot(name="claims-empty", path="/staff/claims", who="social_worker"),
    Shot(name="requests-empty", path="/staff/requests", who="social_worker"),
    Shot(name="volunteers", path="/staff/volunteers", who="county"),
    Shot(name="volunteers-none", path="/staff/volunteers?name=xyz", who="social_worker"),
    Shot(name="volunteer", path=of("usual"), who="social_worker"),
    Shot(name="volunteer-full", path=of("full"), who="county", dark=True, docs=("1440-en",)),
    Shot(name="volunteer-ledger", path=of("full", "/ledger"), who="social_worker"),
    Shot(name="volunteer-records", path=of("usual", "/records"), who="social_worker"),
    Shot(name="inductions", path="/staff/inductions", who="social_worker"),
    Shot(name="induction", path=induction, who="station_head", before=taking_back),
    Shot(name="approvals", path="/staff/approvals", who="station_head", dark=True,
         docs=("1440-zh-CN",)),
    Shot(name="approvals-own", path="/staff/approvals", who="social_worker"),
]  # fmt: skip


def test_a_clerk_types_a_form_in_and_a_member_is_there(site, desk, fits):
    person = form(name=LONG_NAME[:30])
    site.sign_in(desk, site.there.staff["social_worker"]).goto("/staff")
    follow(desk, "登记")
    desk.get_by_role("link", name="录入登记表").click()
    desk.get_by_label("姓名", exact=True).fill(person.name)
    desk.get_by_label("证件号码").fill(person.document_number)
    for box in desk.locator(".material input").all():
        box.check()
    desk.get_by_role("button", name="登记", exact=True).click()
    assert desk.get_by_text("登记成功").is_visible()
    assert desk.get_by_text(person.name).first.is_visible()
    fits(desk)


def test_a_head_approves_with_the_keyboard_alone(site, desk):
    async def waiting():
        home = await station()
        person = await active(home.id, name="周八时")
        await record(await staff("social_worker", home.id), home.id, line(person, minutes=500))
        return await staff("station_head", home.id)

    site.sign_in(desk, site.run(waiting)).goto("/staff/approvals")
    desk.locator('input[name="items"]').first.focus()
    desk.keyboard.press("Space")
    desk.get_by_role("button", name="通过").focus()
    desk.keyboard.press("Enter")
    desk.wait_for_selector(".alert.good")
    assert desk.get_by_text("已通过 1 条").is_visible()


def test_a_head_takes_back_a_line_that_was_ticked_by_mistake(site, desk):
    site.sign_in(desk, site.there.staff["station_head"]).goto(induction(site))
    desk.locator("summary", has_text="撤销: 何来").click()
    desk.get_by_label("理由", exact=True).locator("visible=true").fill("没有到场")
    desk.get_by_role("button", name="撤销这一行").locator("visible=true").click()
    assert desk.get_by_text("没有到场").is_visible()
    desk.get_by_role("link", name="何来").last.click()
    assert desk.get_by_text("入会辅导被撤销").is_visible()
