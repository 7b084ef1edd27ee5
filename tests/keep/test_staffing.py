"""Staff come and go: nothing is left behind, and every signature says whose it is."""

import json
from datetime import date, timedelta

import msgspec
import pytest

from tests import builders
from tests.actions.world import assert_books_agree, line, record
from tests.builders import NOW, TODAY, SignedIn
from volunteer_svc import ids
from volunteer_svc.actions import approvals, claims, disclosures, staffing
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.disclosures import AskDisclosure
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.recognitions import Publish, publish_recognition
from volunteer_svc.actions.staffing import CloseStations, Delegate, Leave
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import Violation, execute, fetch

WHY = "合同到期"
DAY = timedelta(days=1)


async def code(work) -> str:
    with pytest.raises(Refusal) as refusal:
        await work
    return refusal.value.code


async def waiting_record(worker: SignedIn, station_id, person, served_on: date = TODAY):
    """An hour without a signed sheet, which waits for a second person."""
    [outcome] = await record(
        worker,
        station_id,
        line(person, served_on=served_on, evidence="historical", evidence_reference="旧本"),
    )
    assert outcome.outcome == "waiting", outcome
    return outcome.record_id


async def decide(who: SignedIn, record_id, now=NOW):
    request = Decisions(decisions=[Decide(kind="record", id=record_id, decision="approve")])
    [outcome] = (await approvals.decide_waiting(who.call(now), request)).outcomes
    return outcome


async def signatures(record_id):
    [row] = await fetch(
        "SELECT entered_by, decided_by, on_behalf_of FROM service_record WHERE id = $1", record_id
    )
    return tuple(row)


async def work_of(who: SignedIn) -> set:
    rows = await staffing.open_work(who.call(), who.actor.id, after=None, limit=100)
    return {row.id for row in rows}


@pytest.fixture
async def home(database):
    return await builders.station()


async def a_claim(station_id):
    """Somebody known registers again at the open form."""
    person = await builders.active(station_id)
    form = msgspec.structs.replace(person.form, applied_on=TODAY)
    await builders.handed_in(builders.call(), Register(station_id=station_id, form=form))
    [row] = await fetch("SELECT id FROM claim WHERE volunteer_id = $1", person.id)
    return row["id"]


