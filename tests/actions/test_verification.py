"""`verify`: right books pass; whatever row is changed by hand is found and named."""

from types import SimpleNamespace

import asyncpg
import pytest

from tests import builders
from tests.actions.world import hours, line, record
from volunteer_svc.actions import approvals, corrections, volunteers
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.verification import Verified, verify_all
from volunteer_svc.store import event_log, trails
from volunteer_svc.store.verification import snapshot


@pytest.fixture
async def books(database, own_url):
    """Two volunteers with stars won and lost, an approval, corrections; the trails chained."""
    station = await builders.station()
    worker = await builders.staff("social_worker", station.id)
    second = await builders.staff("deputy_head", station.id)
    people = [await builders.active(station.id) for _ in range(2)]
    for person in people:
        await hours(worker, station.id, person, 12_600)
        outcomes = await record(worker, station.id, line(person, minutes=600))
        approve = Decide(kind="record", id=outcomes[0].record_id, decision="approve")
        await approvals.decide_waiting(second.call(), Decisions(decisions=[approve]))
        rows = await volunteers.read_ledger(worker.call(), person.id, after=0, limit=1)
        to_zero = Correct(minutes=0, reason="看错")
        await corrections.correct_record(worker.call(), rows[0].record_id, to_zero)
    for n in range(2):
        rows = await volunteers.read_ledger(worker.call(), people[0].id, after=n + 1, limit=1)
        await corrections.correct_record(worker.call(), rows[0].record_id, to_zero)
    await builders.active(station.id)
    sequencer = await event_log.connect(database)
    while await trails.move(sequencer, 1000):
        pass
    await event_log.disconnect(sequencer)
    connection = await asyncpg.connect(own_url)
    # As a superuser who has switched triggers and references off.
    await connection.execute("SET session_replication_role = replica")
    yield SimpleNamespace(config=database, sql=connection, one=people[0], two=people[1])
    await connection.close()


async def found(config):
    verified = Verified()
    async with snapshot(config) as one:
        differences = [
            difference async for difference in verify_all(one, verified, lambda *_: None)
        ]
    return differences, verified


async def test_right_books_agree(books):
    differences, verified = await found(books.config)
    assert differences == []
    assert verified.counts["volunteers"] == 3
    assert verified.counts["ledger_entries"] == 2 * (27 + 1 + 1) + 2
    assert verified.counts["audit"] >= 20
    assert verified.counts["access"] == 4


ONE = "volunteer_id = $1"
STATION = "(SELECT id FROM station LIMIT 1)"


