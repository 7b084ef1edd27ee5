"""The annual top ten, and member numbers."""

import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_svc.domain.member_number import member_number, normalise_member_number
from volunteer_svc.domain.recognition import YearTotal, cutoff, rank, year_is_over


def ranks(*minutes, n=10):
    ranking = rank([YearTotal(uuid.uuid4(), m) for m in minutes], n)
    return [(entry.rank, entry.minutes) for entry in ranking.entries], ranking.tied_at_cutoff


@pytest.mark.rule("R7")
def test_everyone_tied_at_rank_ten_is_included():
    listed, tied = ranks(*range(100, 91, -1), 50, 50, 50, 40)
    assert [place for place, _ in listed] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]
    assert tied


def test_a_tie_above_the_cutoff_takes_its_places():
    listed, tied = ranks(90, 90, 80, 70, n=3)
    assert listed == [(1, 90), (1, 90), (3, 80)]
    assert not tied


@pytest.mark.rule("R7")
def test_fewer_than_ten_give_fewer_rows_and_nobody_with_nothing():
    assert ranks(30, 0) == ([(1, 30)], False)


@given(st.lists(st.integers(0, 20), max_size=60), st.integers(1, 12))
def test_a_rank_is_one_more_than_those_with_more_minutes(minutes, n):
    listed, tied = ranks(*minutes, n=n)
    for place, own in listed:
        assert place == 1 + sum(other > own for other in minutes)
    expected = [m for m in minutes if m > 0 and 1 + sum(o > m for o in minutes) <= n]
    assert sorted(own for _, own in listed) == sorted(expected)
    assert tied == (len(listed) > n)


def test_the_cutoff_is_31_december_or_today_while_the_year_runs():
    assert cutoff(2025, date(2026, 3, 1)) == date(2025, 12, 31)
    assert cutoff(2026, date(2026, 3, 1)) == date(2026, 3, 1)
    assert not year_is_over(2025, date(2025, 12, 31))
    assert year_is_over(2025, date(2026, 1, 1))


@given(st.integers(1, 9_999_999), st.integers(0, 7), st.sampled_from("0123456789"))
def test_a_member_number_with_one_wrong_digit_is_found(serial, place, digit):
    number = member_number(serial)
    assert normalise_member_number(number) == number
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        assert normalise_member_number(wrong) is None


def test_a_member_number_may_be_written_with_blanks_and_wide_digits():
    number = member_number(42)
    wide = number.translate({ord(str(d)): 0xFF10 + d for d in range(10)})
    assert normalise_member_number(f" {wide[:4]}-{wide[4:]} ") == number
