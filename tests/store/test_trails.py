"""The trails' chain: dense, in commit order per writer, through kills, and never changed."""

import asyncio
import random
from datetime import UTC, datetime, timedelta, timezone

import asyncpg
import msgspec
import pytest

from tests.events.test_sequencer import Dying
from volunteer_svc import ids
from volunteer_svc.domain.actor import Anyone, Client, Self, Staff
from volunteer_svc.domain.trail import (
    NOTHING_BEFORE,
    Entry,
    address_kept,
    difference,
    entry_hash,
)
from volunteer_svc.store import database as db
from volunteer_svc.store import event_log, trails
from volunteer_svc.store.accounts import Account
from volunteer_svc.store.transaction import in_transaction

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
ENTRY = Entry(
    id=ids.uuid7(),
    happened_at=NOW,
    actor_kind="staff",
    actor_id=ids.uuid7(),
    actor_station_id=None,
    channel="api",
    address="10.0.0.1",
    request_id=None,
    action="suspend",
    subject="volunteer/1",
    detail="{}",
)


def entry(writer=0, turn=0):
    changes = {"id": ids.uuid7(), "request_id": f"{writer}", "detail": f"{turn}"}
    return msgspec.structs.replace(ENTRY, **changes)


@pytest.fixture
async def sequencer(database):
    connection = await event_log.connect(database)
    yield connection
    await event_log.disconnect(connection)


async def note(*noted, fail=False):
    async def work():
        # An audit entry is of a transaction that changes something.
        await db.execute("UPDATE policy SET numbers = numbers WHERE false")
        await db.execute("SELECT pg_current_xact_id()")
        await trails.append(noted)
        if fail:
            raise ZeroDivisionError

    await in_transaction(work)


async def assert_chained(trail, count):
    rows = await trails.listing(trail, after=0, limit=100_000)
    assert [row.seq for row in rows] == list(range(1, count + 1))
    last = NOTHING_BEFORE
    for row in rows:
        last = entry_hash(trail, row.seq, row.entry, last)
        assert row.hash == last
    head = await db.fetch_row("SELECT * FROM trail_head WHERE trail = $1", trail)
    assert (head["last_seq"], head["last_hash"]) == (count, last)
    return rows


async def test_racing_writers_are_chained_densely_and_each_in_its_order(sequencer):
    chance = random.Random(3)  # noqa: S311 - what fails, not a secret
    kept = {writer: [] for writer in range(6)}

    async def write(writer):
        for turn in range(40):
            fails = chance.random() < 0.2
            try:
                await note(("audit", entry(writer, turn)), fail=fails)
            except ZeroDivisionError:
                continue
            kept[writer].append(str(turn))

    writing = asyncio.gather(*(write(writer) for writer in kept))
    while not writing.done():
        await trails.move(sequencer, 7)
        await asyncio.sleep(0)
    await writing
    while await trails.move(sequencer, 7):
        pass
    rows = await assert_chained("audit", sum(map(len, kept.values())))
    for writer, turns in kept.items():
        found = [r.entry.detail for r in rows if r.entry.request_id == str(writer)]
        assert found == turns


async def test_two_trails_have_their_own_numbers(sequencer):
    await note(("audit", entry()), ("access", entry()), ("access", entry()))
    assert await trails.move(sequencer, 10) == 3
    await assert_chained("audit", 1)
    await assert_chained("access", 2)


async def test_a_connection_lost_at_any_statement_loses_and_doubles_nothing(database):
    written = 0
    for statements in range(1, 9):
        for reply_is_lost in (False, True):
            await note(("audit", entry()), ("access", entry()))
            written += 1
            connection = await event_log.connect(database)
            dying = Dying(connection, statements, reply_is_lost=reply_is_lost)
            with pytest.raises(db.LOST):
                await trails.move(dying, 1000)
    connection = await event_log.connect(database)
    while await trails.move(connection, 1000):
        pass
    await event_log.disconnect(connection)
    await assert_chained("audit", written)
    await assert_chained("access", written)


