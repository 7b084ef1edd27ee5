"""Review signals: found once, decided by somebody else than who entered."""

from datetime import timedelta

import pytest

from tests import builders
from tests.actions.world import hours, line, record
from tests.builders import TODAY
from volunteer_svc.actions import corrections, reviews, undos
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.reviews import DecideSignal
from volunteer_svc.actions.undos import AskUndo
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import fetch

LIST = {"station_id": None, "state": "open", "after": None, "limit": 20}
NOTHING = DecideSignal(reason="签到表属实")


@pytest.fixture
async def here(database):
    """A station where five equal entries reach a star, on signed sheets or not."""
    home = await builders.station()
    first, second = [await builders.staff("social_worker", home.id) for _ in range(2)]
    person = await builders.active(home.id)
    await hours(second, home.id, person, 5_900)
    lines = [line(person, served_on=TODAY - timedelta(days=n), minutes=40) for n in range(5)]
    outcomes = await record(first, home.id, *lines)
    assert (await reviews.find_signals(builders.call())).new >= 1
    return first, second, person, [o.record_id for o in outcomes]


async def signal_of(recorder, who):
    """The hours that made the total are a batch of equal entries, too: of somebody else."""
    (found,) = [
        s for s in await reviews.review_signals(who.call(), **LIST)
        if (s.rule, s.recorder_id) == ("equal_below_star", recorder.actor.id)
    ]  # fmt: skip
    return found


async def test_a_signal_names_its_rule_and_records_and_is_found_once(here):
    first, second, person, record_ids = here
    found = await signal_of(first, second)
    assert (found.volunteer_id, found.recorder_id) == (person.id, first.actor.id)
    assert sorted(found.record_ids) == sorted(record_ids)
    assert found.facts == {"entries": 5, "minutes": 40, "star_minutes": 6_000}
    assert (await reviews.find_signals(second.call())).new == 0
    elsewhere = await builders.staff("station_head", (await builders.station()).id)
    assert await reviews.review_signals(elsewhere.call(), **LIST) == []
    with pytest.raises(Refusal, match="forbidden"):
        await reviews.decide_signal(elsewhere.call(), found.id, NOTHING)


async def test_who_entered_does_not_decide_and_a_dismissed_one_stays_so(here):
    first, second, _, _ = here
    found = await signal_of(first, second)
    with pytest.raises(Refusal, match="second_person_required"):
        await reviews.decide_signal(first.call(), found.id, NOTHING)
    done = await reviews.decide_signal(second.call(), found.id, NOTHING)
    assert (done.state, done.reason) == ("dismissed", "签到表属实")
    with pytest.raises(Refusal, match="not_waiting"):
        await reviews.decide_signal(second.call(), found.id, NOTHING)
    assert (await reviews.find_signals(second.call())).new == 0


async def test_an_act_names_the_correction_or_the_undo_of_its_records(here):
    first, second, person, record_ids = here
    found = await signal_of(first, second)
    (other,) = await record(second, person.station_id, line(person, minutes=20))
    mend = Correct(minutes=1, reason="核对")
    wrong = await corrections.correct_record(second.call(), other.record_id, mend)
    right = await corrections.correct_record(second.call(), record_ids[0], mend)
    for ids in ({"correction_id": wrong.correction_id}, {"undo_id": other.record_id}):
        with pytest.raises(Refusal, match="signal_elsewhere"):
            await reviews.decide_signal(second.call(), found.id, DecideSignal(reason="x", **ids))
    (sheet,) = await fetch("SELECT sheet_id FROM service_record WHERE id = $1", record_ids[0])
    wish = AskUndo(kind="sheet", target_id=sheet["sheet_id"], reason="无签到表")
    undo = await undos.ask_undo(second.call(), wish)
    both = DecideSignal(reason="x", undo_id=undo.id, correction_id=right.correction_id)
    with pytest.raises(Refusal, match="signal_elsewhere"):
        await reviews.decide_signal(second.call(), found.id, both)
    acted = DecideSignal(reason="无签到表", undo_id=undo.id)
    assert (await reviews.decide_signal(second.call(), found.id, acted)).state == "acted"


async def test_a_signal_refuses_nothing(here):
    _, second, person, _ = here
    (outcome,) = await record(second, person.station_id, line(person, minutes=30))
    assert outcome.outcome == "counted"
