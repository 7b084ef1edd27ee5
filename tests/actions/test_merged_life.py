"""One person entered twice: what he planned, did and holds goes on in the file that is kept."""

from datetime import timedelta

import msgspec
import pytest

from tests import builders
from tests.actions.plans import END, START, published, signs_up, standing
from tests.actions.world import assert_books_agree, events
from tests.builders import TODAY, topics, trained
from volunteer_svc import ids, store
from volunteer_svc.actions import (
    approvals,
    awards,
    check_ins,
    complaints,
    erasures,
    evaluations,
    exports,
    groups,
    merging,
    positions,
    self_reports,
    trainings,
)
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.awards import Nominate, RecordAward
from volunteer_svc.actions.check_ins import CheckInRequest, CheckOutRequest
from volunteer_svc.actions.complaints import CloseComplaint, Complain
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.evaluations import Evaluate
from volunteer_svc.actions.export_tables import tables_of
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.actions.groups import JoinGroup, NewGroup
from volunteer_svc.actions.merging import MergeVolunteer
from volunteer_svc.actions.positions import Appoint
from volunteer_svc.actions.self_reports import ReportHours
from volunteer_svc.actions.trainings import PlanTraining
from volunteer_svc.identity import person_keys
from volunteer_svc.images.pictures import Picture
from volunteer_svc.store.database import fetch

LATER = END + timedelta(days=3)


@pytest.fixture
async def head(database):
    return await builders.staff("station_head", (await builders.station()).id)


async def lived(head, kept, twin):
    """The twin file has one of everything; both have signed up for one activity to come."""
    worker, home = await builders.staff("social_worker", kept.station_id), kept.station_id
    himself = await builders.signed_in(twin.id)
    served = await published(worker, home, title="敬老院陪伴")
    await signs_up(worker, served, twin)
    await check_ins.check_in(worker.call(START), served.id, CheckInRequest(volunteer_id=twin.id))
    out = CheckOutRequest(volunteer_id=twin.id)
    done = await check_ins.check_out(worker.call(END), served.id, out)
    await evaluations.evaluate_record(head.call(END), done.check_in.record_id, Evaluate(grade=5))
    when = {"started_at": LATER + timedelta(days=9), "ended_at": LATER + timedelta(days=9, hours=2)}
    coming = await published(worker, home, title="社区清扫", capacity=1, **when)
    for one in (twin, kept):
        await signs_up(worker, coming, one)
    hours = ReportHours(station_id=home, served_on=TODAY, minutes=30, content="x")
    told = await self_reports.report_hours(himself.call(), twin.id, hours)
    photo = Picture(100, 100, b"a face")
    await self_reports._add_photo(himself.call(), told.record_id, ids.uuid7(), photo)
    await approved(head, told.record_id)
    await topics("fire")
    await trained(worker, twin, "fire")
    plan = PlanTraining(
        station_id=home, title="消防复训", topics=["fire"], starts_at=LATER + timedelta(days=5),
        ends_at=LATER + timedelta(days=5, hours=1),
    )  # fmt: skip
    again = await trainings.plan_training(worker.call(), plan)
    await trainings.sign_up(worker.call(), again.session.id, twin.id)
    group = await groups.add_group(worker.call(), NewGroup(station_id=home, name="护老组"))
    await groups.join_group(worker.call(), group.id, JoinGroup(volunteer_ids=[twin.id]))
    await positions.appoint(head.call(), twin.id, Appoint(position="backbone", reason="认真"))
    lead = Appoint(position="group_leader", group_id=group.id, reason="推选")
    await positions.appoint(head.call(), twin.id, lead)
    honour = {"honour": "优秀", "awarding_body": "省厅", "reason": "x", "evidence_reference": "1"}
    await awards.nominate(head.call(), twin.id, Nominate(**honour))
    prize = RecordAward(name="优秀", granted_by="县", granted_on=TODAY, evidence_reference="2")
    await awards.record_award(head.call(), twin.id, prize)
    said = await complaints.open_complaint(
        himself.call(), twin.id, Complain(direction="by", text="没有饮水")
    )
    close = CloseComplaint(outcome="withdrawn", words="已备水")
    await complaints.close_complaint(head.call(), said.id, close)
    return coming, group


