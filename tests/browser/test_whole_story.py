"""From the first look at the service to a star of one's own, each on the screen that he has.

Between the telephone and the desk stands only what stands there in life: a slip of paper.
"""

import re
from datetime import date, timedelta

import msgspec
import pytest

from tests.actions.world import hours, record
from tests.browser.conftest import DESK, follow
from tests.browser.test_register_pages import fill
from tests.browser.test_sheet_pages import (
    NAMES,
    SECONDS_MAX,
    begin,
    enter,
    furnished,
    initials,
)
from tests.builders import PASSWORD, TODAY, Person, active, form, staff, station, taken_up
from volunteer_svc.domain.sheet import SheetLine

OLD_DAYS = 8
WAYS = {
    "number": lambda person: person.member_no,
    "name": lambda person: person.form.name,
    "pinyin": lambda person: initials(person.form.name),
}
"""How a clerk says who is meant, each in turn."""


@pytest.fixture
def room(site):
    return furnished(site, NAMES[:39])


def test_from_the_first_look_to_a_star_of_ones_own(site, phone, new_page, room, fits, capsys):
    newcomer = form(name="安初来")
    register(phone, room.station_id, newcomer)
    site.run(taken_up)
    desk = site.sign_in(new_page(DESK), room.clerk)
    member_no = hand_in_materials(desk, newcomer)
    induct(desk, newcomer)
    slip = give_slip(desk, newcomer)
    phone.goto("/sign-in")
    phone.get_by_role("link", name="第一次登录").click()
    with_his_slip(phone, member_no, slip)
    assert phone.get_by_text("再有 100 小时就是 1 星").first.is_visible()

    person = Person(id=room.people[0].id, member_no=member_no, form=newcomer,
                    registration_id=room.people[0].id, station_id=room.station_id)  # fmt: skip
    hand = begin(site, desk, room, TODAY.isoformat())
    for n, one in enumerate([*room.people, person]):
        enter(desk, hand, n, one, list(WAYS.values())[n % len(WAYS)](one))
    hand.press("ArrowUp", "Tab")
    assert desk.evaluate("document.activeElement.name") == "entries[39].time"
    hand.type("9.5")
    hand.press("Control+Enter")
    desk.get_by_text("已记 40 行").wait_for()
    with capsys.disabled():
        print(f"\n40 lines: {hand.keys} keys, {hand.seconds:.0f} s")  # noqa: T201
    assert hand.seconds < SECONDS_MAX

    phone.goto("/me")
    assert phone.get_by_text("9.5 小时在等别人确认").is_visible()
    enter_old_paper(site, desk, room, person)
    phone.reload()
    assert phone.get_by_text("105.5 小时在等别人确认").is_visible()
    approve(site, room, new_page(DESK), OLD_DAYS + 1)
    phone.reload()
    assert phone.locator(".big", has_text="105.5").is_visible()
    assert phone.get_by_text("1 星级志愿者").is_visible()
    follow(phone, "星级")
    assert phone.get_by_text("升为 1 星").is_visible()
    assert phone.get_by_text("再有 94.5 小时就是 2 星").first.is_visible()
    fits(phone)


def test_who_is_known_from_paper_comes_to_his_own_file(site, phone, desk):
    """The open form tells nobody who is a volunteer: it is the station that leads on."""

    async def on_paper():
        home = await station()
        worker = await staff("social_worker", home.id)
        known = await active(home.id, name="纸上人", phone="")
        await hours(worker, home.id, known, 90)
        return home, worker, known

    home, worker, known = site.run(on_paper)
    again = msgspec.structs.replace(known.form, phone="10055556666")
    register(phone, home.id, again)
    site.run(taken_up)
    assert phone.get_by_role("heading", name="以前登记过？").is_visible()

    site.sign_in(desk, worker).goto("/staff/today")
    desk.get_by_role("link", name=re.compile("重复登记")).first.click()
    assert desk.get_by_role("link", name=again.phone).is_visible(), "to be called"
    slip = give_slip(desk, again)
    desk.goto("/staff/claims")
    desk.get_by_role("button", name="已联系").click()
    assert desk.get_by_text("没有要联系的人").is_visible()

    phone.get_by_role("link", name="我有凭条").click()
    with_his_slip(phone, known.member_no, slip)
    assert phone.locator(".big", has_text="1.5").is_visible(), "what he did on paper is his"
    phone.goto("/me/hours")
    assert phone.locator(".row").count() == 1


