"""The part of the walk through all routes between the induction and the exit."""

from datetime import timedelta

from tests.builders import TODAY, call
from volunteer_svc import clock
from volunteer_svc.actions import reminders

WHY = {"reason": "县里决定"}


async def a_life(walk, sign_in, station, volunteer, record):
    """Begins and ends with `second`, another head than who recorded the hours, signed in."""
    own = f"/v1/volunteers/{volunteer}"
    await _objections_and_complaints(walk, own, record)
    await _positions_and_honours(walk, station, volunteer, own, record)
    await sign_in("county")
    await _settings(walk)
    await sign_in("second")
    await _training(walk, station, volunteer, own)
    await sign_in("county")
    await _move(walk, station, own)
    await sign_in("second")
    named = await walk("POST", f"{own}/name-consent", 200, {"named": True})
    assert named["named"]


async def _objections_and_complaints(walk, own, record):
    said = await walk("POST", f"/v1/service-records/{record}/objections", 201, {"text": "少了"})
    assert (await walk("GET", "/v1/objections?overdue=false", 200))["items"] == [said]
    kept = {"outcome": "kept", "reason": "签到表无误"}
    await walk("POST", f"/v1/objections/{said['id']}/close", 200, kept)
    (told,) = (await walk("GET", f"{own}/objections", 200))["items"]
    assert (told["outcome"], told["reason"]) == ("kept", "签到表无误")
    said = await walk("POST", f"{own}/complaints", 201, {"direction": "by", "text": "没有饮水"})
    assert (await walk("GET", f"{own}/complaints", 200))["items"] == [said]
    assert (await walk("GET", "/v1/complaints", 200))["items"] == [said]
    await reminders.make_reminders(call(now=clock.now() + timedelta(days=20)))
    (late,) = (await walk("GET", "/v1/reminders", 200))["items"]
    assert (late["kind"], late["title"]) == ("complaint_overdue", "投诉办理已逾期")
    assert (await walk("POST", f"/v1/reminders/{late['id']}/done", 200))["done_at"]
    path = f"/v1/complaints/{said['id']}"
    assert await walk("GET", path, 200) == said
    heard = {"contact": "meeting", "on": TODAY.isoformat(), "words": "已约见"}
    await walk("POST", f"{path}/contact", 200, heard)
    closed = await walk("POST", f"{path}/close", 200, {"outcome": "founded", "words": "已改进"})
    assert closed["outcome_words"] == "已改进"


async def _positions_and_honours(walk, station, volunteer, own, record):
    group = await walk("POST", "/v1/groups", 201, {"station_id": station, "name": "老年组"})
    path, members = f"/v1/groups/{group['id']}", {"volunteer_ids": [volunteer]}
    joined = await walk("POST", f"{path}/members", 200, members)
    assert joined["members"] == [volunteer]
    assert (await walk("GET", "/v1/groups", 200))["items"] == [joined]
    left = await walk("POST", f"{path}/members/{volunteer}/leave", 200)
    assert left["members"] == []
    assert (await walk("POST", f"{path}/close", 200))["closed_on"]
    held = await walk("POST", f"{own}/positions", 201, WHY | {"position": "backbone"})
    assert (await walk("GET", "/v1/positions", 200))["items"] == [held]
    ended = await walk("POST", f"/v1/positions/{held['id']}/end", 200, WHY)
    assert await walk("GET", f"{own}/positions", 200) == [ended]
    honour = WHY | {"honour": "优秀", "awarding_body": "省厅", "evidence_reference": "表7"}
    put = await walk("POST", f"{own}/nominations", 201, honour)
    assert (await walk("GET", "/v1/nominations", 200))["items"] == [put]
    closed = {"outcome": "not_awarded"}
    await walk("POST", f"/v1/nominations/{put['id']}/close", 200, closed)
    granted = {"name": "优秀", "granted_by": "省厅", "granted_on": TODAY.isoformat()}
    award = await walk("POST", f"{own}/awards", 201, granted | {"evidence_reference": "证1"})
    revoked = await walk("POST", f"/v1/awards/{award['id']}/revoke", 200, WHY)
    assert await walk("GET", f"{own}/awards", 200) == [revoked]
    judged = await walk("POST", f"/v1/service-records/{record}/evaluations", 201, {"grade": 5})
    assert (await walk("GET", f"{own}/evaluations", 200))["items"] == [judged]