async def approved(head, record_id):
    decision = Decide(kind="record", id=record_id, decision="approve")
    await approvals.decide_waiting(head.call(), Decisions(decisions=[decision]))


@pytest.mark.rule("R5")
async def test_a_merged_life_goes_on_in_one_file_and_the_export_has_all_of_it(head):
    kept, twin = [await builders.active(head.actor.station_id) for _ in range(2)]
    coming, group = await lived(head, kept, twin)
    county = [await builders.staff("county") for _ in range(2)]
    request = MergeVolunteer(duplicate_id=twin.id, reason="同一个人")
    await merging.merge_volunteers(county[0].call(LATER), kept.id, request)
    await assert_books_agree()
    assert await standing(coming) == [(kept.id, "confirmed")], "the better one of two sign-ups"
    held = await positions.positions_of(head.call(LATER), kept.id)
    assert [(one.kind, one.to_on is None) for one in held] == [
        ("backbone", False), ("group_leader", False), ("group_leader", True),
    ]  # fmt: skip
    (led,) = await groups.groups_of(head.call(LATER), kept.id)
    assert (led.id, led.leader_id, led.members) == (group.id, kept.id, [kept.id])
    appointed = (await events("position.appointed"))[-1]
    assert appointed["volunteer_id"] == str(kept.id)
    me = await builders.signed_in(kept.id)
    export = await exports.export_person(me.call(LATER), kept.id, AskExport())
    life = export.life
    assert export.member_no == kept.member_no
    assert [one.kind for one in life.positions if one.to_on is None] == ["group_leader"]
    assert sorted(one.title for one in life.sign_ups) == ["敬老院陪伴", "社区清扫", "社区清扫"]
    records = {one.id for one in export.service_records}
    assert [(one.title, one.check_in.record_id in records) for one in life.check_ins] == [
        ("敬老院陪伴", True)
    ]
    assert [one.record_id in records for one in life.photos] == [True]
    photo = await self_reports.photos(me.call(LATER), life.photos[0].record_id)
    assert photo == [life.photos[0].file]
    assert photo[0].volunteer_id == twin.id, "sealed with the key of the file that it came with"
    assert [(one.topic, one.valid_until) for one in life.trainings] == [("fire", None)]
    assert [one.title for one in life.training_sign_ups] == ["消防复训"]
    assert [one.name for one in life.groups] == ["护老组", "护老组"]
    assert [one.honour for one in life.nominations] == ["优秀"]
    assert [one.name for one in life.awards] == ["优秀"]
    assert [(one.grade, one.record_id in records) for one in life.evaluations] == [(5, True)]
    assert [one.text for one in export.merged_files[0].life.complaints] == ["没有饮水"]
    page = msgspec.json.encode(tables_of(export, "zh-CN")).decode()
    for shown in ("社区清扫", "敬老院陪伴", "消防复训", "护老组", "没有饮水", "小组长", "省厅"):
        assert shown in page, shown
    assert "export." not in page
    asked = await erasures.ask_erasure(county[0].call(LATER), kept.id, AskErasure(reason="申请"))
    decide = DecideErasure(decision="approve", reason="本人申请")
    await erasures.decide_erasure(county[1].call(LATER), asked.id, decide)
    assert await person_keys.of([kept.id, twin.id]) == {}
    for table, column in (("position", "reason"), ("nomination", "reason"),
                          ("signup", "end_reason"), ("complaint", "outcome_sealed")):  # fmt: skip
        rows = await fetch(f"SELECT {column} FROM {table}")
        assert {bytes(row[0]).decode() if table == "complaint" else row[0] for row in rows} == {""}
    assert not await store.positions.held([kept.id])
