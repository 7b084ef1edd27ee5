"""Certificates and badges, as a volunteer, the desk and a stranger see them."""

from datetime import date

from tests.browser.shots import Shot
from tests.builders import NOW, TODAY, call
from volunteer_svc.actions import badges, certificate_batches, certificates
from volunteer_svc.actions.certificate_batches import IssueBatch
from volunteer_svc.actions.certificates import IssueCertificate, IssueStar
from volunteer_svc.store.database import fetch

FROM = date(2026, 1, 1)


def issued(site):
    """Where the public page of the usual volunteer's certificate is; issued once."""

    async def act():
        request = IssueCertificate(station_id=site.there.home.id, from_on=FROM, to_on=TODAY)
        worker = site.there.staff["social_worker"]
        person = site.there.people["usual"].id
        return await certificates.issue_certificate(worker.call(), person, request)

    return site.run(act)


def batch(site):
    async def act():
        rows = await fetch("SELECT id FROM certificate_batch ORDER BY id LIMIT 1")
        if rows:
            return rows[0]["id"]
        worker = site.there.staff["social_worker"]
        request = IssueBatch(station_id=site.there.home.id, from_on=FROM, to_on=TODAY)
        made = await certificate_batches.issue_batch(worker.call(), request)
        await certificate_batches.work_on_next(call(), "https://example.org", lambda: NOW)
        return made.id

    return site.run(act)


def badge(site):
    async def act():
        himself, person = site.there.volunteers["usual"], site.there.people["usual"].id
        made = await badges.make_badge(himself.call(), person, IssueStar(star=1))
        return f"/me/badges?of={made.star}"

    return site.run(act)


SHOTS = [
    Shot(name="my-certificates", path=lambda site: issued(site) and "/me/certificates",
         who="volunteer/usual", dark=True),
    Shot(name="my-certificates-empty", path="/me/certificates", who="volunteer/empty"),
    Shot(name="my-badges", path=badge, who="volunteer/usual"),
    Shot(name="my-badges-empty", path="/me/badges", who="volunteer/empty"),
    Shot(name="certificates", path=lambda site: issued(site) and "/staff/certificates",
         who="station_head"),
    Shot(name="certificate", path=lambda site: f"/staff/certificates/{issued(site).id}",
         who="station_head"),
    Shot(name="certificates-of", who="social_worker",
         path=lambda site: f"/staff/volunteers/{site.there.people['usual'].id}/certificates"),
    Shot(name="certificate-batches", who="social_worker",
         path=lambda site: batch(site) and "/staff/certificates/batches"),
    Shot(name="certificate-batch", path=lambda site: f"/staff/certificates/batches/{batch(site)}",
         who="social_worker"),
    Shot(name="verify", path="/verify"),
    Shot(name="verify-unknown", path="/verify/AAAA-BBBB-CCCC-DDDD-EEEE"),
    Shot(name="verify-shown", path=lambda site: issued(site).verify_path, dark=True,
         docs=("390-en",)),
]  # fmt: skip


def test_asked_for_on_a_telephone_and_verified_by_a_stranger_without_scripts(
    site, phone, no_script, fits
):
    site.sign_in(phone, site.there.volunteers["full"]).goto("/me/star")
    phone.get_by_role("link", name="我的证明").click()
    phone.get_by_role("button", name="开具证明").click()
    phone.get_by_text("证明已开具").wait_for()
    fits(phone)
    with phone.expect_download() as download:
        phone.get_by_role("link", name="下载 PDF").first.click()
    assert download.value.suggested_filename.endswith(".pdf")
    where = phone.locator(".row-end a[href^='/verify/']").first.get_attribute("href")
    no_script.goto("/verify")
    no_script.get_by_label("核验码").fill(where.rpartition("/")[2].lower())
    no_script.get_by_role("button", name="核验").click()
    assert no_script.get_by_text("与登记簿相符").is_visible()
    assert "阿" in no_script.locator("dl").inner_text()
    assert "阿卜" not in no_script.content()
