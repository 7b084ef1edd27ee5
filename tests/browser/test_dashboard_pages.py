"""The figures, as somebody who leads a station or the county looks at them."""

from tests.browser.shots import Shot

SHOTS = [
    Shot(
        name="figures",
        path="/staff/dashboard",
        who="county",
        dark=True,
        docs=("1440-en", "390-dark"),
    ),
    Shot(name="figures-station", path="/staff/dashboard", who="station_head"),
    Shot(name="figures-empty", path="/staff/dashboard?year=1999", who="bureau"),
]


def test_the_county_looks_at_one_station_and_another_year(site, desk):
    site.sign_in(desk, site.there.staff["county"]).goto("/staff/dashboard")
    assert desk.get_by_role("img", name="每月服务时数，按类别").is_visible()
    desk.get_by_label("社工站", exact=True).select_option(label=site.there.home.name)
    desk.get_by_role("button", name="查看").click()
    desk.wait_for_url("**station_id=*")
    assert desk.get_by_label("社工站", exact=True).input_value() == str(site.there.home.id)
    desk.get_by_role("link", name="2025 年").click()
    desk.wait_for_url("**year=2025")
    assert str(site.there.home.id) in desk.url


def test_the_numbers_stand_beside_the_picture_without_scripts(site, no_script):
    site.sign_in(no_script, site.there.staff["station_head"]).goto("/staff/dashboard")
    no_script.locator(".chart-table summary").first.click()
    assert no_script.get_by_role("rowheader", name="1月").first.is_visible()
