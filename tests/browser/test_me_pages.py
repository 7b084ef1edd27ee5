"""My page, as a volunteer sees it on his telephone."""

import pytest

from tests.browser.conftest import follow
from tests.browser.first_visit import visited
from tests.browser.seed import HOSTILE, LONG_NAME
from tests.browser.shots import Shot

SHOTS = [
    Shot(name="me", path="/me", who="volunteer/usual", dark=True, docs=("390-zh-CN", "390-dark")),
    Shot(name="me-empty", path="/me", who="volunteer/empty"),
    Shot(name="me-due", path="/me", who="volunteer/fresh"),
    Shot(name="me-full", path="/me", who="volunteer/full"),
    Shot(name="my-hours", path="/me/hours", who="volunteer/usual", dark=True, docs=("390-zh-CN",)),
    Shot(name="my-hours-full", path="/me/hours", who="volunteer/full"),
    Shot(name="my-star", path="/me/star", who="volunteer/usual", dark=True),
    Shot(name="my-star-full", path="/me/star", who="volunteer/full", docs=("390-zh-CN",)),
    Shot(name="my-star-empty", path="/me/star", who="volunteer/empty"),
]


def test_a_volunteer_sees_hours_what_waits_and_why_and_his_star(site, phone):
    site.sign_in(phone, site.there.volunteers["usual"]).goto("/me")
    assert phone.get_by_text("1 星级志愿者").is_visible()
    assert phone.get_by_text("8.33 小时在等别人确认").is_visible()
    phone.get_by_role("link", name="看全部时数").click()
    phone.locator(".filters a[href*=waiting]").click()
    phone.wait_for_url("**state=waiting")
    assert phone.get_by_text("当天超过 8 小时，要第二个人确认。").is_visible()
    assert phone.locator(".row").count() == 1
    phone.goto("/me/star")
    assert phone.get_by_text("升为 1 星").is_visible()


def test_without_scripts_everything_is_there(site, no_script):
    site.sign_in(no_script, site.there.volunteers["fresh"]).goto("/me")
    assert no_script.get_by_text("前参加入会辅导").is_visible()
    follow(no_script, "星级")
    assert no_script.get_by_text("还没有升过星").is_visible()


def test_hostile_text_is_shown_as_text(site, phone):
    site.sign_in(phone, site.there.volunteers["usual"]).goto("/me/hours")
    assert phone.locator(".row-title bdi", has_text="<b>粗</b>").inner_text() == HOSTILE
    assert phone.locator(".row b").count() == 0


def test_the_longest_name_stays_in_the_page(site, phone, fits):
    site.sign_in(phone, site.there.volunteers["full"]).goto("/me")
    assert phone.get_by_text(LONG_NAME[:30]).is_visible()
    fits(phone)


@pytest.mark.parametrize(("path", "who"), [("/", None), ("/register", None), ("/me", "usual")])
def test_a_first_visit_is_light_and_quick(site, phone, capsys, path, who):
    """In a new window; `test_every_page.py` visits all others in one."""
    if who:
        site.sign_in(phone, site.there.volunteers[who])
    weight, painted = visited(phone, phone.context.new_cdp_session(phone), path)
    with capsys.disabled():
        print(f"\n{path}: {weight} bytes, first paint {painted:.0f} ms")  # noqa: T201
