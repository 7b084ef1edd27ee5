"""The desk: a paper form becomes a member, materials are ticked, what is wrong stands at it."""

import io
import re
from datetime import date

import pytest
from PIL import Image

from tests.builders import TODAY, active, call, form, handed_in, staff, station
from volunteer_svc.actions import claims
from volunteer_svc.actions.intake import Register

ALL = {
    "materials[0].original_seen": "true", "materials[0].copy_received": "true",
    "materials[2].copy_received": "true",
}  # fmt: skip


@pytest.fixture
async def desk(browser):
    home = await station()
    worker = await staff("social_worker", home.id)
    browser.signed_in(worker)
    return home, worker


def typed(person, **changes):
    fields = {
        "form.name": person.name, "form.document_kind": "id_card",
        "form.document_number": person.document_number, "form.phone": person.phone,
        "form.household_local": "true", "form.applied_on": f"{TODAY}", "form.rules_version": "2026",
    }  # fmt: skip
    return fields | changes


async def test_a_paper_form_with_all_materials_makes_a_member(browser, desk):
    person = form(name="何新来")
    page = await browser.send("/staff/registrations/new", typed(person) | ALL)
    assert page.status_code == 200, page.text
    assert "登记成功" in page.text
    assert "何新来" in page.text
    assert person.document_number not in page.text
    listed = await browser.open("/staff/registrations?state=registered")
    assert "何新来" in listed.text
    assert "何新来" not in (await browser.open("/staff/registrations?state=applied")).text


async def test_faults_stand_at_their_fields_and_what_was_typed_stays(browser, desk):
    person = form(name="错号码")
    wrong = typed(person) | {"form.document_number": "100000199005010001", "form.phone": "1",
                             "form.birth_date": "1990-05-01", "form.sex": "F"}  # fmt: skip
    page = await browser.send("/staff/registrations/new", wrong | ALL)
    assert page.status_code == 422
    assert 'href="#f-form-document-number"' in page.text
    assert 'href="#f-form-phone"' in page.text
    assert 'value="错号码"' in page.text
    assert 'name="materials[0].original_seen" value="true" checked' in page.text


async def test_a_minor_needs_the_guardian_part(browser, desk):
    young = form(date(2010, 3, 1), name="小禾")
    page = await browser.send("/staff/registrations/new", typed(young))
    assert page.status_code == 422
    assert 'href="#f-form-guardian"' in page.text
    guardian = {"form.guardian.name": "禾妈", "form.guardian.relation": "母亲",
                "form.guardian.phone": "10012345678",
                "form.guardian.consented_on": f"{TODAY}"}  # fmt: skip
    page = await browser.send("/staff/registrations/new", typed(young) | guardian)
    assert page.status_code == 200, page.text
    assert "材料还没齐" in page.text


async def test_a_form_sent_twice_makes_one_person(browser, desk):
    opened = await browser.open("/staff/registrations/new")
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', opened.text))
    fields = typed(form(name="双击")) | ALL | hidden
    first = await browser.http.post("/staff/registrations/new", data=fields)
    second = await browser.http.post("/staff/registrations/new", data=fields)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]


async def test_materials_are_ticked_later_and_make_the_member(browser, desk):
    page = await browser.send("/staff/registrations/new", typed(form()))
    path = page.url.path
    assert "还缺" in page.text
    fields = {"materials[0].original_seen": "true", "materials[0].copy_received": "true"}
    page = await browser.send(f"{path}/materials", fields, page=path)
    assert "材料还没齐" in page.text
    page = await browser.send(f"{path}/materials", fields | {"materials[1].copy_received": "true"},
                              page=path)  # fmt: skip
    assert "登记成功" in page.text


async def test_who_is_not_local_brings_a_residence_permit(browser, desk):
    fields = typed(form()) | ALL
    del fields["form.household_local"]
    page = await browser.send("/staff/registrations/new", fields)
    assert "还缺" in page.text
    assert "居住证" in page.text


async def test_the_photo_completes_what_was_missing(browser, desk):
    fields = {k: v for k, v in ALL.items() if "[2]" not in k}
    page = await browser.send("/staff/registrations/new", typed(form()) | fields)
    path = page.url.path
    form_at = page.text.index(f'{path}/photo"')
    hidden = re.findall(r'name="(_\w+)" value="([^"]+)"', page.text[form_at:])
    picture = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(picture, "JPEG")
    sent = await browser.http.post(
        f"{path}/photo", data=dict(hidden[:2]), follow_redirects=True,
        files={"photo": ("a.jpg", picture.getvalue(), "image/jpeg")},
    )  # fmt: skip
    assert sent.status_code == 200, sent.text
    assert "照片已保存" in sent.text
    assert "待补材料" not in sent.text
    for bad in ({"photo": ("a.jpg", b"no picture", "image/jpeg")}, {"other": ("a", b"x")}):
        wrong = await browser.http.post(f"{path}/photo", data=dict(hidden[:2]), files=bad)
        assert wrong.status_code == 422, wrong.text
        assert 'id="e-photo-1"' in wrong.text


async def test_declining_needs_a_reason(browser, desk):
    page = await browser.send("/staff/registrations/new", typed(form()))
    path = page.url.path
    page = await browser.send(f"{path}/decline", {"reason": ""}, page=path)
    assert page.status_code == 422
    page = await browser.send(f"{path}/decline", {"reason": "资料不实"}, page=path)
    assert "已不予受理" in page.text
    assert "资料不实" in page.text


async def test_the_printed_form_is_masked_until_it_is_asked_for(browser, desk):
    person = form()
    page = await browser.send("/staff/registrations/new", typed(person) | ALL)
    path = f"{page.url.path}/print"
    assert person.document_number not in (await browser.open(path)).text
    assert person.document_number in (await browser.send(path)).text


async def test_a_claim_is_called_back_and_closed(browser, desk):
    home, worker = desk
    person = await active(home.id)
    again = form(document_number=person.form.document_number, birth_date=person.form.birth_date,
                 sex=person.form.sex, name="又来了")  # fmt: skip
    await handed_in(call(), Register(station_id=home.id, form=again))
    page = await browser.open("/staff/claims")
    assert "又来了" in page.text
    (claim,) = await claims.open_claims(worker.call(), after=None, limit=9)
    page = await browser.send("/staff/claims", {"claim_id": str(claim.id)})
    assert "没有要联系的人" in page.text


async def test_another_stations_registration_is_refused(browser, desk):
    other = await station()
    person = await active(other.id)
    for path in ("", "/print"):
        page = await browser.open(f"/staff/registrations/{person.registration_id}{path}")
        assert page.status_code == 403
