"""The annual list, as a head publishes it and hangs it up."""

from datetime import date

from tests.actions.world import line, record
from tests.browser.seed import LONG_NAME
from tests.browser.shots import Shot
from tests.builders import active, staff, station

NAMES = ("王小明", LONG_NAME[:30], "李春花", "欧阳云", "赵安", "孙新", "周秀英", "吴刚", "郑丽",
         "冯国强", "陈玉兰")  # fmt: skip


async def full_list():
    """A station of this file's own, with a full list of 2025, and its head."""
    home = await station(name="腾鳌镇社会工作服务站")
    worker = await staff("social_worker", home.id)
    for n, name in enumerate(NAMES):
        person = await active(home.id, name=name)
        await record(
            worker, home.id,
            line(person, minutes=470 - n * 13, served_on=date(2025, 6, 1)),
            line(person, minutes=480 - 20 * n, served_on=date(2025, 7, 1)),
        )  # fmt: skip
    return home, await staff("station_head", home.id)


def at(path, more=""):
    def address(site):
        home, _ = site.once("list", full_list)
        return f"{path}?station_id={home.id}&year=2025{more}"

    return address


def too_long(page):
    page.locator("input[name$='.reason']").first.fill("长" * 513)
    page.get_by_role("button").filter(has_text="名单").or_(
        page.get_by_role("button", name="Look at the list so far")
    ).first.click()
    page.locator("#mend").wait_for()


SHOTS = [
    Shot(name="list-provisional", path="/staff/recognition", who="station_head"),
    Shot(name="list-full", path=at("/staff/recognition"), who="county"),
    Shot(name="list-empty", path="/staff/recognition?year=2023", who="station_head"),
    Shot(name="list-publish", path=at("/staff/recognition/publish"), who="county"),
    Shot(name="list-error", path=at("/staff/recognition/publish"), who="county", before=too_long),
    Shot(
        name="board",
        path=at("/staff/recognition/board"),
        who="county",
        dark=True,
        docs=("1440-zh-CN",),
    ),
    Shot(name="board-masked", path=at("/staff/recognition/board", "&names=masked"), who="county"),
]


def test_a_head_leaves_one_out_and_publishes_and_hangs_up_the_board(site, desk):
    _, head = site.run(full_list)
    site.sign_in(desk, head).goto("/staff/recognition?year=2025")
    desk.get_by_role("link", name="核对并发布").click()
    desk.get_by_label("不列入的原因").nth(2).fill("本人谢绝")
    desk.get_by_role("button", name="看看调整后的名单").click()
    desk.get_by_text("陈玉兰").wait_for()
    assert desk.get_by_text("不列入", exact=True).is_visible()
    desk.locator(".confirm summary").click()
    desk.get_by_role("button", name="确认发布").click()
    desk.get_by_text("2025 年的名单已发布").wait_for()
    assert desk.get_by_text("李春花").count() == 0
    desk.get_by_role("link", name="光荣榜").click()
    desk.emulate_media(media="print")
    assert desk.get_by_text("王小明").is_visible()
    assert not desk.locator(".top").is_visible()
    assert not desk.get_by_text("站内张贴用全名").is_visible()


def test_without_scripts_the_list_is_looked_at_on_a_telephone(site, no_script):
    site.sign_in(no_script, site.there.staff["county"])
    no_script.goto(at("/staff/recognition/publish")(site))
    no_script.get_by_label("不列入的原因").first.fill("责任心不足")
    no_script.get_by_role("button", name="看看调整后的名单").click()
    assert no_script.get_by_label("不列入的原因").last.input_value() == "责任心不足"
