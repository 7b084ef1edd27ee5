"""Scenes of service records, from the sheet to the undo."""

from tests import builders
from tests.actions.audit.scene import PAGE, at_once
from tests.actions.world import line
from tests.builders import TODAY
from volunteer_svc import ids
from volunteer_svc.actions import (
    approvals,
    corrections,
    members,
    objections,
    reviews,
    self_reports,
    service_records,
    sheets,
    undos,
)
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.objections import AnswerObjection, Object
from volunteer_svc.actions.reviews import DecideSignal
from volunteer_svc.actions.self_reports import ReportHours
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.actions.undos import AskUndo, DecideUndo
from volunteer_svc.images.pictures import Picture
from volunteer_svc.store.database import execute, fetch


async def decide(s):
    record_id = await s.recorded(minutes=500)
    request = Decisions(decisions=[Decide(kind="record", id=record_id, decision="approve")])
    return lambda: approvals.decide_waiting(s.second.call(), request)


async def correct(s):
    record_id = await s.recorded()
    return lambda: corrections.correct_record(
        s.worker.call(), record_id, Correct(minutes=30, reason="看错")
    )


async def open_objection(s):
    record_id = await s.recorded()
    request = Object(text="应为两小时")
    return lambda: objections.open_objection(s.himself.call(), record_id, request)


async def close_objection(s):
    opened = await (await open_objection(s))()
    answer = AnswerObjection(outcome="kept", reason="签到表无误")
    return lambda: objections.close_objection(s.second.call(), opened.id, answer)


async def entered(s, people=1):
    """A sheet of the worker's."""
    lines = [line(await builders.active(s.station.id)) for _ in range(people)]
    sheet = Sheet(station_id=s.station.id, entries=lines)
    return (await service_records.record_service(s.worker.call(), sheet)).sheet_id


async def asked_undo(s, people=1):
    request = AskUndo(kind="sheet", target_id=await entered(s, people), reason="重复")
    return lambda: undos.ask_undo(s.worker.call(), request)


async def decide_undo(s):
    asked = await (await asked_undo(s, 21))()
    request = DecideUndo(decision="approve")
    return lambda: undos.decide_undo(s.second.call(), asked.id, request)


async def work_on_next(s):
    asked = await (await asked_undo(s, 21))()
    await execute(
        "UPDATE undo SET state = 'running', decided_by = $2 WHERE id = $1",
        asked.id, s.second.actor.id,
    )  # fmt: skip
    return lambda: undos.work_on_next(builders.call())


async def read_undo(s):
    asked = await (await asked_undo(s))()
    return lambda: undos.read_undo(s.worker.call(), asked.id)


async def reported(s):
    request = ReportHours(station_id=s.station.id, served_on=TODAY, minutes=60, content="陪聊")
    return await self_reports.report_hours(s.himself.call(), s.person.id, request)


async def add_photo(s):
    report = await reported(s)
    picture = Picture(100, 100, b"x")
    return lambda: self_reports._add_photo(s.himself.call(), report.record_id, ids.uuid7(), picture)


async def read_photo(s):
    report = await reported(s)
    file = await self_reports._add_photo(
        s.himself.call(), report.record_id, ids.uuid7(), Picture(100, 100, b"x")
    )
    return lambda: self_reports._read_photo(s.worker.call(), report.record_id, file.id)


async def photos(s):
    report = await reported(s)
    return lambda: self_reports.photos(s.worker.call(), report.record_id)


async def long_day(s):
    await s.recorded(minutes=700)
    return lambda: reviews.find_signals(builders.call())


async def read_signal(s):
    await (await long_day(s))()
    (row,) = await fetch("SELECT id FROM review_signal")
    return lambda: reviews.read_signal(s.second.call(), row["id"])


async def decide_signal(s):
    await (await long_day(s))()
    (row,) = await fetch("SELECT id FROM review_signal")
    request = DecideSignal(reason="属实")
    return lambda: reviews.decide_signal(s.second.call(), row["id"], request)


def written(s):
    return sheets.WrittenSheet(
        station_id=s.station.id, served_on=TODAY, time="1",
        entries=[sheets.WrittenRow(who=s.person.member_no)],
    )  # fmt: skip


async def fill_pinyin(s):
    await execute("UPDATE person SET name_pinyin = NULL")
    return lambda: members.fill_pinyin(builders.call())


async def read_record(s):
    record_id = await s.recorded()
    return lambda: service_records.read_record(s.worker.call(), record_id)


CHANGES = {
    "members.fill_pinyin": fill_pinyin,
    "sheets.record_written": at_once(lambda s: sheets.record_written(s.worker.call(), written(s))),
    "self_reports.report_hours": at_once(reported),
    "self_reports._add_photo": add_photo,
    "reviews.find_signals": long_day,
    "reviews.decide_signal": decide_signal,
    "undos.ask_undo": asked_undo,
    "undos.decide_undo": decide_undo,
    "undos.work_on_next": work_on_next,
    "approvals.decide_waiting": decide,
    "corrections.correct_record": correct,
    "objections.open_objection": open_objection,
    "objections.close_objection": close_objection,
    "service_records.record_service": at_once(lambda s: s.recorded()),
}


READINGS = {
    "undos.undos": at_once(
        lambda s: undos.undos(s.worker.call(), station_id=None, target_id=None, **PAGE)
    ),
    "undos.read_undo": read_undo,
    "reviews.read_signal": read_signal,
    "reviews.review_signals": at_once(
        lambda s: reviews.review_signals(s.worker.call(), station_id=None, state=None, **PAGE)
    ),
    "self_reports.photos": photos,
    "self_reports._read_photo": read_photo,
    "members.find_members": at_once(
        lambda s: members.find_members(s.worker.call(), s.station.id, ["wxm"])
    ),
    "members.sheet_stations": at_once(lambda s: members.sheet_stations(s.worker.call())),
    "sheets.check_written": at_once(lambda s: sheets.check_written(s.worker.call(), written(s))),
    "objections.open_objections": at_once(
        lambda s: objections.open_objections(s.worker.call(), station_id=None, overdue=True, **PAGE)
    ),
    "objections.objections_of": at_once(
        lambda s: objections.objections_of(s.worker.call(), s.person.id, **PAGE)
    ),
    "service_records.records": at_once(
        lambda s: service_records.records(s.worker.call(), station_id=None, state=None, **PAGE)
    ),
    "service_records.records_of": at_once(
        lambda s: service_records.records_of(s.worker.call(), s.person.id, state=None, **PAGE)
    ),
    "service_records.read_record": read_record,
}
