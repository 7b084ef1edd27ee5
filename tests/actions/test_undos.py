"""Undo of a whole sheet or import: totals and stars follow, nobody does it to his own alone."""

import asyncio
from datetime import timedelta

import pytest

from tests import builders
from tests.actions.test_county_import import PERSON, bring_in, served, workbook
from tests.actions.world import assert_books_agree, events, hours, line
from tests.builders import TODAY
from volunteer_svc import ids
from volunteer_svc.actions import corrections, service_records, undos
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.actions.undos import AskUndo, DecideUndo
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import fetch

BOOK = workbook(
    roster=[PERSON],
    services=[served(n, hours=2, day=f"2026-02-{n:02}") for n in range(11, 16)],
)
APPROVE = DecideUndo(decision="approve")


@pytest.fixture
async def here(database):
    home = await builders.station()
    first, second = [await builders.staff("social_worker", home.id) for _ in range(2)]
    return home.id, first, second


async def sheet(worker, station_id, *lines):
    made = await service_records.record_service(
        worker.call(), Sheet(station_id=station_id, entries=list(lines))
    )
    assert "refused" not in {o.outcome for o in made.outcomes}, made.outcomes
    return made.sheet_id


async def undo(who, sheet_id, kind="sheet", reason="重复录入"):
    request = AskUndo(kind=kind, target_id=sheet_id, reason=reason)
    return await undos.ask_undo(who.call(), request)


async def states():
    rows = await fetch("SELECT state, count(*) FROM service_record GROUP BY 1")
    return dict(rows)


async def test_a_sheet_taken_back_takes_minutes_and_stars_with_it(here):
    station_id, first, _ = here
    people = [await builders.active(station_id) for _ in range(3)]
    await hours(first, station_id, people[0], 5_990)
    sheet_id = await sheet(first, station_id, *(line(person) for person in people))
    assert len(await events("star.promoted")) == 1
    done = await undo(first, sheet_id)
    assert (done.state, done.records_done, done.reversed, done.left_over) == ("done", 3, 3, 0)
    told = await events("service.corrected")
    assert [e["minutes_delta"] for e in told] == [-60] * 3
    (revoked,) = await events("star.revoked")
    assert revoked["counted_minutes"] == 5_990
    rows = await fetch("SELECT reason, requested_by FROM correction")
    assert {tuple(row) for row in rows} == {("重复录入", f"undo/{done.id}")}
    await assert_books_agree()
    with pytest.raises(Refusal, match="nothing_to_undo"):
        await undo(first, sheet_id)
    # The time is free again.
    await sheet(first, station_id, *(line(person) for person in people))


async def test_other_sheets_stay_as_they_are(here):
    station_id, first, _ = here
    person = await builders.active(station_id)
    kept = await sheet(first, station_id, line(person))
    gone = await sheet(first, station_id, line(person, minutes=30))
    await undo(first, gone)
    rows = await fetch("SELECT sheet_id, state FROM service_record")
    assert dict(rows) == {kept: "counted", gone: "reversed"}


async def test_a_large_sheet_of_ones_own_waits_for_a_second_person(here):
    station_id, first, second = here
    people = [await builders.active(station_id) for _ in range(21)]
    sheet_id = await sheet(first, station_id, *(line(person) for person in people))
    asked = await undo(first, sheet_id)
    assert (asked.state, await states()) == ("waiting", {"counted": 21})
    with pytest.raises(Refusal, match="undo_waits"):
        await undo(second, sheet_id)
    with pytest.raises(Refusal, match="second_person_required"):
        await undos.decide_undo(first.call(), asked.id, APPROVE)
    with pytest.raises(Refusal, match="reason_required"):
        await undos.decide_undo(second.call(), asked.id, DecideUndo(decision="refuse"))
    refused = DecideUndo(decision="refuse", reason="签到表属实")
    assert (await undos.decide_undo(second.call(), asked.id, refused)).state == "refused"
    asked = await undo(first, sheet_id)
    done = await undos.decide_undo(second.call(), asked.id, APPROVE)
    assert (done.state, done.reversed, await states()) == ("done", 21, {"reversed": 21})
    with pytest.raises(Refusal, match="not_waiting"):
        await undos.decide_undo(second.call(), asked.id, APPROVE)
    await assert_books_agree()


