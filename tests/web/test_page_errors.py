"""A person gets a page, a program its problem document; neither gets anything from elsewhere."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from tests.builders import serving, staff
from tests.web.conftest import Browser
from volunteer_svc.api.cookies import cookie_name
from volunteer_svc.app import create_app
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Fault
from volunteer_svc.i18n import LANGUAGES
from volunteer_svc.i18n.pages import page_words
from volunteer_svc.web.charts import chart, scale
from volunteer_svc.web.errors import error_page
from volunteer_svc.web.preferences import Preferences
from volunteer_svc.web.static_files import static_url
from volunteer_svc.web.visit import here_only


@pytest.mark.parametrize("path", ["/nothing", "/static/x.js", "/staff/nothing",
                                  "/a//b"])  # fmt: skip
async def test_what_is_not_there_is_a_page_for_a_person(browser, path):
    page = await browser.open(path)
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search(r"(src|href)=[\"'](https?:)?//", page.text)
    assert "style-src 'self'" in page.headers["content-security-policy"]


async def test_the_policy_lets_through_the_style_of_the_page_and_staff_have_more(browser):
    sizes = []
    for who, path in ((None, "/sign-in"), (await staff("county"), "/staff/sessions")):
        page = await (browser.signed_in(who) if who else browser).open(path)
        style = page.text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.headers["content-security-policy"]
        assert "unsafe-inline" not in page.headers["content-security-policy"]
        sizes.append(len(style))
    assert sizes[0] < sizes[1]


async def test_a_program_gets_a_problem(client):
    for path in ("/nothing", "/v1/nothing"):
        answer = await client.get(path, headers={"accept": "application/json"})
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_page_of_ours_is_a_page_whatever_the_browser_accepts(client):
    client.base_url = "https://test"
    answer = await client.post("/sign-in", data={"name": "x"}, headers={"accept": "*/*"})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe%zz&=&&", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"a=1&" * 20_000, "application/x-www-form-urlencoded"),
    ],
)
async def test_a_broken_form_is_refused_and_never_a_5xx(browser, body, kind):
    answer = await browser.http.post("/sign-in", content=body, headers={"content-type": kind})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202eabc😀", "x" * 10_000, "a\0b"])
async def test_hostile_text_comes_back_as_text(browser, text):
    answer = await browser.send("/sign-in", {"name": text, "password": "x"})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "written",
    [
        b'{"key":"nobody.said_this"}',
        b'{"key":"sign_in.signed_out","tone":"bad\\" onload=\\"x"}',
        b'{"key":"sign_in.signed_out","params":{"x":{}}}',
        b'{"key":"volunteers.slip_given"}',
        b"\xff\xfe",
    ],
)
async def test_a_word_that_we_did_not_leave_for_the_next_page_is_thrown_away(browser, written):
    name = cookie_name(Config()).replace("session", "flash")
    browser.http.cookies.set(name, base64.urlsafe_b64encode(written).decode().rstrip("="))
    page = await browser.open("/sign-in")
    assert page.status_code == 200
    assert "onload" not in page.text
    assert "max-age=0" in page.headers["set-cookie"].lower()


async def test_a_volunteers_page_is_no_page_for_staff(browser):
    browser.signed_in(await staff("admin"))
    page = await browser.open("/me")
    assert page.status_code == 403


async def test_static_files_are_kept_for_ever_under_their_name_only(browser):
    url = static_url("page.js")
    now = await browser.open(url)
    assert now.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert now.headers["content-encoding"] == "gzip"
    old = await browser.open(re.sub(r"\.[0-9a-f]{12}\.", ".0123456789ab.", url))
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")


def test_every_word_is_there_in_both_languages_with_the_same_places():
    chinese, english = (page_words(language) for language in LANGUAGES)
    assert chinese.keys() == english.keys()
    for key, text in chinese.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key


def test_a_chart_has_no_script_no_style_and_its_numbers_as_words():
    made = chart("时数 <b>", ["1月", "2月"], {"甲<": [1, 2.5]}, unit="小时")
    assert not re.search(r"<script|<style| style=|href|<b>", made.svg)
    assert made.rows == [("1月", ["1 小时"]), ("2月", ["2.5 小时"])]
    assert made.svg.count('class="rect') == 2


@pytest.mark.parametrize(
    ("values", "ticks"),
    [([1, 0, 2], [0, 1, 2]), ([0], [0, 1]), ([3, 9], [0, 2, 4, 6, 8, 10]),
     ([-3, 9], [-5, 0, 5, 10]), ([130.0, 520.5], [0, 200, 400, 600]),
     ([12_345], [0, 5000, 10_000, 15_000])],
)  # fmt: skip
def test_the_scale_of_a_chart_goes_in_even_steps_and_counts_people_whole(values, ticks):
    assert scale([values]) == ticks
    half = [value / 2 for value in values]
    assert scale([half, half], stacked=True)[-1] == ticks[-1]


def test_labels_stand_upright_as_many_as_have_room_and_the_table_has_all():
    months = chart("时数", [f"{n}月" for n in range(1, 7)], {"甲": range(6)})
    long = chart("时数", [f"{n}街道社会工作服务站" for n in range(6)], {"甲": range(6)})
    assert months.svg.count("月</text>") == 6
    assert 1 <= long.svg.count("街道社会工作服务站</text>") < 6
    assert "rotate(" not in months.svg + long.svg
    assert len(long.rows) == 6


def test_the_way_back_is_on_this_site():
    assert here_only("/staff/x?a=%2F", "/") == "/staff/x?a=%2F"
    assert here_only("//x", "/") == here_only("/\nx", "/") == "/"


@pytest.mark.parametrize(
    ("status", "code", "language"),
    [(410, "route_not_found", "zh-CN"), (429, "rate_limited", "en"), (503, "busy", "zh-CN"),
     (413, "body_too_large", "en"), (500, "internal", "zh-CN")],
)  # fmt: skip
def test_every_refusal_has_a_page_with_words_and_a_way_on(status, code, language):
    fault = Fault(code, None, {"seconds": 7, "max": 1})
    page = error_page(status, fault, Preferences(language), "/staff/x").decode()
    assert f">{status}<" in page
    assert 'href="/staff"' in page
    assert f">{code}<" not in page, "a code without words"


@pytest.fixture
async def narrow(database, redis_url, key_file, pinned_clock):
    """A service with one try a minute."""
    config = Config(database_url=database.database_url, redis_url=redis_url, key_file=key_file,
                    data_dir=key_file.parent, sign_ins_per_minute=1)  # fmt: skip
    async with serving(create_app(config)) as http:
        http.base_url = "https://test"
        http.headers["accept"] = "text/html"
        yield Browser(http)


async def test_too_many_tries_are_a_page_too(narrow):
    fields = {"name": "10000000000", "password": "x"}
    await narrow.send("/sign-in", fields)
    page = await narrow.send("/sign-in", fields)
    assert page.status_code == 429
    assert int(page.headers["retry-after"]) <= 60
    assert page.headers["content-type"].startswith("text/html")
    assert "稍" in page.text or "秒" in page.text


@pytest.mark.parametrize("path", ["/schema/nothing", "/schema/swagger", "/schema/redoc/x"])
async def test_only_the_document_of_the_api_is_served_there(browser, path):
    page = await browser.open(path)
    assert page.status_code == 404, page.text[:300]
    assert page.headers["content-type"].startswith("text/html")
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "cdn" not in page.text


def test_no_area_styles_what_another_area_has_named():
    """Their files stand in one stylesheet: a name of two areas would look like the later one."""
    owners = {}
    for file in sorted(Path("volunteer_svc/web/static").glob("[56]0-*.css")):
        for name in set(re.findall(r"^(?:\s*)\.([a-z][a-z-]*) \{", file.read_text(), re.MULTILINE)):
            owners.setdefault(name, []).append(file.name)
    assert not {name: files for name, files in owners.items() if len(files) > 1}
