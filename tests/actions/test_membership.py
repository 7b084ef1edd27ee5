"""Suspended, back, moved, gone and returned: when a day of service counts (R10)."""

from datetime import date, timedelta

import msgspec
import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events, hours, line, record
from tests.builders import NOW, TODAY
from volunteer_svc.actions import (
    registrations,
    service_records,
    transfer_proposals,
    transfers,
    volunteers,
)
from volunteer_svc.actions.registrations import Enrol
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.actions.transfer_proposals import AnswerProposal, ProposeTransfer
from volunteer_svc.actions.transfers import ConsentToMove, TransferVolunteer
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store import transfers as kept

CONSENT = ConsentToMove(given="signed", on=TODAY)


def day(n):
    """A call's moment, n days on."""
    return NOW + timedelta(days=n)


@pytest.fixture
async def desk(database):
    return await builders.staff("social_worker", (await builders.station()).id)


async def outcomes(worker, person, *days, now):
    lines = [line(person, served_on=d) for d in days]
    sheet = Sheet(station_id=worker.actor.station_id, entries=lines)
    told = await service_records.record_service(worker.call(now), sheet)
    return [outcome.outcome for outcome in told.outcomes]


@pytest.mark.rule("R10")
async def test_hours_count_only_on_days_on_which_the_person_was_active(desk):
    person = await builders.active(desk.actor.station_id)
    reason = WithReason(reason="违反服务准则")
    await volunteers.suspend(desk.call(), person.id, reason, None)
    await volunteers.reinstate(desk.call(day(3)), person.id, None)
    await volunteers.exit_volunteer(desk.call(day(5)), person.id, reason, None)
    days = [TODAY + timedelta(days=n) for n in (-1, 0, 2, 3, 5, 6)]
    told = await outcomes(desk, person, *days, now=day(8))
    # Before; the first and last day of the suspension; back; the day of exit; after it.
    assert told == ["counted", "refused", "refused", "counted", "counted", "refused"]
    names = [e["name"] for e in await events() if e["name"].startswith("volunteer.")]
    assert names[-3:] == ["volunteer.suspended", "volunteer.reinstated", "volunteer.exited"]


@pytest.mark.rule("R10")
@pytest.mark.rule("R3")
async def test_who_returns_is_the_same_person_with_a_new_registration(desk):
    person = await builders.active(desk.actor.station_id)
    await hours(desk, person.station_id, person, 6_000)
    await volunteers.exit_volunteer(desk.call(), person.id, WithReason(reason="外出务工"), None)
    again = msgspec.structs.replace(person.form, applied_on=TODAY + timedelta(days=40))
    request = Enrol(station_id=person.station_id, form=again, materials=builders.ALL_MATERIALS)
    back = await registrations.enrol_volunteer(desk.call(day(40)), request)
    assert (back.volunteer_id, back.member_no) == (person.id, person.member_no)
    assert back.registration_id != person.registration_id
    assert back.state == "registered"  # to be inducted anew
    assert await outcomes(desk, person, TODAY + timedelta(days=40), now=day(41)) == ["refused"]
    view = await volunteers.read_volunteer(desk.call(day(40)), person.id)
    assert (view.counted_minutes, view.star) == (6_000, 1)
    await assert_books_agree()


@pytest.mark.rule("R10")
async def test_a_transfer_takes_the_person_to_another_station_and_leaves_the_hours(desk):
    person, there = await builders.active(desk.actor.station_id), await builders.station()
    await hours(desk, person.station_id, person, 600)
    away = await builders.staff("social_worker", there.id)
    request = TransferVolunteer(to_station_id=there.id, reason="搬家", consent=CONSENT)
    view = await transfers.transfer_volunteer(desk.call(), person.id, request, None)
    assert (view.station_id, view.member_no) == (there.id, person.member_no)
    (event,) = await events("volunteer.transferred")
    assert (event["from_station_id"], event["station_id"]) == (
        str(person.station_id),
        str(there.id),
    )
    seen = await volunteers.read_volunteer(away.call(), person.id)
    assert (seen.state, seen.counted_minutes) == ("active", 600)
    with pytest.raises(Refusal, match="forbidden"):
        await volunteers.read_volunteer(desk.call(), person.id)
    (row,) = await kept.of(person.id)
    assert (row.consent_given, row.recorded_by) == ("signed", desk.actor.id)
    (counted,) = await record(away, there.id, line(person))
    assert counted.outcome == "counted"
    await assert_books_agree()


async def test_a_transfer_needs_consent_which_a_volunteer_gives_by_asking(desk):
    person, there = await builders.active(desk.actor.station_id), await builders.station()
    without = TransferVolunteer(to_station_id=there.id, reason="搬家")
    with pytest.raises(Refusal, match="consent_required"):
        await transfers.transfer_volunteer(desk.call(), person.id, without, None)
    tomorrow = ConsentToMove(given="spoken", on=TODAY + timedelta(days=1))
    early = TransferVolunteer(to_station_id=there.id, reason="搬家", consent=tomorrow)
    with pytest.raises(Refusal, match="date_in_future"):
        await transfers.transfer_volunteer(desk.call(), person.id, early, None)
    himself = await builders.signed_in(person.id)
    view = await transfers.transfer_volunteer(himself.call(), person.id, without, None)
    assert view.station_id == there.id
    (row,) = await kept.of(person.id)
    assert (row.consent_given, row.recorded_by) == ("himself", None)


