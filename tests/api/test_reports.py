"""Reports of any range of days: who came and went, hours, activities; and nothing of a person."""

from datetime import date, timedelta
from io import BytesIO

import msgspec
import pytest
from python_calamine import CalamineWorkbook

from tests.actions.world import line, record
from tests.builders import (
    NOW,
    TODAY,
    active,
    noon,
    registered,
    staff,
    station,
)
from volunteer_svc import ids
from volunteer_svc.actions import activities, transfers, volunteers
from volunteer_svc.actions.activities import PlanActivity, PublishActivity
from volunteer_svc.actions.transfers import ConsentToMove, TransferVolunteer
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.report import Hours, put_together, told_outside

WHY = WithReason(reason="搬家")


async def report(client, who, **params):
    response = await client.get("/v1/reports", headers=who.auth, params=params)
    assert response.status_code == 200, response.text
    return response.json()


async def moved(worker, person, to, on):
    request = TransferVolunteer(
        to_station_id=to.id, reason="搬家", consent=ConsentToMove(given="signed", on=on)
    )
    await transfers.transfer_volunteer(worker.call(noon(on)), person.id, request, None)


@pytest.mark.rule("R13")
async def test_any_range_of_days_tells_who_came_went_moved_and_lapsed(client):
    home = await station(name="=1+1 红旗社工站")
    there = await station()
    worker = await staff("social_worker", home.id)
    await active(home.id, date(2025, 12, 31))
    mover, leaver, sitter = [await active(home.id, date(2026, 1, 1)) for _ in range(3)]
    await moved(worker, mover, there, date(2026, 3, 31))
    await volunteers.exit_volunteer(worker.call(noon(date(2026, 5, 1))), leaver.id, WHY, None)
    await volunteers.suspend(worker.call(noon(date(2026, 6, 30))), sitter.id, WHY, None)
    known = msgspec.structs.asdict(leaver.form) | {"applied_on": date(2026, 8, 1)}
    assert (await active(home.id, date(2026, 8, 1), **known)).id == leaver.id
    await registered(home.id, date(2026, 3, 30))  # until 30 June; lapsed on 1 July

    whole = await report(client, worker, from_on="2026-01-01", until_on="2026-12-31")
    assert whole["as_of"] == f"{TODAY}", "what is to come is no part of a report"
    assert whole["members"] == {
        "opening": 1, "new": 3, "returned": 1, "moved_in": 0, "exited": 1, "moved_out": 1,
        "closing": 3, "active": 2, "suspended": 1,
    }  # fmt: skip
    assert whole["registrations"] == {"applied": 5, "registered": 5, "lapsed": 1}
    assert [one["members"] for one in whole["months"]] == [4, 4, 3, 3, 2, 2, 2, 3, 3, 3, 3]
    half = await report(client, worker, from_on="2026-01-01", until_on="2026-06-30")
    assert (half["members"]["closing"], half["registrations"]["lapsed"]) == (2, 0)
    assert half["members"]["suspended"] == 1
    second = await report(client, worker, from_on="2026-07-01", until_on="2026-12-31")
    assert second["members"]["opening"] == half["members"]["closing"]
    assert second["registrations"]["lapsed"] == 1

    county = await staff("county")
    over_all = await report(client, county, from_on="2026-01-01", until_on="2026-12-31")
    assert (over_all["members"]["moved_in"], over_all["members"]["moved_out"]) == (1, 1)
    assert [(one["members"], one["new"]) for one in over_all["stations"]] == [(3, 3), (1, 0)]
    assert over_all["members"]["closing"] == 4

    paper = await client.get("/v1/reports/report.pdf", headers=worker.auth)
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    path = "/v1/reports/report.xlsx?from_on=2026-01-01&until_on=2026-12-31"
    for language, title in (("zh", "概况"), ("en", "Summary")):
        answer = await client.get(path, headers=worker.auth | {"Accept-Language": language})
        book = CalamineWorkbook.from_filelike(BytesIO(answer.content))
        assert book.sheet_names[0] == title
        cells = book.get_sheet_by_index(0).to_python()
        assert cells[1][1] == home.name, "what looks like a formula is text"
        assert [row[1] for row in cells[4:7]] == [1.0, 3.0, 1.0]


