"""Activities in the browser: a volunteer's telephone, the desk, and the screen at the site."""

from tests.browser.conftest import follow
from tests.browser.shots import Shot

ME, DESK = "/me/activities", "/staff/activities"


def of(name, part="", home=ME):
    return lambda site: f"{home}/{site.there.ids[name]}{part}"


def sent_empty(page):
    page.locator("main form .button.main").last.click()
    page.wait_for_selector("#mend")


SHOTS = [
    Shot(name="my-activities", path=ME, who="volunteer/doer", dark=True, docs=("390-zh-CN",)),
    Shot(name="my-activity-waiting", path=of("full"), who="volunteer/doer"),
    Shot(name="my-activity-gated", path=of("gated"), who="volunteer/doer"),
    Shot(name="my-sign-ups", path=f"{ME}/mine", who="volunteer/doer"),
    Shot(name="my-sign-ups-empty", path=f"{ME}/mine", who="volunteer/empty"),
    Shot(name="my-check-in-error", path=of("soon", "/here"), who="volunteer/doer",
         before=sent_empty),
    Shot(name="my-notices", path=f"{ME}/notices", who="volunteer/doer"),
    Shot(name="my-calendar", path=f"{ME}/calendar", who="volunteer/doer"),
    Shot(name="my-report-error", path="/me/hours/report", who="volunteer/doer",
         before=sent_empty),
    Shot(name="my-record-objected", path=of("objected", home="/me/hours"), who="volunteer/doer"),
    Shot(name="activities", path=f"{DESK}?month=2026-11", who="social_worker", dark=True),
    Shot(name="activities-list", path=f"{DESK}?month=2026-11&how=list", who="county"),
    Shot(name="activity-plan-error", path=f"{DESK}/new", who="county", before=sent_empty),
    Shot(name="activity-full", path=of("full", home=DESK), who="social_worker"),
    Shot(name="attendance", path=of("soon", "/attendance", DESK), who="social_worker"),
    Shot(name="site-code", path=of("soon", "/site", DESK), who="social_worker", dark=True,
         docs=("1440-zh-CN",)),
    Shot(name="objections", path="/staff/objections", who="station_head"),
    Shot(name="signals", path="/staff/signals", who="station_head"),
    Shot(name="signal", path=of("signal", home="/staff/signals"), who="station_head"),
]  # fmt: skip


def test_without_scripts_a_volunteer_signs_up_checks_in_by_the_code_and_withdraws(
    site, no_script, new_page
):
    """The desk's screen is another browser; its code is typed in by hand."""
    site.sign_in(no_script, site.there.volunteers["usual"]).goto("/me")
    follow(no_script, "活动")
    no_script.get_by_role("link", name="社区敬老院读报").click()
    no_script.get_by_role("button", name="报名").click()
    assert no_script.get_by_text("报名成功，到时见！").is_visible()
    screen = new_page({"width": 1024, "height": 768}, script=False)
    site.sign_in(screen, site.there.staff["social_worker"])
    screen.goto(of("soon", "/site", DESK)(site))
    assert screen.locator(".screen-qr svg").is_visible()
    no_script.get_by_role("link", name="到现场签到").click()
    no_script.get_by_label("现场屏幕上的签到码").fill(screen.locator(".site-code").inner_text())
    no_script.get_by_role("button", name="签到").click()
    assert no_script.get_by_text("签到成功").is_visible()
    no_script.goto(of("full")(site))
    no_script.get_by_role("button", name="排候补").click()
    assert no_script.get_by_text("您排在候补第").is_visible()
    no_script.locator("summary", has_text="退出报名").click()
    no_script.get_by_role("button", name="退出报名").click()
    assert no_script.get_by_text("已退出报名").is_visible()


def test_the_screen_at_the_site_goes_on_by_itself_and_shows_no_code_when_cut_off(site, desk):
    site.sign_in(desk, site.there.staff["social_worker"])
    desk.clock.install()
    desk.goto(of("soon", "/site", DESK)(site))
    asked = []
    desk.on("request", lambda one: one.url.endswith("/site") and asked.append(one.url))
    desk.evaluate("document.getElementById('site').dataset.mark = 'old'")
    desk.clock.run_for(31_000)
    desk.wait_for_selector("#site:not([data-mark])")
    assert desk.locator(".site-code").is_visible()
    assert len(asked) == 1
    desk.context.set_offline(True)
    desk.clock.run_for(31_000)
    desk.wait_for_selector("#site.away")
    assert not desk.locator(".site-code").is_visible()
    desk.context.set_offline(False)
    desk.clock.run_for(6_000)
    desk.wait_for_selector("#site:not(.away)")


def test_the_desk_plans_publishes_and_taps(site, desk):
    site.sign_in(desk, site.there.staff["social_worker"]).goto("/staff/today")
    follow(desk, "活动")
    desk.get_by_role("link", name="安排活动").click()
    desk.get_by_label("名称").fill("腊八送粥")
    desk.get_by_label("类别").select_option("elder_care")
    desk.get_by_label("形式").select_option("home_visit")
    desk.get_by_label("开始").fill("2026-12-08T09:00")
    desk.get_by_label("结束").fill("2026-12-08T11:00")
    desk.get_by_label("名额").fill("5")
    desk.get_by_role("button", name="安排活动").click()
    assert desk.get_by_text("已安排 1 场").is_visible()
    desk.get_by_role("button", name="发布").click()
    assert desk.get_by_text("已发布 1 场").is_visible()
    desk.goto(of("soon", "/attendance", DESK)(site))
    desk.locator(".row", has_text="吴小三").get_by_role("button").click()
    assert desk.get_by_text("已签到。").is_visible()


def test_a_volunteer_reports_hours_with_a_photo_and_the_desk_sees_it(site, phone, desk):
    site.sign_in(phone, site.there.volunteers["doer"]).goto("/me/hours")
    phone.get_by_role("link", name="自己报时数").click()
    phone.get_by_label("做了什么").fill("送餐")
    phone.get_by_label("哪一天").fill("2026-11-18")
    phone.get_by_label("几点开始").fill("10:00")
    phone.get_by_label("几点结束").fill("11:30")
    phone.get_by_label("经过").fill("给三位独居老人送午饭")
    picture = {"name": "x.png", "mimeType": "image/png", "buffer": phone.screenshot()}
    phone.get_by_label("照片").set_input_files(picture)
    phone.get_by_role("button", name="提交").click()
    assert phone.get_by_text("社工会在 3 个工作日内答复").is_visible()
    assert phone.locator(".shots img").evaluate("one => one.decode().then(() => one.naturalWidth)")
    site.sign_in(desk, site.there.staff["station_head"]).goto("/staff/approvals")
    desk.locator(".row", has_text="送餐").get_by_role("link", name="看").click()
    shown = desk.locator(".shots img")
    assert shown.evaluate("one => one.decode().then(() => one.naturalWidth)")
