"""The part of the walk through all routes that is about activities, and about taking back."""

from datetime import timedelta

from tests.builders import NOW, TODAY
from tests.keep.test_pictures import image
from volunteer_svc import clock

WHY = {"reason": "下雪"}
START, END = NOW + timedelta(hours=2), NOW + timedelta(hours=3)


async def activities(walk, sign_in, station, volunteer):
    """Staff plan two, sign the volunteer up for both, call one off; at the other he was there.
    `second` is signed in."""
    planned = {
        "station_id": station, "kind": "elder_care", "form": "home_visit", "title": "走访",
        "started_at": START.isoformat(), "ended_at": END.isoformat(), "capacity": 2,
        "repeat": {"every": "week", "count": 2},
    }  # fmt: skip
    first, other = (await walk("POST", "/v1/activities", 201, planned))["activities"]
    path, him = f"/v1/activities/{first['id']}", {"volunteer_id": volunteer}
    assert (await walk("PATCH", path, 200, {"title": "探望"}))["title"] == "探望"
    assert (await walk("POST", f"{path}/capacity", 200, {"capacity": 5}))["capacity"] == 5
    for one in (first, other):
        await walk("POST", f"/v1/activities/{one['id']}/publish", 200, {})
    assert (await walk("GET", path, 200))["state"] == "published"
    listed = (await walk("GET", f"/v1/activities?station_id={station}", 200))["items"]
    assert {one["id"] for one in listed} == {first["id"], other["id"]}
    feed = await walk("GET", f"/v1/stations/{station}/calendar.ics", 200)
    assert "探望" in feed.text

    for one in (first, other):
        place = await walk("POST", f"/v1/activities/{one['id']}/sign-ups", 201, him)
        assert place["state"] == "confirmed"
    left = await walk("POST", f"{path}/sign-ups/{volunteer}/withdraw", 200, WHY)
    assert left["state"] == "withdrawn"
    again = await walk("POST", f"{path}/sign-ups", 201, him)
    listed = (await walk("GET", f"{path}/sign-ups", 200))["items"]
    assert again["id"] in [one["id"] for one in listed]
    his = (await walk("GET", f"/v1/volunteers/{volunteer}/sign-ups", 200))["items"]
    assert again["id"] in [one["id"] for one in his]
    gone = await walk("POST", f"/v1/activities/{other['id']}/cancel", 200, WHY)
    assert [one["state"] for one in gone["activities"]] == ["cancelled"]

    clock.start_at(START)
    assert (await walk("GET", f"{path}/site-code", 200))["code"]
    there = await walk("POST", f"{path}/check-ins", 201, him)
    assert (await walk("GET", f"{path}/check-ins", 200))["items"] == [there]
    assert await walk("GET", f"{path}/check-ins/{volunteer}", 200) == there
    clock.start_at(END)
    out = await walk("POST", f"{path}/check-outs", 201, him)
    assert (out["outcome"], out["minutes"]) == ("waiting", 60)  # the day is full
    await sign_in("desk")  # another than who checked him out
    waiting = f"/v1/service-records?station_id={station}&state=waiting"
    (record,) = [one["id"] for one in (await walk("GET", waiting, 200))["items"]]
    approve = {"decisions": [{"kind": "record", "id": record, "decision": "approve"}]}
    decided = await walk("POST", "/v1/approvals", 200, approve)
    assert [one["outcome"] for one in decided["outcomes"]] == ["approved"]
    grades = {"entries": [{"record_id": record, "grade": 4}]}
    written = await walk("POST", f"{path}/evaluations", 201, grades)
    (served,) = (await walk("GET", f"{path}/evaluations", 200))["served"]
    assert [served["evaluation"]] == written
    await sign_in("second")


async def taking_back(walk, sign_in, station, volunteer):
    """`second` enters more than a day holds; `desk` looks into it and lets it be undone."""
    line = {"volunteer_id": volunteer, "served_on": TODAY.isoformat()}
    entries = [line | {"minutes": minutes} for minutes in range(10, 31)]
    sheet = {"station_id": station, "entries": entries}
    entered = await walk("POST", "/v1/service-records", 200, sheet)
    wish = {"kind": "sheet", "target_id": entered["sheet_id"], "reason": "重复"}
    undo = await walk("POST", "/v1/undos", 201, wish)
    assert (undo["state"], undo["records_total"]) == ("waiting", 21)
    await sign_in("desk")
    assert (await walk("POST", "/v1/review-signals/find", 200))["new"] == 1
    (signal,) = (await walk("GET", "/v1/review-signals?state=open", 200))["items"]
    assert signal["rule"] == "improbable_day"
    assert (await walk("GET", "/v1/undos", 200))["items"] == [undo]
    path = f"/v1/undos/{undo['id']}"
    await walk("POST", f"{path}/decide", 200, {"decision": "approve"})
    done = await walk("GET", path, 200)
    assert (done["state"], done["reversed"] + done["rejected"]) == ("done", 21)
    acted = {"reason": "整表撤销", "undo_id": undo["id"]}
    path = f"/v1/review-signals/{signal['id']}/decide"
    assert (await walk("POST", path, 200, acted))["state"] == "acted"
    await sign_in("second")


async def his_own(walk, station, own):
    """The volunteer himself: what was called off, his calendar, hours that he reports."""
    (notice,) = (await walk("GET", f"{own}/notices", 200))["items"]
    assert notice["kind"] == "cancelled"
    await walk("POST", f"{own}/notices/read", 204)
    made = await walk("POST", f"{own}/calendar", 201)
    assert "探望" in (await walk("GET", made["path"], 200)).text
    await walk("DELETE", f"{own}/calendar", 204)
    hours = {"station_id": station, "served_on": TODAY.isoformat(), "minutes": 20, "content": "陪"}
    report = await walk("POST", f"{own}/self-reports", 201, hours)
    photos = f"/v1/service-records/{report['record_id']}/photos"
    jpeg = {"Content-Type": "image/jpeg"}
    photo = await walk("POST", photos, 201, content=image(), headers=jpeg)
    assert await walk("GET", photos, 200) == [photo]
    assert (await walk("GET", f"{photos}/{photo['id']}", 200)).content.startswith(b"\xff\xd8")
