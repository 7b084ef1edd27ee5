"""Activities that are there when the browser comes: free, full, gated, running, cancelled."""

from datetime import date, timedelta
from uuid import UUID

from tests.actions.plans import planned, published, signs_up, withdraws
from tests.actions.world import line, record
from tests.builders import NOW, TODAY, Person, SignedIn, active, call
from volunteer_svc.actions import (
    activities,
    check_ins,
    objections,
    reviews,
    self_reports,
    trainings,
)
from volunteer_svc.actions.activities import CancelActivity
from volunteer_svc.actions.check_ins import CheckInRequest
from volunteer_svc.actions.objections import Object
from volunteer_svc.actions.self_reports import ReportHours
from volunteer_svc.actions.trainings import SaveTopic
from volunteer_svc.store.database import fetch
from volunteer_svc.store.stations import Station

LONG_TITLE = "红旗街道社区居家养老服务中心高龄独居老人冬季入户走访慰问暨安全用电用气宣传活动"
RISK = "路面有雪，请穿防滑鞋。\n两人一组入户，不单独进门。"


async def seed_activities(
    home: Station,
    keys: dict[str, SignedIn],
    people: dict[str, Person],
    volunteers: dict[str, SignedIn],
) -> dict[str, UUID]:
    """Ids by name: `soon` is about to begin and open for check-in, `full` has a waiting list,
    `gated` nobody may join, `waiting` and `objected` are records of the doer."""
    worker, doer = keys["social_worker"], people["doer"]
    himself = volunteers["doer"]
    first_aid = SaveTopic(code="first-aid", name_zh="急救", name_en="First aid")
    await trainings.save_topic(keys["county"].call(), first_aid)
    soon = await published(
        worker, home.id, title="社区敬老院读报", place="一楼活动室", capacity=30,
        started_at=NOW + timedelta(minutes=20), ended_at=NOW + timedelta(hours=3),
    )  # fmt: skip
    full = await published(
        worker, home.id, title=LONG_TITLE, place="红旗街道社区活动中心二楼多功能厅", capacity=1,
        leader="刘站长", risk_notice=RISK, started_at=NOW + timedelta(days=3),
        ended_at=NOW + timedelta(days=3, hours=2), insurance_reference="PICC-2026-001",
    )  # fmt: skip
    gated = await published(
        worker, home.id, title="高空擦窗", hazardous=True, minimum_age=70,
        required_topics=["first-aid"], started_at=NOW + timedelta(days=3, hours=4),
        ended_at=NOW + timedelta(days=3, hours=5),
    )  # fmt: skip
    plan = await planned(
        worker, home.id, title="反诈宣传", started_at=NOW + timedelta(days=5),
        ended_at=NOW + timedelta(days=5, hours=2),
    )  # fmt: skip
    off = await published(
        worker, home.id, title="冬至包饺子", started_at=NOW + timedelta(days=3, hours=6),
        ended_at=NOW + timedelta(days=3, hours=8),
    )  # fmt: skip
    others = [await active(home.id, name=name) for name in ("孙一", "周二平", "吴小三")]
    for one in (soon, full):
        for person in others:
            await signs_up(worker, one, person)
    await signs_up(himself, soon, doer)
    await signs_up(himself, off, doer)
    await signs_up(himself, full, doer)
    await withdraws(worker, full, others[1])
    await activities.cancel_activity(worker.call(), off.id, CancelActivity(reason="大雪封路"))
    for person in others[:2]:
        came = CheckInRequest(volunteer_id=person.id)
        await check_ins.check_in(worker.call(), soon.id, came)
    report = ReportHours(
        station_id=home.id, served_on=TODAY - timedelta(days=1), minutes=90,
        content="陪李奶奶去医院复查，取药后送回家。", title="陪诊",
    )  # fmt: skip
    told = await self_reports.report_hours(himself.call(), doer.id, report)
    (outcome,) = await record(
        worker, home.id, line(doer, minutes=650, served_on=date(2026, 11, 17), title="清雪")
    )
    await objections.open_objection(
        himself.call(), outcome.record_id, Object(text="那天清雪其实只有四个小时，请核对签到表。")
    )
    await reviews.find_signals(call())
    (signal,) = await fetch("SELECT id FROM review_signal WHERE rule = 'improbable_day'")
    return {
        "soon": soon.id, "full": full.id, "gated": gated.id, "plan": plan.id,
        "waiting": told.record_id, "objected": outcome.record_id, "signal": signal["id"],
    }  # fmt: skip
