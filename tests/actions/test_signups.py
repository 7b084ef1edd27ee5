"""Signing up: gates, capacity under concurrency, a waiting list that moves up by itself."""

import asyncio
from datetime import date

import pytest

from tests import builders
from tests.actions.plans import START, planned, published, signs_up, standing, withdraws
from tests.actions.world import assert_books_agree, events
from volunteer_svc.actions import activities, notices, rights, signups, volunteers
from volunteer_svc.actions.activities import ChangeCapacity
from volunteer_svc.actions.rights import WithdrawConsent
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.registration import Guardian

PAGE = {"after": None, "limit": 100}
GUARDIAN = Guardian("王父", "父亲", "10000000001", date(2025, 3, 3), "2026")


@pytest.fixture
async def here(database):
    home = await builders.station()
    return home.id, await builders.staff("social_worker", home.id)


async def minor(station_id):
    return await builders.active(station_id, birth_date=date(2010, 1, 1), guardian=GUARDIAN)


async def test_he_signs_up_himself_or_the_desk_does(here):
    station_id, worker = here
    one = await published(worker, station_id)
    person, other = await builders.active(station_id), await builders.active(station_id)
    himself = await builders.signed_in(person.id)
    assert (await signs_up(himself, one, person)).state == "confirmed"
    assert (await signs_up(worker, one, other)).state == "confirmed"
    for code, who, whom in (
        ("forbidden", himself, other),
        ("already_signed_up", worker, person),
    ):
        with pytest.raises(Refusal, match=code):
            await signs_up(who, one, whom)
    told = await events("signup.confirmed")
    assert [e["volunteer_id"] for e in told] == [str(person.id), str(other.id)]
    found = await signups.signups_for(worker.call(), one.id, **PAGE)
    assert [(s.member_no, s.name) for s in found] == [
        (person.member_no, "王**"), (other.member_no, "王**"),
    ]  # fmt: skip
    await assert_books_agree()


async def test_a_guest_of_another_station_is_signed_up_by_the_activitys_desk(here):
    station_id, worker = here
    guest = await builders.active((await builders.station()).id)
    one = await published(worker, station_id)
    assert (await signs_up(worker, one, guest)).state == "confirmed"
    elsewhere = await builders.staff("social_worker", guest.station_id)
    with pytest.raises(Refusal, match="forbidden"):
        await withdraws(elsewhere, one, guest)


async def test_after_the_start_nobody_signs_up_or_withdraws(here):
    station_id, worker = here
    one = await published(worker, station_id)
    person, late = await builders.active(station_id), await builders.active(station_id)
    await signs_up(worker, one, person)
    with pytest.raises(Refusal, match="signup_after_start"):
        await signs_up(worker, one, late, now=START)
    with pytest.raises(Refusal, match="withdraw_after_start"):
        await withdraws(worker, one, person, now=START)
    with pytest.raises(Refusal, match="activity_not_published"):
        await signs_up(worker, await planned(worker, station_id), person)


@pytest.mark.rule("R18")
async def test_no_minor_is_signed_up_for_what_is_hazardous(here):
    station_id, worker = here
    young = await minor(station_id)
    with pytest.raises(Refusal, match="hazardous_for_minors"):
        await signs_up(worker, await published(worker, station_id, hazardous=True), young)
    assert (await signs_up(worker, await published(worker, station_id), young)).state


@pytest.mark.rule("R18")
async def test_a_minor_whose_guardian_took_the_consent_back_does_not_come(here):
    station_id, worker = here
    young = await minor(station_id)
    one = await published(worker, station_id)
    back = WithdrawConsent(kind="guardian", reason="监护人来站")
    await rights.withdraw_consent(worker.call(), young.id, back)
    with pytest.raises(Refusal) as refused:
        await signs_up(worker, one, young)
    assert {f.code for f in refused.value.faults} == {
        "volunteer_not_active", "guardian_consent_missing",
    }  # fmt: skip
    await volunteers.reinstate(worker.call(), young.id, None)
    assert (await signs_up(worker, one, young)).state == "confirmed"


@pytest.mark.rule("R4")
async def test_who_lacks_a_required_topic_is_not_signed_up(here):
    station_id, worker = here
    await builders.topics("first-aid")
    one = await published(worker, station_id, required_topics=["first-aid"])
    trained, other = [await builders.active(station_id) for _ in range(2)]
    await builders.trained(worker, trained, "first-aid")
    with pytest.raises(Refusal, match="topics_missing"):
        await signs_up(worker, one, other)
    assert (await signs_up(worker, one, trained)).state == "confirmed"


async def test_all_gates_are_told_at_once(here):
    station_id, worker = here
    young = await minor(station_id)
    await builders.topics("fire")
    one = await published(
        worker, station_id, hazardous=True, minimum_age=18, required_topics=["fire"]
    )
    with pytest.raises(Refusal) as refused:
        await signs_up(worker, one, young)
    assert [f.code for f in refused.value.faults] == [
        "too_young_on_the_day", "hazardous_for_minors", "topics_missing",
    ]  # fmt: skip


