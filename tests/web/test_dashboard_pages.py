"""The page of figures over HTTP: whose it is, and what a strange address shows."""

import pytest

from tests.actions.world import line, record
from tests.builders import active, staff, station


@pytest.mark.parametrize("role", ["social_worker", "station_head", "county", "bureau", "auditor"])
async def test_who_leads_or_pays_sees_figures(browser, role):
    home = await station()
    person = await active(home.id, name="王小明")
    worker = await staff("social_worker", home.id)
    await record(worker, home.id, line(person, minutes=97, kind="elder_care"))
    at_station = role in ("social_worker", "station_head")
    who = worker if role == "social_worker" else await staff(role, home.id if at_station else None)
    page = await browser.signed_in(who).open("/staff/dashboard")
    assert page.status_code == 200, page.text
    assert ("养老服务" in page.text) is (role != "bureau")
    assert ("1.61" in page.text) is (role != "bureau"), "one person's hours are told nobody outside"
    assert ("少于5人" in page.text) is (role == "bureau")
    assert person.form.name not in page.text
    assert ("全部社工站" in page.text) is not at_station


async def test_an_admin_has_no_figures_and_an_address_cut_short_shows_this_year(browser):
    assert (
        await browser.signed_in(await staff("admin")).open("/staff/dashboard")
    ).status_code == 403
    browser.signed_in(await staff("county"))
    for query in ("year=0", "year=x", "station_id=12", "year=2199", "station_id="):
        assert (await browser.open(f"/staff/dashboard?{query}")).status_code == 200, query