async def test_two_that_chain_at_once_give_no_number_twice(database):
    for _ in range(60):
        await note(("audit", entry()))

    async def move_all():
        connection = await event_log.connect(database)
        while await trails.move(connection, 7):
            pass
        await event_log.disconnect(connection)

    await asyncio.gather(*(move_all() for _ in range(4)))
    await assert_chained("audit", 60)


async def test_a_transaction_that_changed_nothing_leaves_no_audit_entry(database):
    async def work():
        await db.fetch("SELECT * FROM policy")
        await trails.append([("audit", entry()), ("access", entry())])

    await in_transaction(work)
    assert [row["trail"] for row in await db.fetch("SELECT trail FROM audit_outbox")] == ["access"]


@pytest.mark.parametrize("table", ["audit_entry", "access_log"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET detail = ''", "DELETE FROM {}", "TRUNCATE {}"]
)
async def test_an_entry_cannot_be_edited_or_deleted(sequencer, table, statement):
    await note(("audit", entry()), ("access", entry()))
    await trails.move(sequencer, 10)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await db.execute(statement.format(table))


@pytest.mark.parametrize("field", Entry.__struct_fields__)
def test_every_field_is_in_the_hash(field):
    change = {
        "id": ids.uuid7(), "happened_at": NOW + timedelta(microseconds=1),
        "actor_id": ids.uuid7(), "actor_station_id": ids.uuid7(),
    }.get(field, "other")  # fmt: skip
    plain = entry_hash("audit", 1, ENTRY, NOTHING_BEFORE)
    changed = msgspec.structs.replace(ENTRY, **{field: change})
    assert entry_hash("audit", 1, changed, NOTHING_BEFORE) != plain


def test_place_trail_and_predecessor_are_in_the_hash():
    hashes = {
        entry_hash("audit", 1, ENTRY, NOTHING_BEFORE),
        entry_hash("access", 1, ENTRY, NOTHING_BEFORE),
        entry_hash("audit", 2, ENTRY, NOTHING_BEFORE),
        entry_hash("audit", 1, ENTRY, bytes(31) + b"\1"),
    }
    assert len(hashes) == 4


def test_texts_cannot_move_from_one_field_to_the_next():
    first = msgspec.structs.replace(ENTRY, action="ab", subject="c")
    second = msgspec.structs.replace(ENTRY, action="a", subject="bc")
    third = msgspec.structs.replace(ENTRY, action="abc", subject=None)
    assert len({entry_hash("audit", 1, one, NOTHING_BEFORE) for one in (first, second, third)}) == 3


def test_the_zone_of_an_instant_does_not_matter():
    local = msgspec.structs.replace(ENTRY, happened_at=NOW.astimezone(timezone(timedelta(hours=8))))
    assert entry_hash("audit", 1, local, NOTHING_BEFORE) == entry_hash(
        "audit", 1, ENTRY, NOTHING_BEFORE
    )


@pytest.mark.parametrize(
    ("actor", "address", "kept"),
    [
        (Staff(ENTRY.id, "county"), "203.0.113.9", "203.0.113.9"),
        (Client(ENTRY.id, frozenset()), "2001:db8::9", "2001:db8::9"),
        (Self(ENTRY.id), "203.0.113.9", "203.0.113.0/24"),
        (Anyone(), "2001:db8:1:2:3::9", "2001:db8:1::/48"),
        (Staff(ENTRY.id, "county"), "unknown, <script>", None),
        (Anyone(), None, None),
    ],
)
def test_whose_address_is_kept_whole(actor, address, kept):
    assert address_kept(actor, address) == kept


def test_a_difference_names_what_changed_and_masks_texts():
    before = Account(
        id=ENTRY.id, username="wang", display_name="王小明", role="county", station_id=None,
        volunteer_id=None, created_at=NOW,
    )  # fmt: skip
    after = msgspec.structs.replace(before, display_name="王大明", closed_at=NOW, role="admin")
    assert difference(before, after) == (
        {"display_name": "***", "closed_at": None, "role": "county"},
        {"display_name": "***", "closed_at": NOW, "role": "admin"},
    )
    assert difference(None, {"phone": "****77"}) == ({}, {"phone": "****77"})
