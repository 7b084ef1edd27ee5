"""The schema: what it says, and what it refuses as the last line."""

import io
import uuid
from contextlib import asynccontextmanager, redirect_stdout
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from piccolo.apps.migrations.commands.backwards import run_backwards
from piccolo.table import Table

from volunteer_svc.store import tables
from volunteer_svc.store.database import ENGINE, execute, fetch
from volunteer_svc.store.migrate import migrate

MIGRATIONS = Path(__file__).parents[2] / "migrations"
DECLARED = {
    table._meta.tablename: table
    for table in vars(tables).values()
    if isinstance(table, type) and issubclass(table, Table) and table is not Table
}


def type_of(column):
    """Piccolo's type as information_schema says it."""
    plain = column.column_type.lower()
    if plain.endswith("[]"):
        return "ARRAY"
    if plain.startswith("varchar"):
        return f"character varying{plain.removeprefix('varchar')}"
    return {
        "timestamptz": "timestamp with time zone",
        "bigserial": "bigint",
    }.get(plain, plain)


async def test_piccolos_tables_are_those_of_the_migrations(database):
    rows = await fetch(
        """
        SELECT table_name, column_name, is_nullable = 'YES' AS nullable,
            data_type || coalesce('(' || character_maximum_length || ')', '') AS type
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'migration'
        """
    )
    written = {(r["table_name"], r["column_name"]): (r["type"], r["nullable"]) for r in rows}
    declared = {
        (name, column._meta.db_column_name): (type_of(column), column._meta.null)
        for name, table in DECLARED.items()
        for column in table._meta.columns
    }
    assert declared == written


async def test_every_foreign_key_restricts(database):
    rows = await fetch(
        "SELECT conrelid::regclass::text AS name FROM pg_constraint"
        " WHERE contype = 'f' AND (confdeltype NOT IN ('a', 'r') OR confupdtype NOT IN ('a', 'r'))"
    )
    assert [row["name"] for row in rows] == []


async def test_the_migrations_have_a_way_back_and_forth_again(database):
    await run_backwards("volunteer_svc", "all", auto_agree=True)
    rows = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {row["tablename"] for row in rows} == {"migration"}
    pool, ENGINE.pool = ENGINE.pool, None
    await migrate(database)
    ENGINE.pool = pool


@asynccontextmanager
async def migrated_to(database, migration):
    """The schema as it was after that migration; afterwards it is brought up to date again."""
    with redirect_stdout(io.StringIO()):
        await run_backwards("volunteer_svc", following(migration), auto_agree=True)
    yield
    pool, ENGINE.pool = ENGINE.pool, None
    await migrate(database)
    ENGINE.pool = pool


def following(migration):
    """The id of the migration behind that one: going back undoes it and all that follow."""
    ids = sorted(
        module.removesuffix("_000000.py").removeprefix("volunteer_svc_")
        for module in (path.name for path in MIGRATIONS.glob("volunteer_svc_*.py"))
    )
    written = [f"{one[:10].replace('_', '-')}T{one[11:].replace('_', ':')}:000000" for one in ids]
    return written[written.index(migration) + 1]


async def record(volunteer_id, station_id, **changes):
    now = datetime(2026, 6, 15, tzinfo=UTC)
    row = {
        "id": uuid.uuid4(), "volunteer_id": volunteer_id, "station_id": station_id,
        "served_on": date(2026, 6, 15), "started_at": now, "ended_at": now + timedelta(hours=1),
        "break_minutes": 0, "minutes": 60, "standing_minutes": 60, "evidence": "staff",
        "evidence_reference": "", "state": "counted", "late": False, "late_reason": "",
        "title": "", "place": "", "leader": "", "content": "", "external_ref": "",
        "entered_at": now,
    } | changes  # fmt: skip
    names = ", ".join(row)
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await execute(f"INSERT INTO service_record ({names}) VALUES ({places})", *row.values())
    return row["id"]


