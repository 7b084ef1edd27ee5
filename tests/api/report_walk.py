"""The part of the walk through all routes that reads reports and takes records out."""

from tests.builders import TODAY
from volunteer_svc import clock
from volunteer_svc.actions import record_exports


async def reports_and_exports(walk, station):
    """The county is signed in."""
    year = f"station_id={station}&from_on={TODAY.replace(month=1, day=1)}&until_on={TODAY}"
    report = await walk("GET", f"/v1/reports?{year}", 200)
    assert report["station_id"] == station
    assert (await walk("GET", f"/v1/reports/report.xlsx?{year}", 200)).content[:2] == b"PK"
    assert (await walk("GET", f"/v1/reports/report.pdf?{year}", 200)).content[:4] == b"%PDF"
    wish = {"from_on": f"{TODAY}", "until_on": f"{TODAY}", "reason": "检查", "station_id": station}
    asked = await walk("POST", "/v1/record-exports", 202, wish)
    path = f"/v1/record-exports/{asked['id']}"
    assert await record_exports.work_on_next(clock.now)
    done = await walk("GET", path, 200)
    assert done["state"] == "done"
    assert (await walk("GET", "/v1/record-exports", 200))["items"] == [done]
    assert (await walk("GET", f"{path}/records.xlsx", 200)).content[:2] == b"PK"