def register(phone, station_id, newcomer):
    phone.goto("/")
    phone.get_by_role("link", name="登记", exact=True).click()
    fill(phone, newcomer)
    phone.get_by_label("到哪个社工站").select_option(value=str(station_id))
    phone.get_by_role("button", name="交登记表").click()
    phone.wait_for_url("**/register/done")
    assert phone.locator(".receipt").inner_text()


def hand_in_materials(desk, newcomer):
    """At the desk, with the originals; his member number."""
    desk.goto("/staff/registrations")
    desk.get_by_role("link", name=newcomer.name).click()
    for box in desk.locator(".material input").all():
        box.check()
    desk.get_by_role("button", name="保存核对结果").click()
    desk.get_by_text("登记成功").wait_for()
    return desk.locator(".facts strong").inner_text()


def induct(desk, newcomer):
    follow(desk, "入会辅导")
    desk.get_by_text("安排一场").first.click()
    desk.get_by_label("日期").fill(TODAY.isoformat())
    desk.get_by_role("button", name="安排一场").click()
    desk.get_by_label(re.compile(newcomer.name)).check()
    desk.get_by_role("button", name="登记到场").click()
    desk.get_by_text("1 人生效").wait_for()


def give_slip(desk, newcomer):
    desk.get_by_role("link", name=newcomer.name).click()
    desk.get_by_role("button", name="发登录凭条").click()
    return desk.locator("dd.code").inner_text()


def with_his_slip(phone, member_no, slip):
    phone.get_by_label("会员编号").fill(member_no)
    phone.get_by_label("凭条上的号码").fill(slip)
    phone.get_by_label("新密码").fill(PASSWORD)
    phone.locator("main button").click()
    phone.wait_for_url("**/me")


def enter_old_paper(site, desk, room, person):
    """What he did before there were sign-in sheets: the clerk types a day, the other days are made
    as by her, each of twelve hours."""
    days = [(TODAY - timedelta(days=100 + n)).isoformat() for n in range(OLD_DAYS)]
    desk.goto("/staff/sheet")
    desk.locator("[name=served_on]").fill(days[0])
    desk.locator("[name=time]").fill("7-19")
    desk.locator("[name=evidence]").select_option("historical")
    desk.locator("[name=evidence_reference]").fill("村委会证明 2026-3")
    desk.locator("[name=late_reason]").fill("补录")
    who = desk.locator("[name='entries[0].who']")
    who.fill(person.member_no)
    desk.locator("#sheet-choices li").first.click()
    who.press("Control+Enter")
    desk.get_by_text("已记 1 行").wait_for()

    async def typed():
        lines = [
            SheetLine(
                member_no=person.member_no, served_on=date.fromisoformat(day), minutes=720,
                evidence="historical", evidence_reference="村委会证明 2026-3", late_reason="补录",
            )
            for day in days[1:]
        ]  # fmt: skip
        outcomes = await record(room.clerk, room.station_id, *lines)
        assert {one.outcome for one in outcomes} == {"waiting"}, outcomes

    site.run(typed)


def approve(site, room, page, count):
    """The head sees what waits for him, and it is gone."""

    async def head():
        return await staff("station_head", room.station_id)

    site.sign_in(page, site.run(head)).goto("/staff/today")
    follow(page, "审批")
    assert page.locator(".tick-row", has_text="安初来").count() == count
    page.get_by_label("全部勾选").check()
    page.get_by_role("button", name="通过").click()
    page.get_by_text(f"已通过 {count} 条").wait_for()