@pytest.mark.rule("R12")
@pytest.mark.rule("R15")
async def test_hours_stand_by_kind_form_and_in_time_and_name_nobody(client):
    home, away = await station(), await station()
    worker = await staff("social_worker", home.id)
    people = [await active(home.id, name="王小明") for _ in range(6)]
    start = NOW - timedelta(days=2)
    plans = [
        PlanActivity(station_id=home.id, kind="elder_care", form=form, title="敬老院",
                     started_at=start, ended_at=start + timedelta(hours=1), capacity=10)
        for form in ("group_work", "policy_publicity")
    ]  # fmt: skip
    made = []
    for plan in plans:
        before = worker.call(start - timedelta(days=1))
        (one,) = (await activities.plan_activity(before, plan)).activities
        await activities.publish_activity(before, one.id, PublishActivity())
        made.append(one.id)
    on_time = [
        line(person, started_at=start, ended_at=start + timedelta(hours=1), kind="elder_care",
             activity_id=made[0])
        for person in people
    ]  # fmt: skip
    await record(
        worker, home.id, *on_time,
        line(people[0], served_on=date(2026, 2, 1), minutes=90, kind="social_affairs"),
        line(people[1], served_on=date(2026, 2, 2), minutes=500, kind="social_affairs"),
        line(people[2], served_on=date(2025, 12, 31), minutes=45),
    )  # fmt: skip
    await record(await staff("social_worker", away.id), away.id, line(people[0], minutes=30))

    own = await report(client, worker, from_on="2026-01-01")
    assert own["service"] == {
        "records": 7, "minutes": 450, "volunteers": 6, "on_time": 6, "late": 1,
        "waiting": {"records": 1, "minutes": 500},
    }  # fmt: skip
    cells = [(one["kind"], one["form"], one["records"], one["minutes"], one["volunteers"])
             for one in own["hours"]]  # fmt: skip
    assert cells == [("elder_care", "group_work", 6, 360, 6), ("social_affairs", None, 1, 90, 1)]
    assert [(one["form"], one["held"], one["served"], one["yearly_target"])
            for one in own["activities"]] == [
        ("community_activity", 0, 0, 5), ("group_work", 1, 1, 5), ("policy_publicity", 1, 0, 2),
    ]  # fmt: skip
    assert [one["minutes"] for one in own["months"]][:3] == [0, 90, 0]
    assert own["evidence"] == [{"evidence": "staff", "records": 7, "minutes": 450}]
    day = await report(client, worker, from_on="2026-02-01", until_on="2026-02-01")
    assert day["service"]["minutes"] == 90

    bureau = await client.get("/v1/reports", headers=(await staff("bureau")).auth)
    together = {"kind": None, "form": None, "records": 8, "minutes": 480, "volunteers": None,
                "together": True}  # fmt: skip
    assert bureau.json()["hours"] == [together], "of one person alone nobody outside reads"
    told = bureau.json()
    assert told["service"] == own["service"] | {
        "records": 8, "minutes": 480, "on_time": 7, "waiting": {"records": None, "minutes": None},
    }  # fmt: skip
    assert [one["minutes"] for one in told["stations"]] == [None, None], "nor by subtraction"
    assert {one["minutes"] for one in told["months"]} == {0, None}
    day = await client.get("/v1/reports?from_on=2026-02-01&until_on=2026-02-01",
                           headers=(await staff("bureau")).auth)  # fmt: skip
    few = day.json()
    assert (few["service"]["minutes"], few["service"]["volunteers"]) == (None, 1)
    assert [one["minutes"] for one in few["evidence"] + few["hours"]] == [None, None]
    path = "/v1/reports/report.xlsx?from_on=2026-02-01&until_on=2026-02-01"
    answer = await client.get(path, headers=(await staff("bureau")).auth)
    book = CalamineWorkbook.from_filelike(BytesIO(answer.content))
    assert "1.5" not in str([book.get_sheet_by_name(name).to_python() for name in book.sheet_names])
    for person in people:
        for secret in ("王小明", "敬老院", str(person.id), person.member_no):
            assert secret not in bureau.text


async def test_what_is_no_range_and_no_station_of_mine_is_refused(client):
    worker = await staff("social_worker", (await station()).id)
    county = await staff("county")

    async def refused(who, query):
        answer = await client.get(f"/v1/reports?{query}", headers=who.auth)
        return answer.status_code, (answer.json()["errors"] or [{}])[0].get("field")

    assert await refused(county, "from_on=2026-02-02&until_on=2026-02-01") == (422, "until_on")
    assert await refused(county, "from_on=1900-01-01&until_on=2026-02-01") == (422, "until_on")
    assert (await refused(county, "from_on=yesterday"))[0] == 400
    assert (await refused(county, f"station_id={ids.uuid7()}"))[0] == 404
    assert (await refused(worker, f"station_id={ids.uuid7()}"))[0] == 403
    for days in (
        "from_on=9999-12-31",
        "from_on=0001-01-01&until_on=0001-01-02",
        "from_on=2030-01-01",
    ):
        answer = await client.get(f"/v1/reports?{days}", headers=county.auth)
        assert (answer.status_code, answer.json()["service"]["records"]) == (200, 0), days


def test_of_few_people_nothing_is_told_outside_nor_by_subtraction():
    def told(*people):
        rows = [Hours(kind=None, form=None, records=1, minutes=n, volunteers=n) for n in people]
        return [one.minutes for one in told_outside(rows, people, "minutes")]

    assert told(9, 6, 2, 0) == [9, None, None, 0]
    assert told(9, 5, 7) == [9, 5, 7]
    assert told(4, 1) == [None, None]
    assert told() == []


def test_what_few_people_did_stands_with_the_smallest_of_the_others():
    def cell(kind, people):
        return Hours(kind=kind, form=None, records=people, minutes=people, volunteers=people)

    large, middle, small = cell("elder_care", 9), cell("child_welfare", 6), cell(None, 2)
    told = put_together([large, middle, small])
    assert told[0] == large
    assert (told[1].together, told[1].minutes, told[1].volunteers) == (True, 8, None)
    assert put_together([large, middle]) == [large, middle]
    assert put_together([]) == []