async def _settings(walk):
    table = await walk("GET", "/v1/holidays/2026", 200)
    assert await walk("POST", "/v1/holidays/2026", 200, table) == table
    topic = {"code": "fire", "name_zh": "消防", "name_en": "Fire", "validity_months": 12}
    saved = await walk("POST", "/v1/training-topics", 200, topic)
    assert await walk("GET", "/v1/training-topics", 200) == [saved]
    day = (TODAY + timedelta(days=30)).isoformat()
    plan = WHY | {"version": "national", "valid_from": day, "preset": "national"}
    await walk("POST", "/v1/policies", 201, plan)
    assert [one["status"] for one in await walk("GET", "/v1/policies", 200)] == [
        "in_force", "planned",
    ]  # fmt: skip
    assert (await walk("GET", "/v1/policies/national/dry-run", 200))["promoted"] == 0
    assert (await walk("GET", "/v1/policies/national/dry-run/volunteers", 200))["items"] == []
    await walk("DELETE", "/v1/policies/national", 204)


async def _training(walk, station, volunteer, own):
    def session(start):
        return {"station_id": station, "title": "消防", "topics": ["fire"],
                "starts_at": start.isoformat(),
                "ends_at": (start + timedelta(hours=1)).isoformat()}  # fmt: skip

    now = clock.now()
    ahead = await walk("POST", "/v1/trainings", 201, session(now + timedelta(days=3)))
    path = f"/v1/trainings/{ahead['session']['id']}"
    signed_up = await walk("POST", f"{path}/signups/{volunteer}", 200)
    assert signed_up["confirmed"] == [volunteer]
    assert (await walk("GET", "/v1/trainings", 200))["items"] == [signed_up]
    await walk("POST", f"{path}/signups/{volunteer}/withdraw", 200)
    cancelled = await walk("POST", f"{path}/cancel", 200, WHY)
    assert cancelled["session"]["state"] == "cancelled"
    held = await walk("POST", "/v1/trainings", 201, session(now - timedelta(hours=3)))
    came = {"attendees": [{"volunteer_id": volunteer}]}
    told = await walk("POST", f"/v1/trainings/{held['session']['id']}/attendance", 200, came)
    assert [one["outcome"] for one in told["outcomes"]] == ["counted"]
    (holds,) = await walk("GET", f"{own}/trainings", 200)
    assert (holds["topic"], holds["valid"]) == ("fire", True)
    list_of = f"/v1/trainings/{held['session']['id']}/attendance"
    assert len(await walk("GET", list_of, 200)) == 1
    (struck,) = await walk("POST", f"{list_of}/{volunteer}/strike", 200, WHY)
    assert struck["struck_reason"] == WHY["reason"]
    assert await walk("GET", f"{own}/trainings", 200) == []


async def _move(walk, station, own):
    made = {"code": "T02", "name": "二站", "kind": "station"}
    there = (await walk("POST", "/v1/stations", 201, made))["id"]
    consent = {"consent": {"given": "signed", "on": TODAY.isoformat()}, "reason": "搬家"}
    for to in (there, station):
        moved = await walk("POST", f"{own}/transfer", 200, consent | {"to_station_id": to})
        assert moved["station_id"] == to
    asked = await walk("POST", f"{own}/transfer-proposals", 201, WHY | {"to_station_id": there})
    assert (await walk("GET", "/v1/transfer-proposals", 200))["items"] == [asked]
    await walk("POST", f"/v1/transfer-proposals/{asked['id']}/withdraw", 200)
    (told,) = await walk("GET", f"{own}/transfer-proposals", 200)
    assert told["answer"] == "withdrawn"
    await walk("POST", f"{own}/transfer-proposals", 201, WHY | {"to_station_id": there})
