"""What counts, what waits, what is refused."""

import uuid
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.approval import Item, decision_fault
from volunteer_svc.domain.calendar import WorkCalendar, local_instant
from volunteer_svc.domain.correction import Standing, decide_correction
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.policy import Policy
from volunteer_svc.domain.service_record import (
    Book,
    Counted,
    Entry,
    Recorder,
    Refused,
    Waiting,
    Window,
    decide_sheet,
)
from volunteer_svc.domain.sheet import SheetLine, paper_stint, stint
from volunteer_svc.domain.volunteer import Registration, Volunteer

POLICY = Policy(version="jilin-2021", valid_from=date(2021, 5, 6))
CALENDAR = WorkCalendar.of({date(2026, 1, 1): False})
NOW = datetime(2026, 6, 15, 4, 0, tzinfo=UTC)
TODAY = date(2026, 6, 15)
STATION = uuid.uuid4()
REGISTRATION = Registration(
    id=uuid.uuid4(), station_id=STATION, applied_on=date(2026, 1, 1),
    expires_on=date(2026, 6, 30), registered_on=date(2026, 1, 1),
    induction_due_on=date(2026, 4, 1), attended_on=date(2026, 2, 1), inducted_on=date(2026, 2, 1),
)  # fmt: skip
VOLUNTEER = Volunteer(id=uuid.uuid4(), station_id=STATION, registrations=(REGISTRATION,))


def window(day, start, end):
    return Window(local_instant(day, start), local_instant(day, end))


def entry(minutes=60, **changes):
    plain = {"volunteer_id": VOLUNTEER.id, "station_id": STATION, "served_on": TODAY,
             "minutes": minutes, "evidence": "staff"}  # fmt: skip
    return Entry(**plain | changes)


def decide(*entries, recorder=None, volunteer=VOLUNTEER, now=NOW, taken=0):
    book = Book({volunteer.id: volunteer}, {}, {(volunteer.id, TODAY): taken} if taken else {})
    return decide_sheet(
        entries, book, recorder=Recorder(recorder), now=now, policy=POLICY, calendar=CALENDAR
    )


def codes(decision):
    assert isinstance(decision, Refused)
    return [fault.code for fault in decision.faults]


def test_hours_of_a_signed_sheet_count_at_once():
    assert decide(entry()) == [Counted(late=False)]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (480, Counted()),
        (481, Waiting("station", "day_over_direct")),
        (720, Waiting("station", "day_over_direct")),
        (721, Waiting("county", "day_over_max")),
    ],
)
def test_above_eight_hours_a_day_a_second_person_above_twelve_the_county(minutes, expected):
    assert decide(entry(minutes)) == [expected]


def test_an_entry_waits_whole_when_the_day_goes_over():
    assert decide(entry(300), entry(200)) == [Counted(), Waiting("station", "day_over_direct")]


def test_waiting_minutes_belong_to_the_measure_of_the_day():
    first, second = decide(entry(500), entry(300))
    assert (first, second) == (
        Waiting("station", "day_over_direct"), Waiting("county", "day_over_max"),
    )  # fmt: skip


def test_self_reports_and_historical_hours_always_wait():
    own = entry(10, evidence="self")
    old = entry(10, evidence="historical", evidence_reference="照片")
    assert decide(own) == [Waiting("station", "evidence_self")]
    assert decide(old) == [Waiting("station", "evidence_historical")]


def test_hours_before_induction_are_refused_and_the_very_day_counts():
    before, on = date(2026, 1, 31), date(2026, 2, 1)
    assert codes(decide(entry(served_on=before, late_reason="补录"))[0]) == ["not_inducted"]
    assert decide(entry(served_on=on, late_reason="补录")) == [Counted(late=True)]


def test_historical_hours_may_lie_before_induction_with_a_reference():
    old = entry(served_on=date(2025, 1, 1), evidence="historical", late_reason="补录")
    assert codes(decide(old)[0]) == ["evidence_reference_required"]
    referenced = msgspec.structs.replace(old, evidence_reference="2025年台账第3页")
    assert decide(referenced) == [
        # The holiday table does not reach 2025: the plain week was taken, and that is said.
        Waiting("station", "evidence_historical", late=True, approximate=True)
    ]