async def test_a_leavers_open_work_goes_to_a_colleague_and_on_to_the_next(client, home):
    leaver, heir, last, head = [
        await builders.staff(role, home.id)
        for role in ("social_worker", "social_worker", "deputy_head", "station_head")
    ]
    person = await builders.active(home.id)
    records = [await waiting_record(leaver, home.id, person, TODAY - n * DAY) for n in range(3)]
    own = await waiting_record(heir, home.id, person, TODAY - 5 * DAY)
    claim = await a_claim(home.id)
    assert await work_of(leaver) == {*records, claim}

    answer = await client.post(
        f"/v1/accounts/{leaver.actor.id}/leave",
        json={"to": str(heir.actor.id), "reason": WHY},
        headers=head.auth,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["handed_over"] == {"claim": 1, "record": 3}
    assert answer.json()["sessions_ended"] == 1
    assert (await client.get("/v1/me", headers=leaver.auth)).status_code == 401
    assert await work_of(heir) == {*records, own, claim}

    # What is decided meanwhile is no longer open; the rest goes on to the next.
    assert (await decide(last, records[0])).outcome == "approved"
    await claims.resolve_claim(heir.call(), claim)
    left = await staffing.leave(head.call(), heir.actor.id, Leave(to=last.actor.id, reason=WHY))
    assert left.handed_over == {"record": 3}
    assert await work_of(last) == {records[1], records[2], own}
    assert await work_of(heir) == set()

    # Nothing was rewritten, and all can still be decided by somebody who did not enter it.
    assert await signatures(records[1]) == (leaver.actor.id, None, None)
    for one in (records[1], records[2], own):
        assert (await decide(last, one)).outcome == "approved"
    assert await work_of(last) == set()
    await assert_books_agree()
    said = await fetch("SELECT staff_id, handed_to, closed_by, reason FROM departure ORDER BY id")
    assert [tuple(row) for row in said] == [
        (leaver.actor.id, heir.actor.id, head.actor.id, WHY),
        (heir.actor.id, last.actor.id, head.actor.id, WHY),
    ]


async def test_a_county_leavers_import_goes_to_a_colleague_of_the_county(home):
    leaver, heir, admin = [await builders.staff(role) for role in ("county", "county", "admin")]
    run = ids.uuid7()
    await execute(
        "INSERT INTO import_run (id, state, filename, reason, created_by, created_at, rows_total,"
        " rows_done) VALUES ($1, 'previewed', 'a.xlsx', '', $2, $3, 0, 0)",
        run, leaver.actor.id, NOW,
    )  # fmt: skip
    wrong = Leave(to=admin.actor.id, reason=WHY)
    assert (
        await code(staffing.leave(admin.call(), leaver.actor.id, wrong)) == "colleague_unsuitable"
    )
    left = await staffing.leave(admin.call(), leaver.actor.id, Leave(to=heir.actor.id, reason=WHY))
    assert left.handed_over == {"import": 1}
    assert await work_of(heir) == {run}


async def test_who_may_close_whom_and_who_may_take_over(home):
    other = await builders.station()
    leaver, heir = [await builders.staff("social_worker", home.id) for _ in range(2)]
    head, far = (
        await builders.staff("station_head", home.id),
        await builders.staff("station_head", other.id),
    )
    gone = await builders.staff("social_worker", home.id)
    await staffing.leave(head.call(), gone.actor.id, Leave(to=heir.actor.id, reason=WHY))
    good = Leave(to=heir.actor.id, reason=WHY)
    for who in (heir, far, await builders.staff("auditor"), await builders.staff("bureau")):
        assert await code(staffing.leave(who.call(), leaver.actor.id, good)) == "forbidden"
        assert await code(staffing.leave(who.call(), ids.uuid7(), good)) == "forbidden"
        if who is not heir:
            seen = staffing.open_work(who.call(), leaver.actor.id, after=None, limit=1)
            assert await code(seen) == "forbidden"
    for unsuitable in (leaver, far, gone):
        wrong = Leave(to=unsuitable.actor.id, reason=WHY)
        assert (
            await code(staffing.leave(head.call(), leaver.actor.id, wrong))
            == "colleague_unsuitable"
        )
    nobody = Leave(to=ids.uuid7(), reason=WHY)
    assert (
        await code(staffing.leave(head.call(), leaver.actor.id, nobody)) == "colleague_unsuitable"
    )
    assert await code(staffing.leave(head.call(), gone.actor.id, good)) == "account_closed"
    admin = await builders.staff("admin")
    assert await code(staffing.leave(admin.call(), ids.uuid7(), good)) == "not_found"
    assert (
        await fetch("SELECT FROM staff WHERE closed_at IS NOT NULL AND id <> $1", gone.actor.id)
        == []
    )


async def test_a_stand_in_signs_for_the_head_and_it_ends_by_itself(home):
    head, deputy = [await builders.staff(r, home.id) for r in ("station_head", "social_worker")]
    third = await builders.staff("social_worker", home.id)
    person = await builders.active(home.id)
    made = await staffing.delegate(
        head.call(),
        Delegate(to=deputy.actor.id, from_on=TODAY + DAY, to_on=TODAY + 2 * DAY, reason="休假"),
    )
    by_third = [await waiting_record(third, home.id, person, TODAY - n * DAY) for n in range(3)]
    by_head = await waiting_record(head, home.id, person, TODAY - 5 * DAY)
    year = TODAY.year - 1
    publish = Publish(station_id=home.id)

    # Before its first day, and after its last, the deputy is only himself.
    assert (await decide(deputy, by_third[0])).outcome == "approved"
    assert await signatures(by_third[0]) == (third.actor.id, deputy.actor.id, None)
    assert await code(publish_recognition(deputy.call(), year, publish)) == "forbidden"

    during = NOW + 2 * DAY
    assert (await decide(deputy, by_third[1], during)).outcome == "approved"
    assert await signatures(by_third[1]) == (third.actor.id, deputy.actor.id, head.actor.id)
    # What the head entered himself nobody approves for him, but the deputy may in his own right.
    assert (await decide(deputy, by_head, during)).outcome == "approved"
    assert await signatures(by_head) == (head.actor.id, deputy.actor.id, None)
    published = await publish_recognition(deputy.call(during), year, publish)
    assert (published.published_by, published.on_behalf_of) == (deputy.actor.id, head.actor.id)
    elsewhere = Publish(station_id=(await builders.station()).id)
    assert await code(publish_recognition(deputy.call(during), year, elsewhere)) == "forbidden"
    assert await code(publish_recognition(third.call(during), year, publish)) == "forbidden"

    over = NOW + 3 * DAY
    assert (await decide(deputy, by_third[2], over)).outcome == "approved"
    assert await signatures(by_third[2]) == (third.actor.id, deputy.actor.id, None)
    assert await code(publish_recognition(deputy.call(over), year, publish)) == "forbidden"
    assert made.ended_at is None
    await assert_books_agree()


async def test_a_stand_in_approves_a_third_partys_reading_and_the_trail_says_for_whom(home):
    head, deputy = [await builders.staff(r, home.id) for r in ("station_head", "social_worker")]
    person = await builders.active(home.id)
    asked = AskDisclosure(
        recipient="公安局", letter_reference="公2026-7", fields=["phone"], reason="核实"
    )
    letter = await disclosures.ask_disclosure(head.call(), person.id, asked)
    refused = disclosures.approve_disclosure(deputy.call(), letter.id)
    assert await code(refused) == "forbidden"
    stand_in = Delegate(to=deputy.actor.id, from_on=TODAY, to_on=TODAY, reason="休假")
    await staffing.delegate(head.call(), stand_in)
    own = await disclosures.ask_disclosure(deputy.call(), person.id, asked)
    refused = disclosures.approve_disclosure(deputy.call(), own.id)
    assert await code(refused) == "second_person_required", "asked by the stand-in himself"
    approved = await disclosures.approve_disclosure(deputy.call(), letter.id)
    assert (approved.approved_by, approved.on_behalf_of) == (deputy.actor.id, head.actor.id)
    listed = await disclosures.disclosures(head.call(), waiting=False, after=None, limit=9)
    assert [one.on_behalf_of for one in listed] == [head.actor.id, None]
    [entry] = await fetch("SELECT detail FROM audit_outbox WHERE action = 'approve_disclosure'")
    assert json.loads(entry["detail"])["on_behalf_of"] == str(head.actor.id)


async def test_a_stand_in_stops_when_it_is_ended_or_an_account_closes(home):
    head, deputy, third = [
        await builders.staff(r, home.id) for r in ("station_head", "deputy_head", "social_worker")
    ]
    admin, year = await builders.staff("admin"), TODAY.year - 1
    publish = Publish(station_id=home.id)
    asked = Delegate(to=deputy.actor.id, from_on=TODAY, to_on=TODAY + 5 * DAY, reason="出差")
    first = await staffing.delegate(head.call(), asked)
    await publish_recognition(deputy.call(), year - 1, publish)
    ended = await staffing.end_delegation(head.call(), first.id)
    assert (ended.ended_at, ended.ended_by) == (NOW, head.actor.id)
    assert await code(publish_recognition(deputy.call(), year, publish)) == "forbidden"
    await staffing.delegate(head.call(), asked)  # and again: the first is over
    await staffing.leave(admin.call(), head.actor.id, Leave(to=third.actor.id, reason=WHY))
    assert await code(publish_recognition(deputy.call(), year, publish)) == "forbidden"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"from_on": TODAY - DAY}, "date_in_past"),
        ({"to_on": TODAY - DAY}, "delegation_too_long"),
        ({"to_on": TODAY + 92 * DAY}, "delegation_too_long"),
        ({"to_on": date(9999, 12, 31)}, "delegation_too_long"),
        ({"to": "stranger"}, "colleague_unsuitable"),
        ({"to": "head"}, "colleague_unsuitable"),
        ({"to": "nobody"}, "colleague_unsuitable"),
        ({"from_staff": "other_head"}, "forbidden"),
        ({"from_staff": "deputy"}, "forbidden"),
    ],
)
async def test_a_delegation_that_cannot_be_is_refused(home, changes, expected):
    other = await builders.station()
    people = {
        "head": await builders.staff("station_head", home.id),
        "deputy": await builders.staff("deputy_head", home.id),
        "stranger": await builders.staff("deputy_head", other.id),
        "other_head": await builders.staff("station_head", other.id),
    }
    named = {
        key: people[value].actor.id
        if value in people
        else ids.uuid7()
        if value == "nobody"
        else value
        for key, value in changes.items()
    }
    plain = {"to": people["deputy"].actor.id, "from_on": TODAY, "to_on": TODAY, "reason": "休假"}
    asked = Delegate(**plain | named)
    assert await code(staffing.delegate(people["head"].call(), asked)) == expected
    assert await fetch("SELECT FROM delegation") == []


