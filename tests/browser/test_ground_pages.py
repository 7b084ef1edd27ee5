"""The first page, signing in and out, one's own sessions and password, language and theme."""

from tests.browser.shots import Shot
from tests.builders import PASSWORD


def _send_empty(page):
    page.get_by_role("button", name="登录", exact=True).or_(
        page.get_by_role("button", name="Sign in", exact=True)
    ).click()


def _only_some(page):
    """It says the same hundreds of times, and axe would read for a minute."""
    page.evaluate(
        "document.querySelectorAll('main details:nth-of-type(n+4)').forEach(one => one.remove())"
    )
    page.locator("main details").first.locator("summary").click()


def _forged(page):
    """As a form that lay open until its session ended."""
    page.locator("main form [name=_csrf]").first.evaluate("one => one.value = '00'")
    page.locator("main form button").first.click()
    page.wait_for_selector(".status")


def _far_too_long(page):
    # In a hidden field: nothing has to be drawn.
    page.locator("main form [name=_once]").first.evaluate("one => one.value = 'x'.repeat(2e6)")
    page.locator("main form button").first.click()
    page.wait_for_selector(".status")


SHOTS = [
    Shot(name="home", path="/", dark=True, docs=("390-zh-CN",)),
    Shot(name="sign-in", path="/sign-in"),
    Shot(name="sign-in-error", path="/sign-in", before=_send_empty, dark=True),
    Shot(name="sign-in-code", path="/sign-in/code"),
    Shot(name="sign-in-slip", path="/sign-in/slip"),
    Shot(name="staff-sign-in", path="/staff/sign-in"),
    Shot(name="staff-sessions", path="/staff/sessions", who="station_head"),
    Shot(name="staff-password", path="/staff/password", who="admin"),
    Shot(name="staff-code", path="/staff/code", who="admin"),
    Shot(name="my-sessions", path="/me/sessions", who="volunteer/empty"),
    Shot(name="reference", path="/reference", before=_only_some),
    Shot(name="not-found", path="/nothing-here"),
    Shot(name="forbidden", path="/staff/accounts", who="social_worker", dark=True),
    Shot(name="expired", path="/me/file/corrections", who="volunteer/empty", before=_forged),
    Shot(name="too-large", path="/me/complaints", who="volunteer/empty", before=_far_too_long),
    Shot(name="too-often", path="/busy"),
    Shot(name="broken", path="/broken"),
]  # fmt: skip


def username(site, role):
    async def asked():
        from volunteer_svc.store import accounts  # noqa: PLC0415 - needs the pool

        return (await accounts.find(site.there.staff[role].actor.id)).username

    return site.run(asked)


def test_staff_sign_in_change_their_language_and_sign_out(site, desk):
    desk.goto("/")
    desk.get_by_role("link", name="社工登录").click()
    desk.get_by_label("用户名").fill(username(site, "admin"))
    desk.get_by_label("密码").fill(PASSWORD)
    desk.get_by_role("button", name="登录").click()
    desk.wait_for_url("**/staff/**")
    desk.get_by_role("link", name="English").click()
    desk.get_by_role("button", name="Sign out").click()
    desk.wait_for_url("**/staff/sign-in")
    assert desk.get_by_text("You are signed out.").is_visible()


def test_without_scripts_a_wrong_password_keeps_the_name(site, no_script):
    no_script.goto("/sign-in")
    no_script.get_by_label("会员编号或手机号").fill("10000000000")
    no_script.get_by_label("密码").fill("wrong")
    no_script.get_by_role("button", name="登录", exact=True).click()
    assert no_script.get_by_role("alert").is_visible()
    assert no_script.get_by_label("会员编号或手机号").input_value() == "10000000000"


def test_the_theme_is_kept(site, phone):
    phone.goto("/")
    phone.get_by_role("link", name="深色").click()
    phone.goto("/sign-in")
    assert phone.locator("html").get_attribute("data-theme") == "dark"
    dark = phone.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    assert dark == "rgb(26, 23, 21)"


def test_the_first_stop_of_the_keyboard_leads_past_the_navigation(site, desk):
    site.sign_in(desk, site.there.staff["county"]).goto("/staff/sessions")
    desk.keyboard.press("Tab")
    assert desk.evaluate("document.activeElement.className") == "skip"
    desk.keyboard.press("Enter")
    assert desk.evaluate("document.activeElement.id") == "main"
