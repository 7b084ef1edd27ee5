"""Complaints are heard by the head within three working days (R14)."""

from datetime import date, timedelta

import msgspec
import pytest

from tests import builders
from tests.actions.world import events
from tests.builders import NOW, TODAY
from volunteer_svc.actions import complaint_files, complaints, erasures, evaluations, exports
from volunteer_svc.actions.complaints import CloseComplaint, Complain, NoteContact
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.evaluations import Evaluate
from volunteer_svc.actions.export_tables import tables_of
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.events import ComplaintClosed, ComplaintOpened, StarPromoted
from volunteer_svc.store.database import fetch

LATE = Complain(direction="about", text="李奶奶来电:王小明迟到")
CALLED = NoteContact(contact="call", on=TODAY, words="已致电了解")
FOUNDED = CloseComplaint(
    outcome="founded", words="属实,已提醒", evaluation=Evaluate(grade=2, words="迟到")
)


def on_day(request, day):
    return msgspec.structs.replace(request, on=day)


class Scene:
    async def set(self):
        self.station = await builders.station()
        self.worker = await builders.staff("social_worker", self.station.id)
        self.head = await builders.staff("station_head", self.station.id)
        self.person = await builders.active(self.station.id)
        self.himself = await builders.signed_in(self.person.id)
        return self

    async def opened(self):
        return await complaints.open_complaint(self.worker.call(), self.person.id, LATE)

    async def waiting(self, days=0, *, overdue=False):
        there = self.head.call(NOW + timedelta(days=days))
        return await complaints.open_complaints(
            there, station_id=None, overdue=overdue, after=None, limit=9
        )


@pytest.fixture
async def scene(database):
    return await Scene().set()


@pytest.mark.rule("R14")
async def test_who_complained_is_heard_within_three_working_days_or_it_shows(scene):
    view = await scene.opened()
    # Friday 20 November: Monday, Tuesday, Wednesday.
    assert (view.due_on, view.overdue, view.calendar) == (date(2026, 11, 25), False, None)
    assert await scene.waiting(5, overdue=True) == []
    (late,) = await scene.waiting(6, overdue=True)
    assert late.overdue
    with pytest.raises(Refusal, match="contact_missing"):
        await complaints.close_complaint(scene.head.call(), view.id, FOUNDED)
    heard = on_day(CALLED, TODAY + timedelta(days=6))
    with pytest.raises(Refusal, match="date_in_future"):
        await complaints.note_contact(scene.head.call(), view.id, heard)
    then = scene.head.call(NOW + timedelta(days=6))
    noted = await complaints.note_contact(then, view.id, heard)
    assert noted.overdue  # heard, but late
    with pytest.raises(Refusal, match="contact_noted"):
        await complaints.note_contact(then, view.id, heard)
    await complaints.close_complaint(then, view.id, FOUNDED)
    (event,) = await events("complaint.closed")
    assert event["overdue"]


@pytest.mark.rule("R14")
async def test_the_outcome_may_count_in_the_evaluation(scene):
    view = await scene.opened()
    await complaints.note_contact(scene.head.call(), view.id, CALLED)
    closed = await complaints.close_complaint(scene.head.call(), view.id, FOUNDED)
    assert (closed.outcome, closed.outcome_words) == ("founded", "属实,已提醒")
    assert not closed.overdue
    (judged,) = await evaluations.evaluations_of(
        scene.head.call(), scene.person.id, after=None, limit=9
    )
    assert (judged.grade, judged.complaint_id) == (2, view.id)
    with pytest.raises(Refusal, match="complaint_closed"):
        await complaints.close_complaint(scene.head.call(), view.id, FOUNDED)
    assert await scene.waiting() == []