@pytest.fixture
async def people(database):
    """A volunteer and a station, by id, without any rule."""
    station_id, volunteer_id = uuid.uuid4(), uuid.uuid4()
    now = datetime(2026, 6, 15, tzinfo=UTC)
    await execute(
        "INSERT INTO station VALUES ($1, 'A', 'A', 'station', NULL, NULL, $2, 1, 1)",
        station_id, now,
    )  # fmt: skip
    await execute(
        "INSERT INTO volunteer VALUES ($1, NULL, $2, 0, 0, 'jilin-2021', 0, 0, 1, $3)",
        volunteer_id, station_id, now,
    )  # fmt: skip
    return volunteer_id, station_id


async def test_two_records_at_one_time_are_refused_by_the_database_itself(people):
    await record(*people)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await record(*people)
    await record(*people, state="rejected")


@pytest.mark.parametrize("place", ["volunteer_id", "station_id", "entered_by", "import_id"])
async def test_a_record_of_somebody_or_something_unknown_is_refused_by_the_database_itself(
    people, place
):
    known = dict(zip(("volunteer_id", "station_id"), people, strict=True))
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await record(**known | {place: uuid.uuid4()})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"minutes": 0}, asyncpg.CheckViolationError),
        ({"minutes": 1441}, asyncpg.CheckViolationError),
        ({"standing_minutes": -1}, asyncpg.CheckViolationError),
        ({"late": True}, asyncpg.CheckViolationError),
        ({"state": "waiting"}, asyncpg.CheckViolationError),
        ({"level": "county"}, asyncpg.CheckViolationError),
        ({"ended_at": None}, asyncpg.CheckViolationError),
    ],
)
async def test_a_record_that_breaks_a_rule_is_refused_by_the_database_itself(
    people, change, problem
):
    with pytest.raises(problem):
        await record(*people, **change)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE service_record SET minutes = 600 WHERE id = $1",
        "UPDATE service_record SET volunteer_id = gen_random_uuid() WHERE id = $1",
        "UPDATE service_record SET id = gen_random_uuid() WHERE id = $1",
        "DELETE FROM service_record WHERE id = $1",
        "UPDATE ledger_entry SET minutes_delta = 600 WHERE record_id = $1",
        "DELETE FROM ledger_entry WHERE record_id = $1",
    ],
)
async def test_records_and_ledger_cannot_be_edited_or_deleted(people, statement):
    volunteer_id, station_id = people
    record_id = await record(volunteer_id, station_id)
    await execute(
        "INSERT INTO ledger_entry VALUES (gen_random_uuid(), $1, 1, $2, NULL, 'service', 60, 60,"
        " $3, '2026-06-15', now(), sha256(''))",
        volunteer_id, record_id, station_id,
    )  # fmt: skip
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await execute(statement, record_id)


async def test_a_ledger_entry_of_an_unknown_record_is_refused_by_the_database_itself(people):
    volunteer_id, station_id = people
    record_id = await record(volunteer_id, station_id)
    insert = (
        "INSERT INTO ledger_entry SELECT gen_random_uuid(), $1, n, record_id, NULL, 'service', 60,"
        " 60, $3, '2026-06-15', now(), sha256('')"
        " FROM unnest($2::uuid[]) WITH ORDINALITY AS posted (record_id, n)"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await execute(insert, volunteer_id, [record_id, uuid.uuid4()], station_id)
    await execute(insert, volunteer_id, [record_id], station_id)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM volunteer WHERE id = $1",
        "UPDATE volunteer SET id = gen_random_uuid() WHERE id = $1",
    ],
)
async def test_a_volunteer_stays_and_keeps_his_id(people, statement):
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await execute(statement, people[0])


async def test_a_record_counts_once(people):
    volunteer_id, station_id = people
    record_id = await record(volunteer_id, station_id)
    insert = (
        "INSERT INTO ledger_entry VALUES (gen_random_uuid(), $1, $4, $2, NULL, $5, 60, 60, $3,"
        " '2026-06-15', now(), sha256(''))"
    )
    await execute(insert, volunteer_id, record_id, station_id, 1, "service")
    with pytest.raises(asyncpg.UniqueViolationError):
        await execute(insert, volunteer_id, record_id, station_id, 2, "approval")
