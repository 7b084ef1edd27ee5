"""Stars and the ledger they follow from."""

import uuid
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_svc.domain.hours import hours_shown, minutes_of
from volunteer_svc.domain.ledger import Posting, post
from volunteer_svc.domain.policy import NATIONAL_STARS, Policies, Policy
from volunteer_svc.domain.star import next_star, star_changes, star_of
from volunteer_svc.domain.volunteer import Volunteer

POLICY = Policy(version="jilin-2021", valid_from=date(2021, 5, 6))
MINUTES = st.integers(0, 40_000)


@pytest.mark.rule("R6")
@pytest.mark.parametrize(("star", "threshold"), list(enumerate(POLICY.star_minutes, 1)))
def test_a_threshold_counts_itself_and_not_the_minute_before(star, threshold):
    assert star_of(threshold - 1, POLICY) == star - 1
    assert star_of(threshold, POLICY) == star
    assert star_of(threshold + 1, POLICY) == star


@pytest.mark.rule("R6")
def test_the_national_preset_has_its_own_thresholds():
    national = msgspec.structs.replace(POLICY, star_minutes=NATIONAL_STARS)
    assert [star_of(m, national) for m in (5_999, 6_000, 17_999, 18_000, 90_000)] == [0, 1, 1, 2, 5]


@given(MINUTES, MINUTES)
def test_more_minutes_never_mean_fewer_stars(a, b):
    low, high = sorted((a, b))
    assert star_of(low, POLICY) <= star_of(high, POLICY)


@given(MINUTES, MINUTES)
def test_every_star_between_is_won_or_lost_one_at_a_time(before, after):
    changes = star_changes(star_of(before, POLICY), before, after, POLICY)
    at = star_of(before, POLICY)
    for change in changes:
        assert change.from_star == at
        assert abs(change.to_star - change.from_star) == 1
        at = change.to_star
    assert at == star_of(after, POLICY)


@given(MINUTES)
def test_what_is_missing_for_the_next_star_is_exactly_enough(minutes):
    ahead = next_star(minutes, POLICY)
    if ahead is None:
        assert star_of(minutes, POLICY) == 5
    else:
        assert star_of(minutes + ahead.missing_minutes, POLICY) == ahead.star
        assert star_of(minutes + ahead.missing_minutes - 1, POLICY) == ahead.star - 1


def posting(delta):
    return Posting(
        id=uuid.uuid4(), record_id=uuid.uuid4(), kind="service", minutes_delta=delta,
        station_id=uuid.uuid4(), served_on=date(2026, 1, 1),
        entered_at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip


@given(st.lists(st.integers(1, 1440), max_size=60), st.data())
def test_the_total_is_the_sum_of_the_ledger_and_replay_gives_the_same(minutes, data):
    deltas = []
    for m in minutes:
        deltas.append(m)
        if data.draw(st.booleans()):
            deltas.append(-data.draw(st.integers(1, m)))
    volunteer = Volunteer(id=uuid.uuid4(), station_id=uuid.uuid4())
    star = 0
    for seq, delta in enumerate(deltas, 1):
        volunteer, entry, changes = post(volunteer, posting(delta), POLICY)
        assert (entry.seq, entry.balance) == (seq, volunteer.counted_minutes)
        star += sum(1 if change.promoted else -1 for change in changes)
    assert volunteer.counted_minutes == sum(deltas)
    assert volunteer.star == star == star_of(sum(deltas), POLICY)


def test_a_thousand_records_of_six_minutes_are_a_star():
    # As floats, 1 000 × 0.1 h add up to 99.9999999999986.
    volunteer = Volunteer(id=uuid.uuid4(), station_id=uuid.uuid4())
    promoted = []
    for _ in range(1_000):
        volunteer, _, changes = post(volunteer, posting(6), POLICY)
        promoted += changes
    assert (volunteer.star, len(promoted)) == (1, 1)


def test_the_policy_in_force_is_the_latest_not_after_the_day():
    later = msgspec.structs.replace(POLICY, version="later", valid_from=date(2027, 1, 1))
    assert Policies((POLICY, later)).on(date(2026, 12, 31)) == POLICY
    assert Policies((POLICY, later)).on(date(2027, 1, 1)) == later


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(0, "0.00"), (1, "0.01"), (59, "0.98"), (5_999, "99.98"), (6_000, "100.00")],
)
def test_hours_for_people_are_rounded_down(minutes, shown):
    assert hours_shown(minutes) == shown


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_decimal_hours_are_whole_minutes_or_nothing(hours):
    minutes = minutes_of(hours)
    if minutes is not None:
        assert minutes == hours * 60