@pytest.mark.parametrize(
    ("table", "column", "tampering"),
    [
        ("ledger_entry", "balance",
         f"UPDATE ledger_entry SET minutes_delta = minutes_delta + 60 WHERE {ONE} AND seq = 5"),
        ("ledger_entry", "balance",
         f"UPDATE ledger_entry SET balance = balance + 60 WHERE {ONE} AND seq = 5"),
        ("ledger_entry", "hash",
         f"UPDATE ledger_entry SET served_on = served_on + 1 WHERE {ONE} AND seq = 5"),
        ("ledger_entry", "hash",
         (f"UPDATE ledger_entry SET entered_at = entered_at + interval '1 us' WHERE {ONE}"
         " AND seq = 5")),
        ("ledger_entry", "hash",
         f"UPDATE ledger_entry SET hash = sha256('') WHERE {ONE} AND seq = 5"),
        ("ledger_entry", "hash",
         f"UPDATE ledger_entry SET kind = 'approval' WHERE {ONE} AND seq = 5"),
        ("ledger_entry", "hash",
         f"UPDATE ledger_entry SET id = gen_random_uuid() WHERE {ONE} AND seq = 5"),
        ("ledger_entry", "seq", f"DELETE FROM ledger_entry WHERE {ONE} AND seq = 5"),
        ("ledger_entry", "seq", f"UPDATE ledger_entry SET seq = seq + 99 WHERE {ONE} AND seq = 5"),
        ("volunteer", "ledger_seq",
         (f"DELETE FROM ledger_entry WHERE {ONE} AND seq = (SELECT ledger_seq FROM volunteer"
         " WHERE id = $1)")),
        ("ledger_entry", "balance",
         ("INSERT INTO ledger_entry SELECT gen_random_uuid(), volunteer_id, seq + 1, record_id,"
         " gen_random_uuid(), 'correction', 60, balance, station_id, served_on, entered_at, hash"
         f" FROM ledger_entry WHERE {ONE} ORDER BY seq DESC LIMIT 1")),
        ("volunteer", "counted_minutes",
         "UPDATE volunteer SET counted_minutes = counted_minutes + 60 WHERE id = $1"),
        ("volunteer", "star", "UPDATE volunteer SET star = 5 WHERE id = $1"),
        ("volunteer", "ledger_hash", "UPDATE volunteer SET ledger_hash = sha256('') WHERE id = $1"),
        ("volunteer", "rated_under", "UPDATE volunteer SET rated_under = 'mine' WHERE id = $1"),
        ("star_change", "from_star",
         f"UPDATE star_change SET from_star = 0, to_star = 1 WHERE {ONE} AND from_star = 1"),
        ("star_change", "to_star", f"DELETE FROM star_change WHERE {ONE} AND to_star = 2"),
        ("star_change", "minutes_after",
         f"UPDATE star_change SET minutes_after = 29999 WHERE {ONE} AND to_star = 2"),
        ("star_change", "to_star",
         ("INSERT INTO star_change SELECT gen_random_uuid(), volunteer_id, ledger_entry_id, 2, 3,"
         " 1, 2, policy_version, cause_kind, cause_id, changed_on FROM star_change"
         f" WHERE {ONE} AND to_star = 2 LIMIT 1")),
        ("yearly_minutes", "minutes",
         f"UPDATE yearly_minutes SET minutes = minutes + 60 WHERE {ONE}"),
        ("yearly_minutes", "minutes", f"DELETE FROM yearly_minutes WHERE {ONE}"),
        ("yearly_minutes", "minutes",
         "INSERT INTO yearly_minutes VALUES ($1, gen_random_uuid(), 2025, 60)"),
        ("year_total", "minutes", "INSERT INTO year_total VALUES ($1, 2025, 60)"),
        ("year_total", "minutes", f"UPDATE year_total SET minutes = minutes + 60 WHERE {ONE}"),
        ("year_total", "minutes", f"DELETE FROM year_total WHERE {ONE}"),
        ("service_record", "standing_minutes",
         (f"UPDATE service_record SET standing_minutes = 481 WHERE {ONE}"
         " AND standing_minutes = 480")),
        ("service_record", "minutes",
         f"UPDATE service_record SET minutes = 481 WHERE {ONE} AND standing_minutes = 480"),
        ("service_record", "served_on",
         (f"UPDATE service_record SET served_on = '2020-01-01' WHERE {ONE}"
         " AND standing_minutes = 480")),
        ("service_record", "state",
         f"UPDATE service_record SET state = 'rejected' WHERE {ONE} AND standing_minutes = 480"),
        ("service_record", "standing_minutes",
         ("INSERT INTO service_record SELECT (jsonb_populate_record(r, jsonb_build_object('id',"
         " gen_random_uuid(), 'started_at', NULL))).* FROM service_record r"
         f" WHERE {ONE} AND standing_minutes = 480 LIMIT 1")),
        ("ledger_entry", "volunteer_id", "DELETE FROM volunteer WHERE id = $1"),
    ],
)  # fmt: skip
async def test_a_row_changed_by_hand_is_found_and_named(books, table, column, tampering):
    await books.sql.execute(tampering, books.one.id)
    (first, *_), _ = await found(books.config)
    assert (first.table, first.column) == (table, column), first
    assert str(books.one.id) in first.row or table == "service_record"
    assert first.expected != first.found
    everything, _ = await found(books.config)
    assert not any(str(books.two.id) in difference.row for difference in everything)


@pytest.mark.parametrize("table", ["audit_entry", "access_log"])
@pytest.mark.parametrize(
    ("row", "column", "tampering"),
    [
        ("seq 3", "hash", "UPDATE {} SET actor_id = gen_random_uuid() WHERE seq = 3"),
        ("seq 3", "hash", "UPDATE {} SET detail = '{{}}' || detail WHERE seq = 3"),
        ("seq 3", "hash", ("UPDATE {} SET happened_at = happened_at - interval '1 day'"
                          " WHERE seq = 3")),
        ("seq 3", "hash", "UPDATE {} SET hash = sha256('') WHERE seq = 3"),
        ("seq 2", "seq", "DELETE FROM {} WHERE seq = 2"),
        ("seq 1", "seq", "DELETE FROM {} WHERE seq = 1"),
        ("seq 2", "hash", ("UPDATE {} SET seq = 1000 WHERE seq = 2;"
                          "UPDATE {} SET seq = 2 WHERE seq = 3;"
                          "UPDATE {} SET seq = 3 WHERE seq = 1000")),
        ("seq last", "seq", "DELETE FROM {} WHERE seq = (SELECT max(seq) FROM {})"),
        ("seq last", "seq", "DELETE FROM {} WHERE seq > 0"),
    ],
)  # fmt: skip
async def test_an_entry_changed_removed_moved_or_cut_off_is_found(
    books, table, row, column, tampering
):
    if row == "seq last":
        row = f"seq {await books.sql.fetchval(f'SELECT max(seq) FROM {table}')}"
    await books.sql.execute(tampering.format(table, table, table))
    (first, *_), _ = await found(books.config)
    assert (first.table, first.row, first.column) == (table, row, column)


async def test_a_head_put_back_behind_its_trail_is_found(books):
    await books.sql.execute("UPDATE trail_head SET last_hash = sha256('') WHERE trail = 'audit'")
    (first, *_), _ = await found(books.config)
    assert (first.table, first.row, first.column) == ("trail_head", "audit", "last_hash")


async def test_every_difference_is_named_when_all_are_asked_for(books):
    await books.sql.execute("UPDATE volunteer SET star = 4 WHERE ledger_seq > 0")
    differences, _ = await found(books.config)
    assert len(differences) == 2
    assert {difference.found for difference in differences} == {4}