async def test_what_was_said_is_sealed_and_events_name_nobody(scene):
    view = await scene.opened()
    await complaints.note_contact(scene.head.call(), view.id, CALLED)
    await complaints.close_complaint(scene.head.call(), view.id, FOUNDED)
    row = str(await fetch("SELECT * FROM complaint")) + str(
        [bytes(v) for r in await fetch("SELECT text_sealed FROM complaint") for v in r]
    )
    assert "王小明" not in row
    assert "王小明".encode().hex() not in row
    told = await fetch("SELECT * FROM outbox WHERE name LIKE 'complaint.%' ORDER BY id")
    assert [(one["subject"], one["subject_version"]) for one in told] == [
        (f"complaint/{view.id}", 1), (f"complaint/{view.id}", 2),
    ]  # fmt: skip
    assert str(scene.person.id) not in str(told)
    assert {ComplaintOpened.SCOPE, ComplaintClosed.SCOPE} == {"events:sensitive"}
    assert StarPromoted.SCOPE == "events:read"


@pytest.mark.rule("R14")
async def test_only_heads_handle_complaints_and_nobody_his_own(scene):
    view = await scene.opened()
    elsewhere = await builders.staff("station_head", (await builders.station()).id)
    for who in (scene.worker, elsewhere, scene.himself):
        with pytest.raises(Refusal, match="forbidden"):
            await complaints.note_contact(who.call(), view.id, CALLED)
    as_staff = await builders.staff("deputy_head", scene.station.id, volunteer_id=scene.person.id)
    with pytest.raises(Refusal, match="own_complaint"):
        await complaints.note_contact(as_staff.call(), view.id, CALLED)
    (seen,) = await complaints.open_complaints(
        as_staff.call(), station_id=None, overdue=False, after=None, limit=9
    )
    assert (seen.id, seen.text) == (view.id, None), "nor does he read who complained of him"
    (kept,) = await complaint_files.complaints_of(as_staff.call(), scene.person.id)
    assert (kept.id, kept.text) == (view.id, None)


async def test_a_volunteer_complains_himself_and_reads_only_what_he_said(scene):
    await scene.opened()
    with pytest.raises(Refusal, match="own_complaint"):
        await complaints.open_complaint(scene.himself.call(), scene.person.id, LATE)
    own = Complain(direction="by", text="没有安排岗前说明")
    await complaints.open_complaint(scene.himself.call(), scene.person.id, own)
    (read,) = await complaints.complaints_by(
        scene.himself.call(), scene.person.id, after=None, limit=9
    )
    assert (read.direction, read.text) == ("by", "没有安排岗前说明")
    assert len(await scene.waiting()) == 2


async def test_a_complaint_taken_back_needs_no_hearing(scene):
    view = await scene.opened()
    early = on_day(CALLED, TODAY - timedelta(days=1))
    with pytest.raises(Refusal, match="date_before_complaint"):
        await complaints.note_contact(scene.head.call(), view.id, early)
    request = CloseComplaint(outcome="withdrawn", words="来电撤回")
    closed = await complaints.close_complaint(scene.head.call(), view.id, request)
    assert (closed.outcome, closed.overdue) == ("withdrawn", False)


async def test_an_export_holds_his_own_complaints_and_an_erasure_leaves_no_words(scene):
    await scene.opened()
    own = Complain(direction="by", text="没有安排岗前说明")
    await complaints.open_complaint(scene.himself.call(), scene.person.id, own)
    export = await exports.export_person(scene.himself.call(), scene.person.id, AskExport())
    assert [one.text for one in export.life.complaints] == ["没有安排岗前说明"]
    page = str(tables_of(export, "zh-CN"))
    assert "没有安排岗前说明" in page
    assert "export." not in page
    asked = await erasures.ask_erasure(
        scene.himself.call(), scene.person.id, AskErasure(reason="本人申请")
    )
    county = await builders.staff("county")
    decide = DecideErasure(decision="approve", reason="本人申请")
    await erasures.decide_erasure(county.call(), asked.id, decide)
    assert {bytes(row["text_sealed"]) for row in await fetch("SELECT * FROM complaint")} == {b""}
    assert await scene.waiting() == [], "nobody can be called back any more"
