"""Signing in through the pages, and coming back to where one was."""

import pytest

from tests.api.test_sign_in import name_of
from tests.builders import PASSWORD, active, signed_in, staff, station
from volunteer_svc.actions import sessions


async def test_the_first_page_shows_both_ways_in(browser):
    page = await browser.open("/")
    assert page.status_code == 200, page.text
    assert 'lang="zh-CN"' in page.text
    for way in ("/sign-in", "/sign-in/code", "/sign-in/slip", "/staff/sign-in"):
        assert f'href="{way}"' in page.text


async def test_staff_sign_in_and_land_on_their_first_page(browser):
    me = await staff("admin")
    page = await browser.send("/staff/sign-in", {"name": await name_of(me), "password": PASSWORD})
    assert page.status_code == 200, page.text
    assert page.url.path.startswith("/staff/")
    out = await browser.send("/sign-out", page=page.url.path)
    assert out.url.path == "/staff/sign-in"
    assert "已退出登录" in out.text
    assert (await browser.open("/staff/sessions")).url.path == "/staff/sign-in"


async def test_a_volunteer_sets_a_password_with_a_slip_and_sees_his_page(browser):
    home = await station()
    person = await active(home.id)
    worker = await staff("social_worker", home.id)
    slip = await sessions.give_slip(worker.call(), person.id)
    fields = {"member_no": person.member_no, "slip": slip.slip, "password": "tooshort1"}
    wrong = await browser.send("/sign-in/slip", fields)
    assert wrong.status_code == 422
    assert person.member_no in wrong.text, "what was typed is kept"
    assert "tooshort1" not in wrong.text
    page = await browser.send("/sign-in/slip", fields | {"password": PASSWORD})
    assert page.url.path == "/me"
    assert person.form.name in page.text


async def test_a_wrong_password_is_told_at_the_form_which_keeps_the_name(browser):
    page = await browser.send("/sign-in", {"name": "10000000000", "password": "not this one"})
    assert page.status_code == 422
    assert "登录未成功" in page.text or "不相符" in page.text
    assert 'value="10000000000"' in page.text
    assert "not this one" not in page.text


async def test_an_empty_form_names_each_field(browser):
    page = await browser.send("/sign-in", {"name": " ", "password": ""})
    assert page.status_code == 422
    assert page.text.count('aria-invalid="true"') == 2
    assert 'href="#f-name"' in page.text


async def test_who_must_sign_in_comes_back_to_where_he_was(browser):
    me = await staff("admin")
    asked = await browser.open("/staff/password?x=1")
    assert str(asked.url).endswith("/staff/sign-in?next=/staff/password%3Fx%3D1")
    fields = {"name": await name_of(me), "password": PASSWORD, "next": "/staff/password?x=1"}
    page = await browser.send("/staff/sign-in", fields)
    assert str(page.url).endswith("/staff/password?x=1")


@pytest.mark.parametrize(
    "away", ["//evil.test", "https://evil.test", "/\\evil.test", "/\t/evil.test", "evil", ""]
)
async def test_the_way_back_never_leaves_the_site(browser, away):
    me = await staff("admin")
    fields = {"name": await name_of(me), "password": PASSWORD, "next": away}
    page = await browser.send("/staff/sign-in", fields, follow=False)
    assert page.status_code == 303
    assert page.headers["location"] == "/staff"


async def test_a_form_without_its_token_or_with_anothers_does_nothing(browser):
    me = await staff("admin")
    fields = {"name": await name_of(me), "password": PASSWORD}
    for token in ({}, {"_csrf": "00"}, {"_csrf": "zz"}, {"_csrf": "0" * 128}):
        page = await browser.http.post("/staff/sign-in", data=fields | token)
        assert page.status_code == 403
        assert "set-cookie" not in page.headers
        assert page.headers["content-type"].startswith("text/html")
    browser.http.headers["sec-fetch-site"] = "cross-site"
    assert (await browser.send("/staff/sign-in", fields)).status_code == 403


async def test_ones_own_sessions_end(browser):
    home = await station()
    person = await active(home.id)
    here, other = await signed_in(person.id), await signed_in(person.id)
    browser.signed_in(here)
    page = await browser.open("/me/sessions")
    assert page.text.count('class="row"') == 2
    page = await browser.send("/me/sessions", form=1)
    assert "已退出" in page.text
    assert page.text.count('class="row"') == 1
    browser.http.cookies.clear()
    assert (await browser.signed_in(other).open("/me")).url.path == "/sign-in"