async def test_two_delegations_at_once_are_refused_by_the_database_itself(home):
    head, deputy, third = [
        await builders.staff(r, home.id) for r in ("station_head", "deputy_head", "social_worker")
    ]
    plain = {"from_on": TODAY, "to_on": TODAY + 9 * DAY, "reason": "休假"}
    await staffing.delegate(head.call(), Delegate(to=deputy.actor.id, **plain))
    again = plain | {"from_on": TODAY + 9 * DAY, "to_on": TODAY + 10 * DAY}
    for to in (deputy, third):
        asked = Delegate(to=to.actor.id, **again)
        assert await code(staffing.delegate(head.call(), asked)) == "delegation_overlaps"
    with pytest.raises(Violation):
        await execute(
            "INSERT INTO delegation SELECT gen_random_uuid(), station_id, from_staff, $1, from_on,"
            " to_on, reason, made_at FROM delegation",
            third.actor.id,
        )
    for who in (deputy, third, await builders.staff("admin"), await builders.staff("auditor")):
        assert (
            await code(staffing.delegate(who.call(), Delegate(to=third.actor.id, **plain)))
            == "forbidden"
        )
    # A head who is ill: the county, in his name.
    ill = await builders.staff("station_head", home.id)
    county = await builders.staff("county")
    asked = Delegate(to=third.actor.id, from_staff=ill.actor.id, **plain)
    assert (await staffing.delegate(county.call(), asked)).from_staff == ill.actor.id


