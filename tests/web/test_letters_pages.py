"""A third party's letter through the pages: filed, approved by the head, read by, and told."""

import re
from datetime import timedelta

from tests.builders import NOW, active, signed_in, staff, station
from volunteer_svc.actions import accesses, disclosures
from volunteer_svc.actions.disclosures import VALID_DAYS, AskDisclosure

LETTER = {
    "recipient": "县公安局", "letter_reference": "公2026-7", "fields": ["phone", "address"],
    "reason": "核实住址",
}  # fmt: skip


async def desk():
    home = await station()
    person = await active(home.id, name="钱来福")
    worker, head = await staff("social_worker", home.id), await staff("station_head", home.id)
    return person, worker, head, f"/staff/volunteers/{person.id}/letters"


async def approved(worker, head, person, at=NOW, **other):
    asked = await disclosures.ask_disclosure(
        worker.call(at), person.id, AskDisclosure(**LETTER | other)
    )
    return await disclosures.approve_disclosure(head.call(at), asked.id)


async def test_a_letter_is_filed_approved_and_read_by_and_the_person_is_told(browser, chained):
    person, worker, head, path = await desk()
    browser.signed_in(worker)
    file = (await browser.open(f"/staff/volunteers/{person.id}")).text
    assert f'href="{path}"' in file
    page = await browser.send(f"{path}/new", {"reason": "x" * 600, "secret": "true"})
    assert page.status_code == 422
    for name in ("recipient", "letter-reference", "fields", "reason"):
        assert f'href="#f-{name}"' in page.text, name
    assert re.search(r'name="secret" value="true" checked', page.text)
    page = await browser.send(f"{path}/new", LETTER)
    assert "来函已登记" in page.text
    assert "等站长批准" in page.text
    there = re.search(rf'href="({path}/[0-9a-f-]{{36}})"', page.text)[1]
    waits = (await browser.open(there)).text
    assert 'name="fields"' not in waits
    assert "站长批准后才能查看" in waits

    browser.signed_in(head)
    page = await browser.open("/staff/disclosures")
    assert f'href="{there}"' in page.text
    assert "钱来福" in page.text
    await browser.send("/staff/disclosures")

    browser.signed_in(worker)
    page = await browser.open(there)
    assert re.search(r"批准：[^—\s]+ · 20", page.text)
    assert person.form.phone not in page.text
    assert 'value="document_number"' not in page.text, "only what the letter asks for"
    page = await browser.send(there, {"fields": [], "reason": " "})
    assert page.status_code == 422
    assert 'href="#f-fields"' in page.text
    assert 'href="#f-reason"' in page.text
    page = await browser.send(there, {"fields": ["phone"], "reason": "凭函查看"})
    assert person.form.phone in page.text
    assert person.form.phone not in (await browser.open(there)).text, "shown once"
    more = await browser.send(there, {"fields": ["document_number"], "reason": "凭函查看"})
    assert more.status_code == 403
    assert person.form.document_number not in more.text
    await chained()
    himself = await signed_in(person.id)
    told = await accesses.accesses(himself.call(), person.id, after=0, limit=99)
    assert [
        (one.fields, one.recipient, one.letter_reference, one.reason)
        for one in told if one.purpose == "third_party"
    ] == [(["phone"], "县公安局", "公2026-7", "凭函查看")]  # fmt: skip


async def test_a_letter_shows_where_it_stands(browser):
    person, worker, head, path = await desk()
    browser.signed_in(worker)
    assert "没有来函" in (await browser.open(path)).text
    long_ago = NOW - timedelta(days=VALID_DAYS, minutes=1)
    old = await approved(worker, head, person, at=long_ago)
    new = await approved(worker, head, person, recipient="法院", secret=True)
    page = (await browser.open(path)).text
    assert page.index("法院") < page.index("县公安局"), "the last first"
    assert [page.count(one) for one in ("对本人保密", "已批准", "已过期")] == [1, 1, 1]
    page = await browser.open(f"{path}/{old.id}")
    assert "批准已过期" in page.text
    assert 'name="fields"' not in page.text
    assert "看不到是哪个单位" in (await browser.open(f"{path}/{new.id}")).text


async def test_a_letter_belongs_to_its_file_and_to_the_station_of_the_file(browser):
    person, worker, head, path = await desk()
    letter = await approved(worker, head, person)
    other = await active(person.station_id)
    browser.signed_in(worker)
    elsewhere = f"/staff/volunteers/{other.id}/letters/{letter.id}"
    assert (await browser.open(elsewhere)).status_code == 404
    away = await staff("social_worker", (await station()).id)
    browser.signed_in(away)
    for page in (path, f"{path}/new", f"{path}/{letter.id}"):
        assert (await browser.open(page)).status_code == 403, page
