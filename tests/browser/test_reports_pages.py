"""Reports, as somebody who answers to the county or pays for the stations looks at them."""

from tests.browser.shots import Shot

SHOTS = [
    Shot(name="reports", path="/staff/reports", who="county", dark=True, docs=("1440-zh-CN",)),
    Shot(name="reports-station", path="/staff/reports", who="station_head"),
    Shot(name="reports-empty", path="/staff/reports?from_on=1999-01-01&until_on=1999-06-30",
         who="bureau"),
    Shot(name="record-exports", path="/staff/record-exports", who="station_head"),
    Shot(name="record-exports-county", path="/staff/record-exports", who="county"),
]  # fmt: skip


def test_a_range_is_chosen_looked_at_and_taken_along(site, desk):
    site.sign_in(desk, site.there.staff["county"]).goto("/staff/reports")
    assert desk.get_by_role("img", name="各月服务时数").is_visible()
    desk.get_by_label("站点", exact=True).select_option(label=site.there.home.name)
    desk.get_by_role("button", name="查看").click()
    desk.wait_for_url("**station_id=*")
    desk.get_by_role("link", name="上半年").click()
    desk.wait_for_url("**until_on=*-06-30")
    assert str(site.there.home.id) in desk.url
    for name, ending in (("下载 PDF", ".pdf"), ("下载表格", ".xlsx")):
        with desk.expect_download() as download:
            desk.get_by_role("link", name=name).click()
        assert download.value.suggested_filename.endswith(ending)
