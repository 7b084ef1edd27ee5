"""Backbone and leaders: appointed step by step, kept with history, ended by leaving (R9)."""

import asyncio
from datetime import timedelta

import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events
from tests.builders import NOW, TODAY
from volunteer_svc.actions import groups, positions, transfers, volunteers
from volunteer_svc.actions.groups import JoinGroup, NewGroup
from volunteer_svc.actions.positions import Appoint, EndPosition
from volunteer_svc.actions.transfers import ConsentToMove, TransferVolunteer
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.errors import Refusal

LEAVING = WithReason(reason="搬家")


@pytest.fixture
async def head(database):
    return await builders.staff("station_head", (await builders.station()).id)


def appoint(who, person, position, group=None, now=NOW):
    request = Appoint(position=position, group_id=group and group.id, reason="认真负责")
    return positions.appoint(who.call(now), person.id, request)


def a_group(head, name="老年组"):
    request = NewGroup(station_id=head.actor.station_id, name=name)
    return groups.add_group(head.call(), request)


@pytest.mark.rule("R9")
async def test_a_member_becomes_backbone_then_leader_and_the_history_is_kept(head):
    person, group = await builders.active(head.actor.station_id), await a_group(head)
    for kind, of in (("team_leader", None), ("group_leader", group)):
        with pytest.raises(Refusal, match="backbone_first"):
            await appoint(head, person, kind, of)
    later = [NOW + timedelta(days=n) for n in (0, 10, 20)]
    await appoint(head, person, "backbone", now=later[0])
    with pytest.raises(Refusal, match="position_held"):
        await appoint(head, person, "backbone")
    await appoint(head, person, "group_leader", group, now=later[1])
    await appoint(head, person, "team_leader", now=later[2])
    told = await positions.positions_of(head.call(), person.id)
    days = [TODAY + timedelta(days=n) for n in (0, 10, 20)]
    assert [(one.kind, one.from_on, one.to_on) for one in told] == [
        ("backbone", days[0], days[1]), ("group_leader", days[1], days[2]),
        ("team_leader", days[2], None),
    ]  # fmt: skip
    names = [e["name"] for e in await events() if e["name"].startswith("position.")]
    assert names == ["position.appointed"] + ["position.ended", "position.appointed"] * 2
    await assert_books_agree()


@pytest.mark.rule("R9")
async def test_only_heads_appoint_and_only_active_volunteers_of_their_station(head):
    person = await builders.active(head.actor.station_id)
    worker = await builders.staff("social_worker", head.actor.station_id)
    elsewhere = await builders.staff("station_head", (await builders.station()).id)
    for who in (worker, elsewhere, await builders.signed_in(person.id)):
        with pytest.raises(Refusal, match="forbidden"):
            await appoint(who, person, "backbone")
    with pytest.raises(Refusal, match="state_forbids"):
        await appoint(head, await builders.registered(head.actor.station_id), "backbone")
    himself = await builders.staff("deputy_head", head.actor.station_id, volunteer_id=person.id)
    with pytest.raises(Refusal, match="own_position"):
        await appoint(himself, person, "backbone")


async def test_a_group_has_one_leader_also_when_two_are_appointed_at_once(head):
    group = await a_group(head)
    people = [await builders.active(head.actor.station_id) for _ in range(4)]
    for person in people:
        await appoint(head, person, "backbone")
    told = await asyncio.gather(
        *(appoint(head, person, "group_leader", group) for person in people),
        return_exceptions=True,
    )
    refused = [one for one in told if isinstance(one, Refusal)]
    assert [one.code for one in refused] == ["group_has_leader"] * 3
    (now,) = await groups.groups(head.call(), station_id=None, after=None, limit=9)
    assert now.members == [now.leader_id]


async def test_a_group_is_of_its_station_and_closes_without_a_leader(head):
    group, person = await a_group(head), await builders.active(head.actor.station_id)
    with pytest.raises(Refusal, match="group_exists"):
        await a_group(head)
    stranger = await builders.active((await builders.station()).id)
    with pytest.raises(Refusal, match="not_of_station"):
        await groups.join_group(head.call(), group.id, JoinGroup(volunteer_ids=[stranger.id]))
    await groups.join_group(head.call(), group.id, JoinGroup(volunteer_ids=[person.id]))
    await appoint(head, person, "backbone")
    led = await appoint(head, person, "group_leader", group)
    with pytest.raises(Refusal, match="group_has_leader"):
        await groups.close_group(head.call(), group.id)
    with pytest.raises(Refusal, match="group_leader_leaves"):
        await groups.leave_group(head.call(), group.id, person.id)
    ended = await positions.end_position(head.call(), led.id, EndPosition(reason="任满"))
    assert ended.to_on == TODAY
    with pytest.raises(Refusal, match="position_ended"):
        await positions.end_position(head.call(), led.id, EndPosition(reason="任满"))
    assert (await groups.close_group(head.call(), group.id)).members == []
    with pytest.raises(Refusal, match="group_closed"):
        await groups.join_group(head.call(), group.id, JoinGroup(volunteer_ids=[person.id]))


@pytest.mark.rule("R10")
async def test_who_leaves_the_station_holds_no_position_and_is_in_no_group_any_more(head):
    group = await a_group(head)
    gone, moved = [await builders.active(head.actor.station_id) for _ in range(2)]
    for person in (gone, moved):
        await appoint(head, person, "backbone")
        await groups.join_group(head.call(), group.id, JoinGroup(volunteer_ids=[person.id]))
    await volunteers.exit_volunteer(head.call(), gone.id, LEAVING, None)
    there = await builders.station()
    consent = ConsentToMove(given="signed", on=TODAY)
    request = TransferVolunteer(to_station_id=there.id, reason="搬家", consent=consent)
    await transfers.transfer_volunteer(head.call(), moved.id, request, None)
    assert await positions.holders(head.call(), station_id=None, after=None, limit=9) == []
    (now,) = await groups.groups(head.call(), station_id=None, after=None, limit=9)
    assert now.members == []
    assert len(await events("position.ended")) == 2
    await assert_books_agree()
