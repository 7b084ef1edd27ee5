"""Registering through the page: the server judges, and answers known and unknown people alike."""

import re

import pytest

from tests.actions.test_receipts import photo
from tests.builders import active, form, station, taken_up
from volunteer_svc.store.database import fetch
from volunteer_svc.web.pages.rules import RULES_VERSION


@pytest.fixture
async def home(client):
    return await station(name="红旗街道社工站")


def fields(home, filled=None, **changes):
    filled = filled or form()
    typed = {
        "station_id": str(home.id), "form.name": filled.name,
        "form.document_kind": "id_card", "form.document_number": filled.document_number,
        "form.household_local": "true", "form.phone": filled.phone, "accept": "true",
    }  # fmt: skip
    return {k: v for k, v in (typed | changes).items() if v is not None}


async def test_one_form_makes_a_registration_and_gives_a_receipt_that_tells_more(browser, home):
    page = await browser.send("/register", fields(home))
    assert page.url.path == "/register/done"
    receipt = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", page.text)[0]
    assert receipt in (await browser.open("/register/done?lang=en")).text
    wait = await browser.send("/register/receipt", {"receipt": receipt})
    assert wait.status_code == 422, "not taken up yet"
    await taken_up()
    told = await browser.send("/register/receipt", {"receipt": receipt.lower()})
    assert "Your form has arrived" in told.text
    ((row,),) = await fetch("SELECT rules_version FROM registration")
    assert row == RULES_VERSION


async def test_the_number_fills_birth_date_and_sex_without_scripts(browser, home):
    assert (await browser.send("/register", fields(home))).url.path == "/register/done"
    wrong = {"form.birth_date": "1980-01-01"}
    page = await browser.send("/register", fields(home, **wrong))
    assert page.status_code == 422
    assert 'value="1980-01-01"' in page.text
    assert 'href="#f-form-birth-date"><strong>出生日期</strong>' in page.text


async def test_a_known_person_gets_the_same_page(browser, home):
    known = await active(home.id)
    pages = []
    for filled in (known.form, form()):
        page = await browser.send("/register", fields(home, filled))
        text = re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", "receipt", page.text)
        pages.append((page.status_code, page.url.path, len(text)))
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"accept": None}, "accept", "勾选同意"),
        ({"rules_version": "2020-01"}, "accept", "规则刚刚更新"),
        ({"form.household_local": None}, "form.household_local", "这一项要填"),
        ({"station_id": ""}, "station_id", "这一项要填"),
        ({"form.document_number": "123456789012345"}, "form.document_number", "15"),
        ({"form.document_number": "100000199001010001"}, "form.document_number", "核对"),
        ({"form.document_kind": "nothing"}, "form.document_kind", "看不懂"),
        ({"form.phone": "12"}, "form.phone", "电话"),
        ({"form.name": "名" * 65}, "form.name", "最多 64"),
    ],
)
async def test_what_is_wrong_stands_at_its_field_and_all_of_the_rest_is_kept(
    browser, home, changes, field, words
):
    typed = fields(home, **{"form.address": "东关街 3 号"}, **changes)
    page = await browser.send("/register", typed)
    assert page.status_code == 422
    assert f'href="#f-{re.sub("[^a-zA-Z0-9]+", "-", field)}"' in page.text
    assert words in page.text
    assert "东关街 3 号" in page.text
    assert await fetch("SELECT 1 FROM intake") == []


async def test_a_minor_needs_a_guardian_who_agrees_and_a_child_is_not_kept(browser, home):
    minor = {"form.document_number": "100000201103100034"}
    page = await browser.send("/register", fields(home, **minor))
    assert "#f-form-guardian" in page.text
    guardian = minor | {"form.guardian.name": "王大明", "form.guardian.relation": "父亲",
                        "form.guardian.phone": "10012345678"}  # fmt: skip
    page = await browser.send("/register", fields(home, **guardian))
    assert "#f-guardian-agrees" in page.text
    page = await browser.send("/register", fields(home, **guardian, guardian_agrees="true"))
    assert page.url.path == "/register/done"
    child = fields(home, **{"form.document_number": "100000201306150024"})
    assert (await browser.send("/register", child)).status_code == 422
    assert len(await fetch("SELECT 1 FROM intake")) == 1


async def sent_with(browser, typed, content):
    opened = await browser.open("/register")
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', opened.text))
    files = {"photo": ("me.jpg", content, "image/jpeg")}
    return await browser.http.post(
        "/register", data=hidden | typed, files=files, follow_redirects=True
    )


async def test_a_photo_goes_along_and_a_broken_or_huge_one_is_told(browser, home):
    page = await sent_with(browser, fields(home), photo())
    assert page.url.path == "/register/done"
    await taken_up()
    assert len(await fetch("SELECT 1 FROM file")) == 1
    page = await sent_with(browser, fields(home), b"\xff\xd8 no image")
    assert page.status_code == 422
    assert 'href="#f-photo"' in page.text
    page = await sent_with(browser, fields(home), b"\xff" * 11_000_000)
    assert page.status_code == 413
    assert "最大 10 MB" in page.text
    assert '<a class="button main" href="/register">' in page.text, "back to the form"


async def test_sent_twice_it_is_one_registration(browser, home):
    opened = await browser.open("/register")
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', opened.text))
    typed = hidden | fields(home)
    answers = [await browser.http.post("/register", data=typed, follow_redirects=True)
               for _ in range(2)]  # fmt: skip
    assert answers[0].text[-3000:] == answers[1].text[-3000:]
    assert len(await fetch("SELECT 1 FROM intake")) == 1


@pytest.mark.rule("R10")
async def test_rules_and_notice_are_read_in_both_languages(browser, home):
    for path in ("/rules", "/privacy"):
        for language in ("zh-CN", "en"):
            page = await browser.open(f"{path}?lang={language}")
            assert page.status_code == 200
            assert RULES_VERSION in page.text
