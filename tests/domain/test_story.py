"""The file as a story: every day on which something happened, the latest first."""

from datetime import date
from uuid import UUID

from volunteer_svc.domain.story import story
from volunteer_svc.domain.volunteer import Registration, Suspension, Volunteer

NOBODY = UUID(int=0)


def told(today=date(2026, 11, 20), stars=(), suspensions=(), **days):
    dates = {"applied_on": date(2026, 1, 5), "expires_on": date(2026, 7, 4)} | days
    one = Registration(id=NOBODY, station_id=NOBODY, **dates)
    person = Volunteer(id=NOBODY, station_id=NOBODY, registrations=(one,), suspensions=suspensions)
    return [happened.what for happened in story(person, stars, today)]


def test_the_usual_way():
    days = {"registered_on": date(2026, 1, 5), "induction_due_on": date(2026, 4, 5),
            "inducted_on": date(2026, 2, 1)}  # fmt: skip
    pause = Suspension(date(2026, 5, 1), date(2026, 6, 1))
    stars = [(date(2026, 3, 1), 0, 1), (date(2026, 3, 2), 1, 0)]
    assert told(**days, suspensions=(pause,), stars=stars) == [
        "reinstated", "suspended", "star_lost", "star_won", "inducted", "registered", "applied",
    ]  # fmt: skip


def test_what_runs_out_is_told_the_day_after():
    assert told() == ["expired", "applied"]
    assert told(date(2026, 7, 4)) == ["applied"]
    due = {"registered_on": date(2026, 1, 6), "induction_due_on": date(2026, 4, 6)}
    assert told(**due) == ["lapsed", "registered", "applied"]


def test_a_pause_that_goes_on_has_no_end_yet():
    pause = Suspension(date(2026, 5, 1), date(2026, 12, 1))
    assert told(suspensions=(pause,))[:1] == ["expired"]
    assert "reinstated" not in told(suspensions=(pause,))