def test_who_was_never_inducted_has_no_hours():
    nobody = Volunteer(id=VOLUNTEER.id, station_id=STATION)
    assert codes(decide(entry(), volunteer=nobody)[0]) == ["not_inducted"]


def test_hours_outside_an_active_period_are_refused():
    gone = msgspec.structs.replace(
        VOLUNTEER,
        registrations=(msgspec.structs.replace(REGISTRATION, ended_on=date(2026, 6, 1)),),
    )
    assert codes(decide(entry(), volunteer=gone)[0]) == ["not_active_on_date"]


def test_an_unknown_volunteer_is_refused():
    assert codes(decide(entry(volunteer_id=uuid.uuid4()))[0]) == ["volunteer_unknown"]
    assert codes(decide(entry(volunteer_id=None))[0]) == ["volunteer_unknown"]


def test_two_stints_at_one_time_are_refused_and_touching_ones_are_not():
    morning = entry(120, window=window(TODAY, 540, 660))
    noon = entry(60, window=window(TODAY, 660, 720))
    inside = entry(30, window=window(TODAY, 600, 630))
    first, second, third = decide(morning, noon, inside)
    assert (first, second) == (Counted(), Counted())
    assert codes(third) == ["overlapping_service"]


def test_a_bad_entry_spoils_no_other():
    outcomes = decide(entry(0), entry(60), entry(volunteer_id=None), entry(60))
    assert [type(o) for o in outcomes] == [Refused, Counted, Refused, Counted]


@pytest.mark.parametrize("minutes", [0, -1, 1441, 10**9])
def test_minutes_lie_between_one_and_a_day(minutes):
    assert "minutes_out_of_range" in codes(decide(entry(minutes))[0])


def test_the_future_is_refused_to_the_minute():
    future = Window(NOW - timedelta(hours=1), NOW + timedelta(minutes=1))
    assert codes(decide(entry(window=future))[0]) == ["service_in_future"]
    past = Window(NOW - timedelta(hours=1), NOW)
    assert decide(entry(window=past)) == [Counted()]
    assert codes(decide(entry(served_on=TODAY + timedelta(days=1)))[0]) == ["service_in_future"]
    assert codes(decide(entry(served_on=date.max))[0]) == ["service_in_future"]


@pytest.mark.rule("R15")
def test_late_is_after_ten_working_days_and_needs_a_reason():
    # Monday 1 June 2026 plus ten working days is Monday 15 June.
    assert decide(entry(served_on=date(2026, 6, 1))) == [Counted(late=False)]
    late = entry(served_on=date(2026, 5, 29))
    assert codes(decide(late)[0]) == ["late_reason_required"]
    assert decide(msgspec.structs.replace(late, late_reason="补录")) == [Counted(late=True)]


def test_nobody_enters_staff_or_historical_hours_for_himself():
    assert codes(decide(entry(), recorder=VOLUNTEER.id)[0]) == ["own_hours"]
    own = entry(evidence="self")
    assert decide(own, recorder=VOLUNTEER.id) == [Waiting("station", "evidence_self")]


