"""Honours from outside, with evidence (R8); evaluations of service."""

from datetime import timedelta

import msgspec
import pytest

from tests import builders
from tests.actions.plans import END, START, published, signs_up
from tests.actions.world import assert_books_agree, events, hours, line, record
from tests.builders import TODAY
from volunteer_svc.actions import awards, check_ins, evaluations
from volunteer_svc.actions.awards import CloseNomination, Nominate, RecordAward, RevokeAward
from volunteer_svc.actions.check_ins import CheckInRequest, CheckOutRequest
from volunteer_svc.actions.evaluations import Evaluate, EvaluateActivity, Judgement
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import execute

HONOUR = Nominate(
    honour="优秀志愿者", awarding_body="省民政厅", reason="时数最多", evidence_reference="推荐表7"
)


def granted(**changes):
    fields = {"name": "优秀志愿者", "granted_by": "省民政厅", "granted_on": TODAY,
              "evidence_reference": "证书 2026-1"}  # fmt: skip
    return RecordAward(**fields | changes)


@pytest.fixture
async def head(database):
    return await builders.staff("station_head", (await builders.station()).id)


@pytest.mark.rule("R8")
async def test_the_station_nominates_on_the_ground_of_the_hours_and_records_what_came_of_it(head):
    person = await builders.active(head.actor.station_id)
    worker = await builders.staff("social_worker", head.actor.station_id)
    await hours(worker, person.station_id, person, 900)
    with pytest.raises(Refusal, match="forbidden"):
        await awards.nominate(worker.call(), person.id, HONOUR)
    nomination = await awards.nominate(head.call(), person.id, HONOUR)
    assert nomination.counted_minutes == 900
    with pytest.raises(Refusal, match="nominated_already"):
        await awards.nominate(head.call(), person.id, HONOUR)
    request = granted(nomination_id=nomination.id)
    award = await awards.record_award(head.call(), person.id, request)
    with pytest.raises(Refusal, match="nomination_closed"):
        await awards.record_award(head.call(), person.id, request)
    (listed,) = await awards.nominations(head.call(), station_id=None, after=None, limit=9)
    assert listed.state == "awarded"
    revoked = await awards.revoke_award(head.call(), award.id, RevokeAward(reason="误记"))
    assert revoked.revoked_on == TODAY
    with pytest.raises(Refusal, match="award_revoked"):
        await awards.revoke_award(head.call(), award.id, RevokeAward(reason="误记"))
    (told, taken_back) = [e for e in await events() if e["name"].startswith("award.")]
    assert told["nomination_id"] == str(nomination.id)
    assert (taken_back["name"], taken_back["award_id"]) == ("award.revoked", str(award.id))
    himself = await builders.signed_in(person.id)
    assert [one.id for one in await awards.awards_of(himself.call(), person.id)] == [award.id]
    await assert_books_agree()


@pytest.mark.rule("R8")
async def test_awards_are_of_the_past_of_this_volunteer_and_not_ones_own(head):
    person, other = [await builders.active(head.actor.station_id) for _ in range(2)]
    request = granted(granted_on=TODAY + timedelta(days=1))
    with pytest.raises(Refusal, match="date_in_future"):
        await awards.record_award(head.call(), person.id, request)
    nomination = await awards.nominate(head.call(), person.id, HONOUR)
    request = granted(nomination_id=nomination.id)
    with pytest.raises(Refusal, match="nomination_unknown"):
        await awards.record_award(head.call(), other.id, request)
    closed = await awards.close_nomination(
        head.call(), nomination.id, CloseNomination(outcome="withdrawn")
    )
    assert closed.state == "withdrawn"
    with pytest.raises(Refusal, match="nomination_closed"):
        await awards.close_nomination(
            head.call(), nomination.id, CloseNomination(outcome="withdrawn")
        )
    himself = await builders.staff("deputy_head", head.actor.station_id, volunteer_id=person.id)
    with pytest.raises(Refusal, match="own_award"):
        await awards.nominate(himself.call(), person.id, HONOUR)


async def test_service_is_judged_with_a_grade_by_others_and_a_poor_one_says_why(head):
    person = await builders.active(head.actor.station_id)
    (told,) = await record(head, person.station_id, line(person))
    with pytest.raises(Refusal, match="words_required"):
        await evaluations.evaluate_record(head.call(), told.record_id, Evaluate(grade=2))
    await evaluations.evaluate_record(head.call(), told.record_id, Evaluate(grade=5))
    himself = await builders.signed_in(person.id)
    (read,) = await evaluations.evaluations_of(himself.call(), person.id, after=None, limit=9)
    assert (read.grade, read.evaluated_on, read.record_id) == (5, TODAY, told.record_id)
    with pytest.raises(Refusal, match="forbidden"):
        await evaluations.evaluate_record(himself.call(), told.record_id, Evaluate(grade=5))
    as_staff = await builders.staff("social_worker", head.actor.station_id, volunteer_id=person.id)
    with pytest.raises(Refusal, match="own_evaluation"):
        await evaluations.evaluate_record(as_staff.call(), told.record_id, Evaluate(grade=5))


async def test_everybody_who_served_at_an_activity_is_judged_at_once_or_nobody(head):
    worker = await builders.staff("social_worker", head.actor.station_id)
    people = [await builders.active(head.actor.station_id) for _ in range(2)]
    activity = await published(worker, head.actor.station_id)
    entries = []
    for person in people:
        await signs_up(worker, activity, person)
        who = {"volunteer_id": person.id}
        await check_ins.check_in(worker.call(START), activity.id, CheckInRequest(**who))
        done = await check_ins.check_out(worker.call(END), activity.id, CheckOutRequest(**who))
        entries.append(Judgement(record_id=done.check_in.record_id, grade=5))
    judge, now = evaluations.evaluate_activity, head.call(END)
    (other,) = await record(head, activity.station_id, line(people[0]))
    for bad, code in (
        (Judgement(record_id=other.record_id, grade=5), "not_of_activity"),
        (Judgement(record_id=entries[1].record_id, grade=1), "words_required"),
    ):
        with pytest.raises(Refusal, match=code) as refused:
            await judge(now, activity.id, EvaluateActivity(entries=[entries[0], bad]))
        assert refused.value.faults[0].field.startswith("entries[1].")
    himself = await builders.staff("station_head", activity.station_id, volunteer_id=people[1].id)
    with pytest.raises(Refusal, match="own_evaluation"):
        await judge(himself.call(END), activity.id, EvaluateActivity(entries=entries))
    assert len(await judge(now, activity.id, EvaluateActivity(entries=entries))) == 2
    assert await judge(now, activity.id, EvaluateActivity(entries=entries)) == []
    (one,) = await evaluations.activities_served(
        head.call(END), station_id=None, before=None, limit=9
    )
    assert (one.activity_id, one.records, one.evaluated) == (activity.id, 2, 2)
    await execute("UPDATE volunteer SET erased_on = $2 WHERE id = $1", people[1].id, TODAY)
    anew = [msgspec.structs.replace(entry, grade=4) for entry in entries]
    with pytest.raises(Refusal, match="state_forbids") as refused:
        await judge(now, activity.id, EvaluateActivity(entries=anew))
    assert [fault.field for fault in refused.value.faults] == ["entries[1].grade"], "who was erased"
    assert len(await judge(now, activity.id, EvaluateActivity(entries=anew[:1]))) == 1
