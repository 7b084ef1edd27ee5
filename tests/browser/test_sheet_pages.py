"""The sheet as a clerk types it: by keyboard, forty lines, through a lost connection."""

import json
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from tests.browser.seed import LONG_NAME
from tests.browser.shots import Shot
from tests.builders import TODAY, Person, SignedIn, active, staff, station
from tests.domain.test_written_time import HOURS, MINUTES, RANGES
from volunteer_svc.store.database import fetch

SHEET = "/staff/sheet"
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()
MILLISECONDS_A_KEY = 150
"""A practised hand types 400 keys a minute."""
SECONDS_MAX = 240
FAMILY, GIVEN = "赵钱孙李周吴郑王", ("安", "佩", "丹", "东海", "桂兰")
NAMES = [f"{family}{given}" for family in FAMILY for given in GIVEN]


class Room(msgspec.Struct):
    """A station of forty volunteers and its clerk."""

    station_id: UUID
    clerk: SignedIn
    people: list[Person]


def furnished(site, names):
    async def furnish():
        home = await station()
        people = [await active(home.id, name=name) for name in names]
        return Room(home.id, await staff("social_worker", home.id), people)

    return site.run(furnish)


@pytest.fixture
def full_room(site):
    return furnished(site, NAMES)


@pytest.fixture
def room(site):
    return furnished(site, NAMES[:5])


@pytest.fixture
def recorded(site):
    def rows(room):
        async def read():
            return [dict(row) for row in await fetch(
                "SELECT r.*, v.member_no FROM service_record r"
                " JOIN volunteer v ON v.id = r.volunteer_id WHERE r.station_id = $1"
                " ORDER BY r.entered_at, r.id", room.station_id,
            )]  # fmt: skip

        return site.run(read)

    return rows


class Hand:
    """Types, and counts the keys; a character costs its pinyin and the choice."""

    def __init__(self, page):
        self.page, self.keys = page, 0

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 2 if "+" in key else 1

    def type(self, text):
        if text.isascii():
            self.page.keyboard.type(text)
            self.keys += len(text)
        else:
            self.page.keyboard.insert_text(text)
            self.keys += 5 * len(text)

    @property
    def seconds(self):
        return self.keys * MILLISECONDS_A_KEY / 1000


def begin(site, page, room, day=YESTERDAY):
    """The head of a sheet, by keyboard."""
    site.sign_in(page, room.clerk).goto(SHEET)
    hand = Hand(page)
    page.locator("[name=served_on]").fill(day)
    hand.keys += 11
    page.locator("[name=time]").focus()
    hand.type("8-11:30")
    hand.press("Tab")
    hand.type("敬老院读报")
    page.locator("[name='entries[0].who']").focus()
    hand.keys += 8
    return hand


def initials(name):
    from volunteer_svc.identity.pinyin import pinyin_of  # noqa: PLC0415

    return pinyin_of(name).split()[1]


def line(page, n, cell):
    return page.locator(f"[name='entries[{n}].{cell}']")


def enter(page, hand, n, person, text):
    """One line: types until the list shows who is meant, takes him, goes on."""
    hand.type(text)
    options = page.locator("#sheet-choices li")
    options.filter(has_text=person.member_no).first.wait_for()
    shown = options.all_inner_texts()
    at = next(i for i, one in enumerate(shown) if person.member_no in one)
    if options.nth(at).get_attribute("aria-selected") != "true":
        hand.press(*["ArrowDown"] * (at + 1))
    hand.press("Enter")
    assert line(page, n, "member_no").input_value() == person.member_no


