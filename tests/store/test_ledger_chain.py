"""The ledger's chain: Python and PostgreSQL say the same bytes, and the migration fills it."""

import asyncio
import uuid
from datetime import UTC, date, datetime

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from piccolo.apps.migrations.commands.backwards import run_backwards

from tests import builders
from tests.actions.world import hours
from volunteer_svc.actions import corrections
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.domain.ledger import Posting, entry_hash
from volunteer_svc.domain.volunteer import NO_ENTRIES
from volunteer_svc.store.database import ENGINE, fetch
from volunteer_svc.store.migrate import migrate

MIGRATION = "2026-11-22T13:20:00:000000"
IN_SQL = """
SELECT ledger_hash($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
ALL = "SELECT volunteer_id, seq, hash FROM ledger_entry ORDER BY volunteer_id, seq"
LAST = "SELECT id, ledger_hash FROM volunteer ORDER BY id"
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
POSTINGS = st.builds(
    Posting,
    id=st.uuids(),
    record_id=st.uuids(),
    correction_id=st.none() | st.uuids(),
    kind=st.sampled_from(["service", "approval", "correction"]),
    minutes_delta=st.integers(-1440, 1440),
    station_id=st.uuids(),
    served_on=st.dates(date(1949, 10, 1), date(2200, 1, 1)),
    entered_at=INSTANTS,
)
POSTING = Posting(
    id=uuid.UUID(int=1),
    record_id=uuid.UUID(int=2),
    kind="service",
    minutes_delta=60,
    station_id=uuid.UUID(int=3),
    served_on=date(2026, 11, 20),
    entered_at=datetime(2026, 11, 20, 4, tzinfo=UTC),
)


async def test_python_and_sql_say_the_same(database, own_url):
    connection = await asyncpg.connect(own_url)
    loop = asyncio.get_running_loop()

    @given(POSTINGS, st.uuids(), st.integers(1, 2**31 - 1), st.integers(0, 2**31 - 1), st.binary(
        min_size=32, max_size=32))  # fmt: skip
    def agree(posting, owner, seq, balance, previous):
        asked = connection.fetchval(
            IN_SQL, previous, posting.id, owner, seq, posting.record_id, posting.correction_id,
            posting.kind, posting.minutes_delta, balance, posting.station_id, posting.served_on,
            posting.entered_at,
        )  # fmt: skip
        said = asyncio.run_coroutine_threadsafe(asked, loop).result(10)
        assert said == entry_hash(posting, owner, seq=seq, balance=balance, previous=previous)

    await asyncio.to_thread(agree)
    await connection.close()


@pytest.mark.parametrize(
    "change",
    [
        {"id": uuid.UUID(int=9)}, {"record_id": uuid.UUID(int=9)}, {"station_id": uuid.UUID(int=9)},
        {"correction_id": uuid.UUID(int=9)}, {"kind": "approval"}, {"minutes_delta": 61},
        {"served_on": date(2026, 11, 19)},
        {"entered_at": datetime(2026, 11, 20, 4, 0, 0, 1, tzinfo=UTC)},
        {"seq": 2}, {"balance": 61}, {"previous": bytes(31) + b"\1"},
        {"volunteer_id": uuid.UUID(int=9)},
    ],
)  # fmt: skip
def test_every_field_is_in_the_hash(change):
    plain = {"volunteer_id": uuid.UUID(int=4), "seq": 1, "balance": 60, "previous": NO_ENTRIES}
    own = {name: value for name, value in change.items() if name in plain}
    posting = {name: value for name, value in change.items() if name not in plain}
    changed = msgspec.structs.replace(POSTING, **posting)
    assert entry_hash(changed, **plain | own) != entry_hash(POSTING, **plain)


@pytest.fixture
async def books(database):
    """Two volunteers with hours, one with a correction that takes some away."""
    station = await builders.station()
    worker = await builders.staff("social_worker", station.id)
    for total in (960, 6_060):
        person = await builders.active(station.id, date(2025, 3, 3))
        await hours(worker, station.id, person, total)
        rows = await fetch("SELECT id FROM service_record WHERE volunteer_id = $1", person.id)
        await corrections.correct_record(
            worker.call(), rows[0]["id"], Correct(minutes=30, reason="看错")
        )


async def test_every_entry_is_chained_to_the_one_before_it(books):
    chained = await fetch(
        "SELECT hash, ledger_chain(id, volunteer_id, seq, record_id, correction_id, kind,"
        " minutes_delta, balance, station_id, served_on, entered_at)"
        " OVER (PARTITION BY volunteer_id ORDER BY seq) AS expected FROM ledger_entry"
    )
    assert len(chained) == 2 + 1 + 13 + 1
    assert [row["hash"] for row in chained] == [row["expected"] for row in chained]
    last = await fetch(
        "SELECT v.ledger_hash, e.hash FROM volunteer v"
        " JOIN ledger_entry e ON e.volunteer_id = v.id AND e.seq = v.ledger_seq"
    )
    assert len(last) == 2
    assert all(row["ledger_hash"] == row["hash"] for row in last)


async def test_the_migration_fills_the_chain_of_rows_that_exist(books, database, own_url):
    connection = await asyncpg.connect(own_url)
    entries, last = await connection.fetch(ALL), await connection.fetch(LAST)
    await connection.close()
    await run_backwards("volunteer_svc", MIGRATION, auto_agree=True)
    pool, ENGINE.pool = ENGINE.pool, None
    await migrate(database)
    ENGINE.pool = pool
    connection = await asyncpg.connect(own_url)
    assert (await connection.fetch(ALL), await connection.fetch(LAST)) == (entries, last)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await connection.execute("UPDATE ledger_entry SET hash = sha256('')")
    await connection.close()