@given(st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_what_counts_at_once_never_exceeds_the_direct_limit_of_a_day(minutes):
    decisions = decide(*(entry(m) for m in minutes))
    counted = sum(m for m, d in zip(minutes, decisions, strict=True) if isinstance(d, Counted))
    assert counted <= POLICY.day_minutes_direct


# Times as written

AT = datetime(2026, 6, 14, 1, 0, tzinfo=UTC)


def test_a_record_belongs_to_the_local_day_of_its_start():
    late_evening = datetime(2025, 12, 31, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    taken = stint(SheetLine(started_at=late_evening, ended_at=late_evening + timedelta(hours=3)))
    assert not isinstance(taken, Fault)
    assert (taken.served_on, taken.minutes) == (date(2025, 12, 31), 180)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (SheetLine(), "service_time_missing"),
        (SheetLine(started_at=AT), "service_time_missing"),
        (SheetLine(served_on=TODAY), "service_time_missing"),
        (SheetLine(served_on=TODAY, minutes=60, hours="1"), "service_time_ambiguous"),
        (SheetLine(started_at=AT, ended_at=AT, minutes=5), "service_time_ambiguous"),
        (SheetLine(served_on=TODAY, minutes=60, break_minutes=5), "service_time_ambiguous"),
        (SheetLine(started_at=AT, ended_at=AT), "end_not_after_start"),
        (SheetLine(started_at=AT, ended_at=AT - timedelta(hours=1)), "end_not_after_start"),
        (SheetLine(started_at=AT, ended_at=AT + timedelta(minutes=1441)), "longer_than_a_day"),
        (SheetLine(started_at=AT, ended_at=AT + timedelta(seconds=90)), "not_whole_minutes"),
        (SheetLine(started_at=AT, ended_at=AT + timedelta(hours=1), break_minutes=60),
         "break_too_long"),
        (SheetLine(started_at=AT, ended_at=AT + timedelta(hours=1), break_minutes=-1),
         "break_too_long"),
        (SheetLine(served_on=date(1, 1, 1), minutes=60), "date_out_of_range"),
        (SheetLine(started_at=datetime.min.replace(tzinfo=UTC), ended_at=AT), "date_out_of_range"),
    ],
)  # fmt: skip
def test_times_that_make_no_sense_have_a_code(line, code):
    fault = stint(line)
    assert isinstance(fault, Fault)
    assert fault.code == code


def test_paper_times_that_end_earlier_end_on_the_next_day_and_equal_ones_are_refused():
    over = paper_stint(TODAY, 21 * 60, 30, 0)
    assert not isinstance(over, Fault)
    assert (over.served_on, over.minutes) == (TODAY, 210)
    equal = paper_stint(TODAY, 600, 600, 0)
    assert isinstance(equal, Fault)
    assert equal.code == "end_not_after_start"


# Corrections and approvals

STANDING = Standing(
    volunteer_id=VOLUNTEER.id, state="counted", evidence="staff", minutes=120,
    window=window(TODAY, 540, 690), break_minutes=30,
)  # fmt: skip
CLERK = Staff(id=uuid.uuid4(), role="social_worker", station_id=STATION)


def correct(minutes, *, day_total=None, record=STANDING, staff=CLERK):
    return decide_correction(
        record, minutes, minutes if day_total is None else day_total, corrector=staff, policy=POLICY
    )


def test_fewer_minutes_count_at_once_and_more_wait_for_a_second_person():
    shorter = msgspec.structs.replace(STANDING, window=None)
    assert correct(60) == Counted()
    assert correct(0) == Counted()
    assert correct(150, record=shorter) == Waiting("station", "correction_adds_minutes")
    assert correct(150, record=shorter, day_total=721) == Waiting("county", "day_over_max")


def test_a_correction_stays_within_the_window_and_changes_something():
    assert codes(correct(121)) == ["longer_than_window"]
    assert codes(correct(120)) == ["correction_changes_nothing"]


def test_only_counted_records_are_corrected_and_never_ones_own():
    reversed_one = msgspec.structs.replace(STANDING, state="reversed")
    assert codes(correct(60, record=reversed_one)) == ["record_not_counted"]
    own = msgspec.structs.replace(CLERK, volunteer_id=VOLUNTEER.id)
    assert codes(correct(60, staff=own)) == ["own_hours"]


def test_who_entered_it_does_not_approve_it_nor_whose_hours_they_are():
    item = Item(
        volunteer_id=VOLUNTEER.id, entered_by=uuid.uuid4(), station_id=STATION, level="station"
    )
    county = Staff(id=uuid.uuid4(), role="county")
    above = msgspec.structs.replace(item, level="county")
    assert decision_fault(item, CLERK) is None
    for spoiled, staff, code in (
        (msgspec.structs.replace(item, entered_by=CLERK.id), CLERK, "second_person_required"),
        (item, msgspec.structs.replace(CLERK, volunteer_id=VOLUNTEER.id), "own_hours"),
        (above, CLERK, "county_approval_required"),
        (msgspec.structs.replace(above, entered_by=county.id), county, "second_person_required"),
    ):
        fault = decision_fault(spoiled, staff)
        assert fault is not None
        assert fault.code == code
    assert decision_fault(above, county) is None