def test_forty_lines_by_keyboard_in_four_minutes_through_a_lost_connection(
    site, desk, full_room, recorded, capsys
):
    room = full_room
    hand = begin(site, desk, room)
    for n, person in enumerate(room.people[:20]):
        enter(desk, hand, n, person, initials(person.form.name))
    desk.context.set_offline(True)
    for n, person in enumerate(room.people[20:30], 20):
        hand.type(person.member_no)  # nobody can be looked up now
        hand.press("Enter")
        assert line(desk, n, "who").input_value() == person.member_no
    hand.press("Control+Enter")
    desk.get_by_text("网断了").wait_for()
    assert recorded(room) == []
    desk.context.set_offline(False)
    desk.get_by_text("已记 30 行").wait_for()
    for n, person in enumerate(room.people[30:]):
        enter(desk, hand, n, person, initials(person.form.name))
        if n == 3:
            hand.press("ArrowUp", "Tab")
            hand.type("13-15")
            hand.press("Enter")
        if n in (4, 5):
            hand.press("ArrowUp", "Tab", "Control+d", "Enter")
    hand.press("Control+Enter")
    desk.get_by_text("已记 10 行").wait_for()
    rows = recorded(room)
    assert sorted(row["member_no"] for row in rows) == sorted(p.member_no for p in room.people)
    assert [row["minutes"] for row in rows].count(120) == 3
    assert {row["title"] for row in rows} == {"敬老院读报"}
    with capsys.disabled():
        print(f"\n40 lines: {hand.keys} keys, {hand.seconds:.0f} s")  # noqa: T201
    assert hand.seconds < SECONDS_MAX


def test_a_draft_outlives_the_page_and_is_sent_once(site, desk, room, recorded):
    hand = begin(site, desk, room)
    for n, person in enumerate(room.people[:3]):
        enter(desk, hand, n, person, initials(person.form.name))
    desk.get_by_text("草稿已存").wait_for()
    desk.reload()
    desk.get_by_text("找回了上次没发完的 3 行").wait_for()
    assert line(desk, 2, "who").input_value() == room.people[2].form.name
    assert desk.locator("[name=title]").input_value() == "敬老院读报"

    def answer_lost(route):
        route.fetch()
        route.abort("internetdisconnected")

    desk.route("**/staff/sheet", answer_lost, times=1)
    desk.get_by_role("button", name="发送").click()
    desk.get_by_text("网断了").wait_for()
    assert len(recorded(room)) == 3, "the server has it; the clerk does not know"
    desk.reload()
    desk.get_by_text("已记 3 行").wait_for()
    assert len(recorded(room)) == 3
    assert desk.evaluate("localStorage.length") == 0


def test_refused_lines_stay_and_only_they_are_sent_again(site, desk, room, recorded):
    begin(site, desk, room)
    one, two = room.people[:2]
    line(desk, 0, "who").fill(one.member_no)
    line(desk, 0, "who").press("Enter")
    line(desk, 1, "who").fill(two.member_no)
    line(desk, 1, "time").fill("早上")
    line(desk, 1, "time").press("Enter")
    desk.locator("tr.refused", has_text="时间请写").wait_for()
    desk.keyboard.press("Control+Enter")
    desk.get_by_text("还有 1 行要改").wait_for()
    assert [row["member_no"] for row in recorded(room)] == [one.member_no]
    assert line(desk, 0, "who").input_value() in (two.member_no, two.form.name)
    line(desk, 0, "time").fill("10-11")
    line(desk, 0, "time").press("Control+Enter")
    desk.get_by_text("已记 1 行").wait_for()
    assert len(recorded(room)) == 2
    assert desk.locator("tr.refused").count() == 0


def test_what_would_be_refused_is_marked_while_typing(site, desk, room):
    begin(site, desk, room)
    for n in (0, 1):
        line(desk, n, "who").fill(room.people[0].member_no)
        line(desk, n, "who").press("Enter")
    desk.locator("#said-1.said", has_text="重叠").wait_for()
    assert desk.locator("#said-0 .counted").inner_text() == "计入 3.5 小时"


def test_of_several_none_is_taken_unasked(site, desk, room):
    hand = begin(site, desk, room)
    hand.type("zhao")
    desk.locator("#sheet-choices li").nth(4).wait_for()
    hand.press("Tab")
    desk.locator("#said-0", has_text="5 位").wait_for()
    assert line(desk, 0, "member_no").input_value() == ""


def test_a_document_number_is_cleared_and_never_kept(site, desk, room):
    begin(site, desk, room)
    line(desk, 0, "who").fill("赵安")
    line(desk, 1, "who").press_sequentially("１00000199005011234")
    desk.get_by_text("这里不要填证件号码").wait_for()
    line(desk, 0, "content").fill("读报")
    desk.get_by_text("草稿已存").wait_for()
    assert "199005011" not in json.dumps(desk.evaluate("({...localStorage})"))