async def test_nobody_is_moved_to_a_closed_station_or_after_he_left(desk):
    person = await builders.active(desk.actor.station_id)
    here = TransferVolunteer(to_station_id=person.station_id, reason="搬家", consent=CONSENT)
    with pytest.raises(Refusal, match="same_station"):
        await transfers.transfer_volunteer(desk.call(), person.id, here, None)
    nowhere = TransferVolunteer(to_station_id=person.id, reason="搬家", consent=CONSENT)
    with pytest.raises(Refusal, match="station_unknown"):
        await transfers.transfer_volunteer(desk.call(), person.id, nowhere, None)
    await volunteers.exit_volunteer(desk.call(), person.id, WithReason(reason="搬家"), None)
    there = await builders.station()
    gone = TransferVolunteer(to_station_id=there.id, reason="搬家", consent=CONSENT)
    with pytest.raises(Refusal, match="state_forbids"):
        await transfers.transfer_volunteer(desk.call(), person.id, gone, None)


async def test_a_volunteer_may_be_inducted_at_the_station_he_moved_to(desk):
    person, there = await builders.registered(desk.actor.station_id), await builders.station()
    request = TransferVolunteer(to_station_id=there.id, reason="搬家", consent=CONSENT)
    view = await transfers.transfer_volunteer(desk.call(), person.id, request, None)
    assert (view.state, view.induction_due_on) == ("registered", date(2027, 2, 20))


@pytest.mark.rule("R10")
async def test_a_proposed_transfer_moves_nobody_before_he_consents(desk):
    away, person = await builders.station(), await builders.active(desk.actor.station_id)
    himself = await builders.signed_in(person.id)
    ask = ProposeTransfer(to_station_id=away.id, reason="离家近")
    propose, answer = transfer_proposals.propose_transfer, transfer_proposals.answer_transfer
    first = await propose(desk.call(), person.id, ask)
    with pytest.raises(Refusal, match="transfer_proposed_already"):
        await propose(desk.call(), person.id, ask)
    for who in (desk, await builders.signed_in((await builders.active(away.id)).id)):
        with pytest.raises(Refusal, match="forbidden"):
            await answer(who.call(), first.id, AnswerProposal(answer="consented"))
    no = await answer(himself.call(), first.id, AnswerProposal(answer="refused", reason="太远"))
    assert (no.answer, no.answer_reason, no.transfer_id) == ("refused", "太远", None)
    with pytest.raises(Refusal, match="proposal_over"):
        await answer(himself.call(), first.id, AnswerProposal(answer="consented"))
    second = await propose(desk.call(), person.id, ask)
    arriving = await builders.staff("social_worker", away.id)
    for who in (desk, arriving):
        there = await transfer_proposals.open_proposals(
            who.call(), station_id=None, after=None, limit=9
        )
        assert [one.id for one in there] == [second.id], "both ends see it"
    await transfer_proposals.withdraw_proposal(desk.call(), second.id)
    third = await propose(desk.call(), person.id, ask)
    assert await events("volunteer.transferred") == []
    yes = await answer(himself.call(), third.id, AnswerProposal(answer="consented"))
    (made,) = await kept.of(person.id)
    assert (made.id, made.consent_given, made.recorded_by) == (yes.transfer_id, "himself", None)
    assert (await volunteers.read_volunteer(himself.call(), person.id)).station_id == away.id
    last = await propose(arriving.call(), person.id, ProposeTransfer(
        to_station_id=desk.actor.station_id, reason="原站缺人"))  # fmt: skip
    await volunteers.exit_volunteer(arriving.call(), person.id, WithReason(reason="外出"), None)
    told = await transfer_proposals.proposals_of(himself.call(), person.id)
    assert [one.answer for one in told] == ["refused", "withdrawn", "consented", "over"]
    with pytest.raises(Refusal, match="proposal_over"):
        await answer(himself.call(), last.id, AnswerProposal(answer="consented"))


async def test_staff_who_volunteer_answer_what_was_proposed_to_them_and_to_nobody_else(desk):
    person, other = [await builders.active(desk.actor.station_id) for _ in range(2)]
    himself = await builders.staff("social_worker", desk.actor.station_id, volunteer_id=person.id)
    ask = ProposeTransfer(to_station_id=(await builders.station()).id, reason="离家近")
    asked = [await transfer_proposals.propose_transfer(desk.call(), one.id, ask)
             for one in (person, other)]  # fmt: skip
    yes, answer = AnswerProposal(answer="consented"), transfer_proposals.answer_transfer
    assert (await answer(himself.call(), asked[0].id, yes)).answer == "consented"
    with pytest.raises(Refusal, match="forbidden"):
        await answer(himself.call(), asked[1].id, yes)
