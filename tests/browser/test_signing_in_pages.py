"""Every way in, as a person goes it on a telephone: slip, sent code, shared telephone, app."""

import base64
import itertools

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_ground_pages import username
from tests.builders import PASSWORD, active, call, staff
from volunteer_svc.actions import sent_codes, sessions
from volunteer_svc.domain.one_time_code import code_at, step_of
from volunteer_svc.store.database import fetch

SHOTS = []
_phones = itertools.count(7_000)


@pytest.fixture(params=["with scripts", "without"])
def page(request, new_page):
    return new_page(PHONE, script=request.param == "with scripts")


def people(site, *names, **changes):
    async def make():
        return [await active(site.there.home.id, name=name, **changes) for name in names]

    return site.run(make)


def now_there(site):
    """The service's clock, as its last session tells: it is not ours."""

    async def last():
        return (await fetch("SELECT max(created_at) FROM session"))[0][0]

    return site.run(last)


def code_for(site, phone):
    """What the worker would send to a telephone."""

    async def due():
        asked = (await fetch("SELECT max(requested_at) FROM sent_code"))[0][0]
        messages = await sent_codes.take_due(call(now=asked))
        for one in messages:
            await sent_codes.sent(one.id)
        return messages

    return [one for one in site.run(due) if one.phone == phone][-1].code


def test_a_family_shares_a_telephone_and_the_member_number_says_who_comes(site, page):
    telephone = f"1009{next(_phones):07d}"
    _, husband = people(site, "冯太太", "冯先生", phone=telephone)
    page.goto("/")
    page.get_by_role("link", name="用短信验证码登录").click()
    page.get_by_label("会员编号或手机号").fill(telephone)
    page.get_by_role("button", name="发送验证码").click()
    page.get_by_label("6 位验证码").wait_for()
    code = code_for(site, telephone)
    page.get_by_label("6 位验证码").fill(code)
    page.get_by_role("button", name="登录", exact=True).click()
    assert page.locator("#mend").is_visible(), "whose of the two"
    page.get_by_label("6 位验证码").fill(code)
    page.get_by_label("会员编号").fill(husband.member_no)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/me")
    assert page.get_by_text("冯先生").first.is_visible()


def test_a_code_that_nobody_got_is_refused_and_the_telephone_kept(site, page):
    page.goto("/sign-in/code")
    page.get_by_label("会员编号或手机号").fill("10099999999")
    page.get_by_role("button", name="发送验证码").click()
    page.get_by_label("6 位验证码").fill("123456")
    page.get_by_role("button", name="登录", exact=True).click()
    assert page.locator("#mend").is_visible()
    assert page.locator("input[name=name]").get_attribute("value") == "10099999999"


def test_a_volunteer_sets_his_password_with_a_slip_and_comes_in_again_with_it(site, page):
    (person,) = people(site, "孙凭条")

    async def give():
        return await sessions.give_slip(site.there.staff["social_worker"].call(), person.id)

    slip = site.run(give)
    page.goto("/")
    page.get_by_role("link", name="第一次登录").click()
    page.get_by_label("会员编号").fill(person.member_no)
    page.get_by_label("凭条上的号码").fill(slip.slip)
    page.get_by_label("新密码").fill("short")
    page.get_by_role("button").last.click()
    assert page.locator("#mend a", has_text="新密码").is_visible()
    page.get_by_label("新密码").fill(PASSWORD)
    page.locator("main button").click()
    page.wait_for_url("**/me")
    assert page.get_by_text("孙凭条").is_visible()
    page.get_by_role("button", name="退出登录").click()
    page.goto("/sign-in")
    page.get_by_label("会员编号或手机号").fill(person.member_no)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/me")


def test_staff_enrol_an_app_and_sign_in_with_its_code(site, new_page):
    """The flow as a person at the desk does it; the secret is shown once."""

    async def make():
        return await staff("social_worker", site.there.home.id)

    site.there.staff["newcomer"] = site.run(make)
    name = username(site, "newcomer")
    page = new_page(DESK, script=False)
    sign_in(page, name)
    page.wait_for_url("**/staff/**")
    page.goto("/staff/code")
    page.get_by_label("现在的密码").fill("not this one")
    page.locator("main button").click()
    assert page.locator("#mend").is_visible()
    page.get_by_label("现在的密码").fill(PASSWORD)
    page.locator("main button").click()
    secret = base64.b32decode(page.locator("main .code").inner_text().replace(" ", ""))
    page.get_by_label("6 位数字").fill("000000")
    page.locator("main button").click()
    assert page.locator("#mend").is_visible()
    page.get_by_label("6 位数字").fill(code_at(secret, step_of(now_there(site))))
    page.locator("main button").click()
    recovery = page.locator(".codes .code").first.inner_text()
    page.goto("/staff/sessions")
    page.get_by_role("button", name="退出登录").click()
    sign_in(page, name)
    assert page.locator("#mend").is_visible(), "the code is asked for"
    sign_in(page, name, recovery)
    page.wait_for_url("**/staff/**")


def sign_in(page, name, code=""):
    page.goto("/staff/sign-in")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("动态验证码").fill(code)
    page.get_by_role("button", name="登录", exact=True).click()