async def test_a_change_of_contractor_closes_the_accounts_and_keeps_the_records(client, home):
    other, stays = await builders.station(), await builders.station()
    old = [await builders.staff(r, home.id) for r in ("station_head", "social_worker")]
    far, kept = (
        await builders.staff("social_worker", other.id),
        await builders.staff("social_worker", stays.id),
    )
    admin = await builders.staff("admin")
    person = await builders.active(home.id)
    waits = await waiting_record(old[1], home.id, person)
    await record(old[1], home.id, line(person, served_on=TODAY - DAY))
    body = {
        "station_ids": [str(home.id), str(other.id)],
        "on": TODAY.isoformat(),
        "reason": "承接机构更换",
    }
    for who in (old[0], kept):
        answer = await client.post("/v1/stations/close-accounts", json=body, headers=who.auth)
        assert answer.status_code == 403
    answer = await client.post("/v1/stations/close-accounts", json=body, headers=admin.auth)
    assert answer.status_code == 200, answer.text
    closed = {one for station in answer.json()["stations"] for one in station["closed"]}
    assert closed >= {str(who.actor.id) for who in (*old, far)}
    for who in (*old, far):
        assert (await client.get("/v1/me", headers=who.auth)).status_code == 401
    assert (await client.get("/v1/me", headers=kept.auth)).status_code == 200

    # The next contractor's people come, decide what waits, and see who entered it.
    fresh = await builders.staff("social_worker", home.id, now=NOW + DAY)
    url = f"/v1/service-records?station_id={home.id}"
    rows = (await client.get(url, headers=fresh.auth)).json()["items"]
    assert {row["entered_by"] for row in rows} == {str(old[1].actor.id)}
    assert (await decide(fresh, waits, NOW + DAY)).outcome == "approved"
    accounts = (await client.get("/v1/accounts?limit=100", headers=admin.auth)).json()["items"]
    named = {one["id"]: one for one in accounts}
    assert named[str(old[1].actor.id)]["closed_at"]
    assert named[str(old[1].actor.id)]["display_name"]
    reasons = await fetch("SELECT DISTINCT reason FROM departure")
    assert [row["reason"] for row in reasons] == ["承接机构更换"]
    await assert_books_agree()


