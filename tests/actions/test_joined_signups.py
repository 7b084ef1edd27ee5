"""Sign-ups that meet go together, and it stays exact."""

import asyncio

import pytest

from tests import builders
from tests.actions.plans import START, published, standing, withdraws
from tests.actions.world import assert_books_agree
from volunteer_svc.actions.command import OnceKey
from volunteer_svc.actions.joined_signups import SignupJoiner
from volunteer_svc.actions.signups import SignUp
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import fetch


@pytest.fixture
async def here(database):
    home = await builders.station()
    joiner = SignupJoiner()
    yield home.id, await builders.staff("social_worker", home.id), joiner
    await joiner.close()


async def test_thirty_two_for_ten_places_at_two_doors_go_in_few_transactions(here):
    station_id, worker, joiner = here
    one = await published(worker, station_id, capacity=10)
    people = [await builders.active(station_id) for _ in range(32)]
    other = SignupJoiner()
    made = await asyncio.gather(
        *((joiner if n % 2 else other).sign_up(None, worker.call(), one.id,
                                               SignUp(volunteer_id=person.id))
          for n, person in enumerate(people))
    )  # fmt: skip
    await other.close()
    in_order = sorted(made, key=lambda s: s.number)
    assert [s.number for s in in_order] == list(range(1, 33))
    assert [s.state for s in in_order] == ["confirmed"] * 10 + ["waiting"] * 22
    assert [s.place for s in in_order] == [None] * 10 + list(range(1, 23))
    assert [who for who, _ in await standing(one)] == [s.volunteer_id for s in in_order]
    (row,) = await fetch(
        "SELECT count(DISTINCT xmin::text)::int AS n FROM signup WHERE activity_id = $1", one.id
    )
    assert row["n"] <= 6, "a transaction each would be thirty-two"
    (row,) = await fetch("SELECT count(*)::int AS n FROM audit_outbox WHERE action = 'sign_up'")
    assert row["n"] == 32
    await withdraws(worker, one, people[0])
    await assert_books_agree()


async def test_refused_ones_and_repeats_touch_no_neighbour(here):
    station_id, worker, joiner = here
    one = await published(worker, station_id, capacity=1)
    person, other = [await builders.active(station_id) for _ in range(2)]
    stranger = await builders.signed_in(other.id)
    due = await builders.registered(station_id)
    key = OnceKey(key_hash=b"k" * 32, body_hash=b"b" * 32, now=builders.NOW)

    def asks(who, whom, *, key=None, now=builders.NOW):
        return joiner.sign_up(key, who.call(now), one.id, SignUp(volunteer_id=whom.id))

    made = await asyncio.gather(
        asks(worker, due), asks(stranger, person), asks(worker, person, key=key),
        asks(worker, person), asks(worker, other, now=START), asks(worker, other),
        return_exceptions=True,
    )  # fmt: skip
    codes = [one.code if isinstance(one, Refusal) else one.state for one in made]
    assert codes == [
        "volunteer_not_active", "forbidden", "confirmed", "already_signed_up",
        "signup_after_start", "waiting",
    ]  # fmt: skip
    assert await asks(worker, person, key=key) == made[2], "the same answer again"
    assert [state for _, state in await standing(one)] == ["confirmed", "waiting"]
