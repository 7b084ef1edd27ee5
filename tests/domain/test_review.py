"""Review signals: what each rule finds and what it leaves alone."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from volunteer_svc.domain.policy import GUIDELINE_STARS
from volunteer_svc.domain.review import Day, Entered, signals

STATION, SOMEBODY, RECORDER = uuid4(), uuid4(), uuid4()
DAY = date(2026, 11, 20)


def entry(**changes):
    fields = {
        "record_id": uuid4(), "volunteer_id": SOMEBODY, "station_id": STATION,
        "recorder_id": RECORDER, "served_on": DAY, "entered_on": DAY, "minutes": 60, "total": 1_000,
        "star_minutes": GUIDELINE_STARS, "of_staff": False,
    } | changes  # fmt: skip
    return Entered(**fields)


def rules(entries, days=()):
    return [signal.rule for signal in signals(entries, days)]


def test_five_equal_entries_that_reach_a_star_or_nearly_are_a_signal():
    def found(count, total):
        return rules([entry(total=total) for _ in range(count)])

    assert found(5, 6_000) == ["equal_below_star"]
    assert found(5, 5_400) == ["equal_below_star"]
    assert found(5, 5_399) == []
    assert found(4, 6_000) == []
    assert found(5, 6_300) == []  # the star was there before them
    (signal,) = signals([entry(total=6_000) for _ in range(5)], ())
    assert (signal.volunteer_id, signal.recorder_id, len(signal.record_ids)) == (
        SOMEBODY, RECORDER, 5,
    )  # fmt: skip


def test_unequal_entries_or_those_of_several_recorders_are_none():
    assert rules([entry(total=6_000, minutes=60 + n) for n in range(5)]) == []
    assert rules([entry(total=6_000, recorder_id=uuid4()) for _ in range(5)]) == []


def test_who_enters_far_more_than_the_middle_of_the_recorders_is_one():
    others = [entry(recorder_id=UUID(int=n), volunteer_id=uuid4(), minutes=480) for n in range(2)]
    many = [entry(volunteer_id=uuid4(), minutes=480) for _ in range(7)]
    (signal,) = signals(others + many, ())
    assert (signal.rule, signal.facts) == ("recorder_outlier", {"minutes": 3_360, "median": 480})
    assert rules(others[:1] + many) == []
    assert rules(others + many[:6]) == []


def test_what_is_entered_long_after_its_date_is_one():
    assert rules([entry(served_on=DAY - timedelta(days=60))]) == []
    assert rules([entry(served_on=DAY - timedelta(days=61))]) == ["long_after_date"]


def test_hours_of_the_stations_own_staff_are_one_a_month():
    own = [entry(of_staff=True, entered_on=DAY.replace(day=d)) for d in (1, 2)]
    (signal,) = signals(own, ())
    assert (signal.rule, signal.facts["entries"]) == ("staff_volunteers", 2)


def test_a_day_of_more_than_ten_hours_or_at_three_stations_is_one():
    def day(minutes, stations=1):
        return Day(volunteer_id=SOMEBODY, served_on=DAY, station_id=STATION, minutes=minutes,
                   stations=stations, record_ids=[uuid4()])  # fmt: skip

    assert rules([], [day(600), day(60, 2)]) == []
    assert rules([], [day(601), day(60, 3)]) == ["improbable_day"] * 2
