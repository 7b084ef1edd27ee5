"""Certificates over HTTP: asked for, verified by everybody, revoked; codes cannot be tried out."""

import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.actions.world import hours
from tests.builders import TODAY, active, call, signed_in, staff, station
from volunteer_svc import clock
from volunteer_svc.actions import badges, certificate_batches
from volunteer_svc.config import Config
from volunteer_svc.domain.badge import Issuer
from volunteer_svc.identity import files
from volunteer_svc.identity.signing import SigningKey


@pytest.fixture
async def there(browser):
    home = await station(name="红旗街道社工站")
    person = await active(home.id, name="王小明")
    worker = await staff("social_worker", home.id)
    await hours(worker, home.id, person, 6_100)
    return home, person, worker


def codes(text):
    return re.findall(r"/verify/([A-Z0-9-]{24})", text)


async def test_a_volunteer_gets_a_certificate_that_everybody_can_verify(browser, there):
    home, person, _ = there
    browser.signed_in(await signed_in(person.id))
    asked = {"station_id": str(home.id), "from_on": "2026-01-01", "to_on": f"{TODAY}"}
    page = await browser.send("/me/certificates", asked)
    assert "证明已开具" in page.text
    assert "101.66 小时" in page.text
    (code,) = set(codes(page.text))
    (path,) = set(re.findall(r"/me/certificates/[0-9a-f-]{36}/pdf", page.text))
    pdf = await browser.open(path)
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert "attachment" in pdf.headers["content-disposition"]
    upside_down = {"from_on": f"{TODAY}", "to_on": "2026-01-01"}
    page = await browser.send("/me/certificates", asked | upside_down)
    assert page.status_code == 422
    assert "最后一天早于第一天" in page.text
    browser.http.cookies.clear()
    page = await browser.open(f"/verify/{code}")
    assert "王**" in page.text
    assert "王小明" not in page.text
    assert "有效" in page.text
    page = await browser.send("/verify", {"code": code.lower().replace("-", " ")})
    assert "红旗街道社会工作服务站志愿服务记录证明" in page.text
    # Its API says the same, and no stranger can read more.
    told = (await browser.http.get(f"/v1/verifications/{code}")).json()
    assert (told["name"], told["state"], told["hours"]) == ("王**", "valid", "101.66")
    head = await staff("station_head", home.id)
    browser.signed_in(head)
    listed = await browser.open("/staff/certificates?q=1")
    (one,) = set(re.findall(r"/staff/certificates/[0-9a-f-]{36}", listed.text))
    for q in ("王小明", person.member_no, f"{home.code}-2026-000001"):
        assert one in (await browser.open(f"/staff/certificates?q={q}")).text, q
    assert one not in (await browser.open("/staff/certificates?q=2")).text
    page = await browser.send(f"{one}/revoke", {"reason": "张冠李戴"}, page=one)
    assert "证明已撤销" in page.text
    assert "已撤销" in (await browser.open(f"/verify/{code}")).text
    assert codes((await browser.open(f"/staff/volunteers/{person.id}/certificates")).text) == []


async def test_unknown_codes_all_look_alike_and_cannot_be_tried_out(
    browser, app_of_run, monkeypatch
):
    answers = set()
    for code in ("AAAA-BBBB-CCCC-DDDD-EEEE", "x", "y-z", "1" * 64, "%00", "会"):
        page = await browser.http.get(f"/verify/{code}")
        if page.status_code != 400:  # refused before any page
            answers.add((page.status_code, len(page.text)))
        told = await browser.http.get(f"/v1/verifications/{code}")
        assert told.status_code in (400, 404)
    assert len({status for status, _ in answers}) == 1
    limiter = app_of_run.state.limiter
    slow = Config(verifications_per_minute=3)
    monkeypatch.setattr(limiter, "_config", slow)
    monkeypatch.setattr(limiter, "_left", {})
    monkeypatch.setattr(limiter, "redis", None)
    tried = [(await browser.http.get("/v1/verifications/x")).status_code for _ in range(5)]
    assert tried[-1] == 429
    assert (await browser.http.get("/verify/x")).status_code == 429


async def test_a_batch_is_left_and_found_again(browser, there, tmp_path):
    _, _, worker = there
    files.load(Config(data_dir=tmp_path))
    browser.signed_in(worker)
    page = await browser.send(
        "/staff/certificates/batches",
        {"from_on": "2026-01-01", "to_on": f"{TODAY}", "format": "pdf"},
    )
    assert "正在开具" in page.text
    there_again = str(page.url)
    assert await certificate_batches.work_on_next(call(), "http://test", lambda: call().now)
    page = await browser.open("/staff/certificates/batches")
    assert "已完成" in page.text
    page = await browser.open(there_again)
    (path,) = re.findall(r"/staff/certificates/batches/[0-9a-f-]{36}/file", page.text)
    assert (await browser.open(path)).content[:5] == b"%PDF-"


async def test_a_badge_is_public_by_its_owners_choice_alone(browser, there):
    _, person, _ = there
    browser.signed_in(await signed_in(person.id))
    page = await browser.send("/me/badges", {"star": "1"})
    assert "正在签署" in page.text
    key = SigningKey(Ed25519PrivateKey.generate(), [])
    await badges.sign_badges(call(now=clock.now()), key, Issuer("https://example.org"))
    page = await browser.open("/me/badges")
    (share,) = re.findall(r"/me/badges/[0-9a-f-]{36}/share", page.text)
    page = await browser.send(share, page="/me/badges")
    (public,) = set(re.findall(r'href="(/badges/[A-Z0-9-]{24})"', page.text))
    token = await browser.open(share.replace("share", "badge.jwt"))
    assert token.headers["content-type"].startswith("application/vc+jwt")
    browser.http.cookies.clear()
    shown = await browser.open(public)
    assert "1 星志愿者" in shown.text
    assert token.text in shown.text
    assert "王小明" not in shown.text
    for path in ("/v1/badges/issuer", "/v1/badges/keys", "/v1/badges/achievements/1",
                 "/.well-known/did.json", "/v1/badges/status-lists/1"):  # fmt: skip
        answer = await browser.http.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["access-control-allow-origin"] == "*"
    assert (await browser.http.get("/v1/badges/achievements/6")).status_code in (400, 404)
    assert (await browser.http.get("/v1/badges/status-lists/2")).status_code == 404