async def test_somebody_elses_large_sheet_is_taken_back_at_once(here):
    station_id, first, second = here
    people = [await builders.active(station_id) for _ in range(21)]
    sheet_id = await sheet(first, station_id, *(line(person) for person in people))
    assert (await undo(second, sheet_id)).state == "done"


async def test_what_waits_is_rejected_by_who_did_not_enter_it_and_own_hours_stay(here):
    station_id, first, second = here
    person, himself = await builders.active(station_id), await builders.active(station_id)
    head = await builders.staff("station_head", station_id, volunteer_id=himself.id)
    sheet_id = await sheet(
        first, station_id, line(person, minutes=500), line(himself),
        line(person, served_on=TODAY - timedelta(days=1)),
    )  # fmt: skip
    rows = await fetch("SELECT id, served_on FROM service_record WHERE served_on < $1", TODAY)
    await corrections.correct_record(second.call(), rows[0]["id"], Correct(minutes=90, reason="x"))
    done = await undo(head, sheet_id)
    assert (done.reversed, done.rejected, done.left_over) == (0, 1, 2)
    assert await states() == {"rejected": 1, "counted": 2}
    assert len(await events("service.rejected")) == 1
    # Her own waiting line she cannot reject: nobody decides what he entered.
    mine = await sheet(first, station_id, line(person, served_on=TODAY, minutes=500))
    left = await undo(first, mine)
    assert (left.rejected, left.left_over) == (0, 1)
    assert (await undo(second, mine)).rejected == 1
    await assert_books_agree()


async def test_another_station_takes_nothing_back(here):
    station_id, first, _ = here
    sheet_id = await sheet(first, station_id, line(await builders.active(station_id)))
    elsewhere = await builders.staff("station_head", (await builders.station()).id)
    with pytest.raises(Refusal, match="forbidden"):
        await undo(elsewhere, sheet_id)
    with pytest.raises(Refusal, match="nothing_to_undo"):
        await undo(elsewhere, ids.uuid7())
    for role in ("admin", "auditor", "bureau"):
        with pytest.raises(Refusal, match="forbidden"):
            await undo(await builders.staff(role), sheet_id)


async def test_an_import_is_taken_back_in_batches_and_its_rows_may_come_again(here, monkeypatch):
    _, first, _ = here
    county, other = [await builders.staff("county") for _ in range(2)]
    run, _ = await bring_in(county, BOOK)
    (before,) = await fetch("SELECT count(*) FROM service_record WHERE state = 'counted'")
    with pytest.raises(Refusal, match="forbidden"):
        await undo(first, run.id, "import")
    asked = await undo(county, run.id, "import")
    assert (asked.state, asked.records_total) == ("waiting", (await states())["counted"])
    assert not await undos.work_on_next(builders.call())
    with pytest.raises(Refusal, match="second_person_required"):
        await undos.decide_undo(county.call(), asked.id, APPROVE)
    assert (await undos.decide_undo(other.call(), asked.id, APPROVE)).state == "running"
    monkeypatch.setattr(undos, "BATCH", 1)
    seen = []
    while await undos.work_on_next(builders.call()):
        seen.append((await undos.read_undo(county.call(), asked.id)).records_done)
    assert seen == sorted(seen)
    assert seen[-1] == asked.records_total
    done = await undos.read_undo(county.call(), asked.id)
    assert (done.state, done.reversed) == ("done", before["count"])
    await assert_books_agree()
    again, _ = await bring_in(county, BOOK)
    assert (await states())["counted"] == before["count"]
    assert again.id != run.id
    await assert_books_agree()


async def test_of_four_who_take_the_same_sheet_back_at_once_one_does(here):
    station_id, first, second = here
    sheet_id = await sheet(first, station_id, line(await builders.active(station_id)))
    made = await asyncio.gather(
        *(undo(who, sheet_id) for who in (first, second) * 2), return_exceptions=True
    )
    assert sorted(m.code if isinstance(m, Refusal) else m.state for m in made).count("done") >= 1
    assert len(await events("service.corrected")) == 1
    await assert_books_agree()
