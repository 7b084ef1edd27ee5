"""A third party's letter, as the desk sees it: where it stands, filed with faults, read by."""

from datetime import timedelta

from tests.browser.shots import Shot
from tests.builders import NOW
from volunteer_svc.actions import disclosures
from volunteer_svc.actions.disclosures import AskDisclosure

LONG = "县公安局刑事侦查大队第三中队驻镇警务室" * 3


def _letters(site):
    site.once("letters", lambda: _filed(site))
    return f"/staff/volunteers/{site.there.people['full'].id}/letters"


def _new(site):
    return f"{_letters(site)}/new"


def _waiting(site):
    _letters(site)
    return "/staff/disclosures"


def _letter(site):
    return f"{_letters(site)}/{site.made['letters']}"


async def _filed(site):
    """Run out, approved and secret, and waiting; the address of the second."""
    worker, head = site.there.staff["social_worker"], site.there.staff["station_head"]
    person = site.there.people["full"]
    asked = AskDisclosure(recipient="县人民法院", letter_reference="（2026）民初7号",
                          fields=["phone", "address"], reason="送达文书", secret=True)  # fmt: skip
    last_year = NOW - timedelta(days=200)
    old = await disclosures.ask_disclosure(worker.call(last_year), person.id, asked)
    await disclosures.approve_disclosure(head.call(last_year), old.id)
    new = await disclosures.ask_disclosure(worker.call(), person.id, asked)
    await disclosures.approve_disclosure(head.call(), new.id)
    waits = AskDisclosure(recipient=LONG, letter_reference="公（刑侦）调证字〔2026〕第0007号",
                          fields=["document_number", "phone", "address", "guardian"],
                          reason="核实案件有关人员的身份和住址。" * 8)  # fmt: skip
    await disclosures.ask_disclosure(worker.call(), person.id, waits)
    return new.id


def _send(page):
    page.locator("main form .button.main").last.click()


def _sent_empty(page):
    _send(page)
    page.wait_for_selector("#mend")


def _read(page):
    _send(page)
    page.wait_for_selector("#s-revealed")


SHOTS = [
    Shot(name="letters-empty", who="social_worker",
         path=lambda site: f"/staff/volunteers/{site.there.people['usual'].id}/letters"),
    Shot(name="letters", path=_letters, who="social_worker", dark=True),
    Shot(name="letter-new", path=_new, who="social_worker"),
    Shot(name="letter-error", path=_new, who="social_worker", before=_sent_empty),
    Shot(name="letter", path=_letter, who="social_worker"),
    Shot(name="letters-waiting", path=_waiting, who="station_head"),
    Shot(name="letter-read", path=_letter, who="social_worker", before=_read),
]  # fmt: skip