async def test_a_closing_to_come_waits_for_its_day_and_spares_the_next_contractor(home):
    county = await builders.staff("county")
    old = await builders.staff("social_worker", home.id)
    asked = CloseStations(station_ids=[home.id], on=TODAY + 2 * DAY, reason=WHY)
    [ordered] = (await staffing.close_stations(county.call(), asked)).stations
    assert ordered.closed == []
    fresh = await builders.staff("social_worker", home.id, now=NOW + DAY)
    assert await code(staffing.close_stations(county.call(), asked)) == "closing_ordered"
    assert await staffing.close_what_is_due(builders.call(now=NOW + DAY)) == 0
    assert await staffing.close_what_is_due(builders.call(now=NOW + 2 * DAY)) >= 1
    assert await staffing.close_what_is_due(builders.call(now=NOW + 2 * DAY)) == 0
    rows = await fetch("SELECT id FROM staff WHERE closed_at IS NULL")
    still_open = {row["id"] for row in rows}
    assert old.actor.id not in still_open
    assert {fresh.actor.id, county.actor.id} <= still_open


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"on": TODAY - DAY}, "date_in_past"),
        ({"on": date(9999, 12, 31)}, "date_out_of_range"),
        ({"station_ids": "twice"}, "item_repeated"),
        ({"station_ids": "unknown"}, "station_unknown"),
    ],
)
async def test_a_closing_that_cannot_be_is_refused_whole(home, changes, expected):
    county, worker = await builders.staff("county"), await builders.staff("social_worker", home.id)
    stations = {"twice": [home.id, home.id], "unknown": [home.id, ids.uuid7()]}
    plain = {"station_ids": [home.id], "on": TODAY, "reason": WHY} | changes
    if isinstance(plain["station_ids"], str):
        plain["station_ids"] = stations[plain["station_ids"]]
    assert await code(staffing.close_stations(county.call(), CloseStations(**plain))) == expected
    assert await fetch("SELECT FROM closing") == []
    [row] = await fetch("SELECT closed_at FROM staff WHERE id = $1", worker.actor.id)
    assert row["closed_at"] is None


@pytest.mark.parametrize("table", ["departure", "hand_over"])
async def test_the_trail_of_leavers_cannot_be_edited(home, table):
    leaver, heir = [await builders.staff("social_worker", home.id) for _ in range(2)]
    head = await builders.staff("station_head", home.id)
    await waiting_record(leaver, home.id, await builders.active(home.id))
    await staffing.leave(head.call(), leaver.actor.id, Leave(to=heir.actor.id, reason=WHY))
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = gen_random_uuid()"):
        with pytest.raises(Violation, match="append-only"):
            await execute(statement)
