"""Who may come to an activity, and who moves up: the rules alone."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_svc.domain.activity import (
    Activity,
    Candidate,
    Repeat,
    gate_faults,
    moving_up,
    occurrences,
    open_fault,
    window_faults,
)
from volunteer_svc.domain.calendar import BUSINESS_ZONE
from volunteer_svc.domain.service_record import Window
from volunteer_svc.domain.topics import missing_topics
from volunteer_svc.domain.volunteer import Registration, Suspension, Volunteer

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
STATION = uuid4()


def activity(**changes):
    fields = {
        "id": uuid4(), "station_id": STATION, "state": "published", "kind": "elder_care",
        "form": "community_activity", "title": "敬老", "capacity": 3, "created_by": uuid4(),
        "started_at": NOW + timedelta(days=2), "ended_at": NOW + timedelta(days=2, hours=2),
        "created_at": NOW,
    } | changes  # fmt: skip
    return Activity(**fields)


def candidate(birth_date=date(1990, 5, 1), **changes):
    enrolment = Registration(
        id=uuid4(), station_id=STATION, applied_on=date(2025, 1, 1), expires_on=date(2025, 6, 1),
        registered_on=date(2025, 1, 1), induction_due_on=date(2025, 4, 1),
        attended_on=date(2025, 1, 2), inducted_on=date(2025, 1, 2),
    )  # fmt: skip
    who = Volunteer(id=uuid4(), station_id=STATION, registrations=(enrolment,))
    fields = {
        "volunteer": who, "birth_date": birth_date, "guardian_consents": True,
        "held_topics": frozenset(),
    } | changes  # fmt: skip
    return Candidate(**fields)


def codes(one, who):
    return [fault.code for fault in gate_faults(one, who, TODAY)]


def test_an_active_adult_may_come():
    assert codes(activity(), candidate()) == []


@pytest.mark.rule("R4")
def test_who_lacks_a_required_topic_is_not_signed_up():
    wanted = activity(required_topics=("first_aid", "dementia"))
    assert codes(wanted, candidate(held_topics=frozenset({"dementia"}))) == ["topics_missing"]
    (fault,) = gate_faults(wanted, candidate(held_topics=frozenset({"dementia"})), TODAY)
    assert fault.params == {"topics": "first_aid"}
    assert codes(wanted, candidate(held_topics=frozenset({"dementia", "first_aid"}))) == []
    assert missing_topics(("a", "b"), {"b", "c"}) == ["a"]


@pytest.mark.rule("R18")
def test_a_minor_on_the_day_never_comes_to_what_is_hazardous():
    """18 is reached at 00:00 Shanghai on the birthday."""
    day = activity().held_on
    eve, birthday = candidate(day.replace(year=day.year - 18) + timedelta(days=1)), None
    birthday = candidate(day.replace(year=day.year - 18))
    assert codes(activity(hazardous=True), eve) == ["hazardous_for_minors"]
    assert codes(activity(hazardous=True), birthday) == []


@pytest.mark.rule("R18")
def test_a_minor_comes_only_with_the_guardians_consent():
    minor = candidate(date(2010, 1, 1), guardian_consents=False)
    assert codes(activity(), minor) == ["guardian_consent_missing"]
    assert codes(activity(), candidate(date(2010, 1, 1))) == []
    assert codes(activity(), candidate(guardian_consents=False)) == []


def test_the_minimum_age_is_that_of_the_day_in_shanghai():
    midnight = datetime(2026, 11, 22, 0, 0, tzinfo=BUSINESS_ZONE)
    window = {"started_at": midnight, "ended_at": midnight + timedelta(hours=1)}
    assert codes(activity(minimum_age=16, **window), candidate(date(2010, 11, 22))) == []
    early = midnight - timedelta(minutes=1)
    window = {"started_at": early, "ended_at": midnight}
    assert codes(activity(minimum_age=16, **window), candidate(date(2010, 11, 22))) == [
        "too_young_on_the_day"
    ]


def test_who_is_suspended_or_has_left_does_not_come():
    base = candidate()
    away = msgspec.structs.replace(base.volunteer, suspensions=(Suspension(date(2026, 11, 1)),))
    assert codes(activity(), candidate(volunteer=away)) == ["volunteer_not_active"]
    over = msgspec.structs.replace(base.volunteer.registrations[0], ended_on=date(2026, 11, 1))
    left = msgspec.structs.replace(base.volunteer, registrations=(over,))
    assert codes(activity(), candidate(volunteer=left)) == ["volunteer_not_active"]


def test_nobody_signs_up_before_publication_after_the_start_or_once_it_is_cancelled():
    assert open_fault(activity(), NOW) is None
    assert open_fault(activity(state="planned"), NOW).code == "activity_not_published"
    assert open_fault(activity(state="cancelled"), NOW).code == "activity_cancelled"
    one = activity()
    assert open_fault(one, one.started_at - timedelta(microseconds=1)) is None
    assert open_fault(one, one.started_at).code == "signup_after_start"


def test_an_activity_ends_after_it_starts_within_a_day_and_is_still_to_come():
    start = NOW + timedelta(days=1)

    def found(started_at, ended_at):
        return [fault.code for fault in window_faults(started_at, ended_at, NOW)]

    assert found(start, start + timedelta(hours=24)) == []
    assert found(start, start) == ["end_not_after_start"]
    assert found(start, start - timedelta(hours=1)) == ["end_not_after_start"]
    assert found(start, start + timedelta(hours=24, minutes=1)) == ["longer_than_a_day"]
    assert found(NOW, NOW + timedelta(hours=1)) == ["activity_in_past"]
    far = NOW + timedelta(days=4_000)
    assert found(far, far + timedelta(hours=1)) == ["date_out_of_range"]
    assert found(start + timedelta(seconds=1), start + timedelta(hours=1)) == ["not_whole_minutes"]


def test_a_series_keeps_its_hour_and_a_month_its_last_day():
    start = datetime(2026, 12, 31, 9, 0, tzinfo=BUSINESS_ZONE)
    first = Window(start, start + timedelta(hours=2))
    months = occurrences(first, Repeat(every="month", count=4))
    assert [w.started_at.astimezone(BUSINESS_ZONE).date() for w in months] == [
        date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31),
    ]  # fmt: skip
    assert {w.started_at.astimezone(BUSINESS_ZONE).hour for w in months} == {9}
    assert {w.ended_at - w.started_at for w in months} == {timedelta(hours=2)}
    weeks = occurrences(first, Repeat(every="week", count=3, interval=2))
    assert [w.started_at - start for w in weeks] == [timedelta(weeks=n) for n in (0, 2, 4)]
    assert occurrences(first, None) == [first]


@given(st.lists(st.booleans(), max_size=12), st.integers(0, 6))
def test_the_free_places_go_to_the_first_of_those_who_may_come(able, free):
    waiting = [candidate(guardian_consents=ok, birth_date=date(2010, 1, 1)) for ok in able]
    chosen = moving_up(activity(), waiting, free, TODAY)
    may = [c.volunteer.id for c, ok in zip(waiting, able, strict=True) if ok]
    assert chosen == may[:free]