async def test_a_place_given_back_goes_to_the_next_who_waits(here):
    station_id, worker = here
    one = await published(worker, station_id, capacity=1)
    people = [await builders.active(station_id) for _ in range(3)]
    made = [await signs_up(worker, one, person) for person in people]
    assert [(s.state, s.place) for s in made] == [
        ("confirmed", None), ("waiting", 1), ("waiting", 2),
    ]  # fmt: skip
    await withdraws(worker, one, people[0])
    assert await standing(one) == [(people[1].id, "confirmed"), (people[2].id, "waiting")]
    last = await events("signup.confirmed")
    assert [e["moved_up"] for e in last] == [False, True]
    (notice,) = await notices.notices(worker.call(), people[1].id, **PAGE)
    assert notice.kind == "moved_up"
    # Who comes again stands at the end.
    again = await signs_up(worker, one, people[0])
    assert (again.state, again.place) == ("waiting", 2)
    # One who waits and leaves moves nobody up.
    await withdraws(worker, one, people[2])
    assert await standing(one) == [(people[1].id, "confirmed"), (people[0].id, "waiting")]
    assert [e["was_confirmed"] for e in await events("signup.withdrawn")] == [True, False]
    await assert_books_agree()


async def test_more_places_move_the_waiting_list_up_in_its_order(here):
    station_id, worker = here
    one = await published(worker, station_id, capacity=1)
    people = [await builders.active(station_id) for _ in range(5)]
    for person in people:
        await signs_up(worker, one, person)
    await activities.change_capacity(worker.call(), one.id, ChangeCapacity(capacity=3))
    assert [state for _, state in await standing(one)] == ["confirmed"] * 3 + ["waiting"] * 2
    with pytest.raises(Refusal, match="capacity_below_confirmed"):
        await activities.change_capacity(worker.call(), one.id, ChangeCapacity(capacity=2))


async def test_who_may_not_come_any_more_holds_up_nobody(here):
    station_id, worker = here
    one = await published(worker, station_id, capacity=1)
    people = [await builders.active(station_id) for _ in range(3)]
    for person in people:
        await signs_up(worker, one, person)
    await volunteers.suspend(worker.call(), people[1].id, WithReason(reason="病"), None)
    await withdraws(worker, one, people[0])
    assert await standing(one) == [(people[1].id, "waiting"), (people[2].id, "confirmed")]


async def test_of_32_who_want_the_one_place_one_gets_it_and_the_rest_wait_in_order(here):
    station_id, worker = here
    one = await published(worker, station_id, capacity=1)
    people = [await builders.active(station_id) for _ in range(32)]
    themselves = [await builders.signed_in(person.id) for person in people]
    made = await asyncio.gather(
        *(signs_up(who, one, person) for who, person in zip(themselves, people, strict=True))
    )
    assert [s.state for s in made].count("confirmed") == 1
    assert sorted(s.number for s in made) == list(range(1, 33))
    in_order = [s.volunteer_id for s in sorted(made, key=lambda s: s.number)]
    assert await standing(one) == [
        (volunteer_id, "confirmed" if n == 0 else "waiting")
        for n, volunteer_id in enumerate(in_order)
    ]
    # Half withdraw while the places become three: the first who are left have them.
    leaving = set(in_order[::2])
    await asyncio.gather(
        *(withdraws(who, one, person) for who, person in zip(themselves, people, strict=True)
          if person.id in leaving),
        activities.change_capacity(worker.call(), one.id, ChangeCapacity(capacity=3)),
    )  # fmt: skip
    left = await standing(one)
    assert [state for _, state in left] == ["confirmed"] * 3 + ["waiting"] * 13
    assert [who for who, _ in left] == in_order[1::2]
    await assert_books_agree()


async def test_the_same_person_twice_at_once_has_one_place(here):
    station_id, worker = here
    one = await published(worker, station_id)
    person = await builders.active(station_id)
    made = await asyncio.gather(
        *(signs_up(worker, one, person) for _ in range(8)), return_exceptions=True
    )
    assert sum(not isinstance(m, Refusal) for m in made) == 1
    assert len(await standing(one)) == 1


async def test_a_volunteer_reads_his_own_list_and_no_others(here):
    station_id, worker = here
    one = await published(worker, station_id)
    person, other = await builders.active(station_id), await builders.active(station_id)
    himself = await builders.signed_in(person.id)
    await signs_up(himself, one, person)
    assert [s.activity_id for s in await signups.signups_of(himself.call(), person.id, **PAGE)] == [
        one.id
    ]
    for act in (
        signups.signups_of(himself.call(), other.id, **PAGE),
        notices.notices(himself.call(), other.id, **PAGE),
        signups.signups_for(himself.call(), one.id, **PAGE),
    ):
        with pytest.raises(Refusal, match="forbidden"):
            await act
