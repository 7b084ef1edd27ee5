"""Training: what is missing, how long it holds, who gets a place."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_svc.domain.topics import missing_topics, topics_fault
from volunteer_svc.domain.training import (
    Signup,
    places,
    valid_until,
)


@pytest.mark.rule("R4")
def test_who_lacks_a_topic_is_told_which():
    assert missing_topics(["first-aid", "fire"], {"fire"}) == ["first-aid"]
    assert topics_fault(["first-aid"], {"first-aid", "fire"}, "volunteer_id") is None
    fault = topics_fault(["first-aid", "fire"], set(), "volunteer_id")
    assert (fault.code, fault.params) == ("topics_missing", {"topics": "first-aid, fire"})


@pytest.mark.rule("R4")
def test_a_topic_holds_to_the_corresponding_day():
    assert valid_until(date(2025, 11, 30), 3) == date(2026, 2, 28)
    assert valid_until(date(2025, 11, 30), None) is None


@st.composite
def signups(draw):
    priorities = draw(st.lists(st.integers(0, 1), max_size=20))
    return [
        Signup(volunteer_id=UUID(int=n), number=n + 1, priority=priority)
        for n, priority in enumerate(priorities)
    ]


@pytest.mark.rule("R9")
@given(signups(), st.none() | st.integers(1, 20), st.booleans())
def test_leaders_come_first_where_it_is_theirs_and_else_who_came_first(these, capacity, priority):
    taken = places(these, capacity, by_priority=priority)
    order = [*taken.confirmed, *taken.waiting]
    assert sorted(order) == sorted(one.volunteer_id for one in these)
    assert len(taken.confirmed) == min(len(these), capacity or len(these))
    by_id = {one.volunteer_id: one for one in these}
    ranked = [(by_id[one].priority if priority else 0, by_id[one].number) for one in order]
    assert ranked == sorted(ranked)