def test_the_keys_escape_and_arrows(site, desk, room):
    hand = begin(site, desk, room)
    hand.type("zhaoan")
    desk.locator("#sheet-choices li").first.wait_for()
    hand.press("Escape")
    assert desk.locator("#sheet-choices").is_hidden()
    hand.press("Escape")
    assert line(desk, 0, "who").input_value() == ""
    hand.press("ArrowDown", "ArrowDown", "Tab")
    hand.type("9-10")
    hand.press("ArrowDown", "Control+d")
    assert line(desk, 3, "time").input_value() == "9-10"
    hand.press("ArrowUp", "ArrowUp")
    assert desk.evaluate("document.activeElement.name") == "entries[1].time"


def test_signing_out_takes_the_draft_along(site, desk, room):
    begin(site, desk, room)
    line(desk, 0, "who").fill("赵安")
    desk.get_by_text("草稿已存").wait_for()
    desk.get_by_role("button", name="退出登录").click()
    desk.wait_for_url("**/staff/sign-in*")
    assert desk.evaluate("localStorage.length") == 0


def test_a_session_that_ends_keeps_the_draft(site, desk, room, recorded):
    begin(site, desk, room)
    line(desk, 0, "who").fill(room.people[0].member_no)
    desk.context.clear_cookies()
    line(desk, 0, "who").press("Control+Enter")
    desk.get_by_text("登录过期了").wait_for()
    site.sign_in(desk, room.clerk).goto(SHEET)
    desk.get_by_text("已记 1 行").wait_for()
    assert len(recorded(room)) == 1


def test_client_and_server_read_the_same_times(site, desk, room):
    begin(site, desk, room)
    for n, text in enumerate(
        [*RANGES, *MINUTES, *HOURS, "8:00", "0800", "早上", "8-9-10", "100.5"]
    ):
        cell = line(desk, n, "time")
        cell.fill(text)
        cell.press("Enter")
    wrong = desk.locator("tr.refused [name$='.time']")
    assert wrong.evaluate_all("all => all.map(one => one.value)") == [
        "8:00", "0800", "早上", "8-9-10", "100.5",
    ]  # fmt: skip


def test_without_scripts_a_sheet_is_a_plain_form(site, no_script, room, recorded):
    page = site.sign_in(no_script, room.clerk)
    page.goto(SHEET)
    page.locator("[name=served_on]").fill(YESTERDAY)
    page.locator("[name=time]").fill("8-11:30")
    line(page, 0, "who").fill("zhaodan")
    line(page, 1, "who").fill("没有这人")
    page.get_by_role("button", name="发送").click()
    assert page.get_by_text("计入 3.5 小时").is_visible()
    assert line(page, 0, "who").input_value() == "没有这人"
    assert len(recorded(room)) == 1


def many(page):
    """Forty lines with faults, a list open."""
    page.locator("[name=time]").fill("8-11:30")
    page.locator("#sheet-more").click()
    page.locator("#sheet-more").click()
    names = [LONG_NAME[:30], "wxm"] * 20
    page.evaluate(
        """names => names.forEach((name, n) => {
            document.querySelector(`[name="entries[${n}].who"]`).value = name;
        })""", names,
    )  # fmt: skip
    line(page, 1, "time").fill("早上")
    line(page, 2, "time").fill("22-1:30")
    line(page, 2, "time").press("Enter")
    page.locator("tr.refused").nth(1).wait_for()
    line(page, 5, "who").fill("王")
    page.locator("#sheet-choices li").first.wait_for()


def refused(page):
    page.locator("[name=time]").fill("8-11:30")
    line(page, 0, "who").fill("wxm")
    line(page, 1, "who").fill("没有这人")
    line(page, 2, "who").fill(LONG_NAME[:30])
    line(page, 2, "time").fill("9-10")
    line(page, 2, "time").press("Control+Enter")
    page.locator("#sheet-said .alert:not(.info)").wait_for()


SHOTS = [
    Shot(name="sheet", path=SHEET, who="social_worker", dark=True),
    Shot(name="sheet-county", path=SHEET, who="county"),
    Shot(name="sheet-many", path=SHEET, who="social_worker", before=many),
    Shot(
        name="sheet-refused",
        path=SHEET,
        who="social_worker",
        before=refused,
        dark=True,
        docs=("1440-zh-CN",),
    ),
]
