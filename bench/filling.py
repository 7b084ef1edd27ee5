"""Fills the database with active volunteers, stations and signed-in staff, by bulk SQL."""

import secrets
from datetime import date, timedelta

import asyncpg

from bench import history
from bench.entries import STATIONS, VOLUNTEERS, station_id, volunteer_id
from volunteer_svc import ids
from volunteer_svc.domain.document import Document, check_digit
from volunteer_svc.identity.people import document_hash
from volunteer_svc.identity.tokens import token_hash

_STATIONS = """
INSERT INTO station (id, code, name, kind, created_at, version, revision)
SELECT id, 'B' || n, 'B' || n || '社工站', 'station', now(), 1, 1
FROM unnest($1::uuid[]) WITH ORDINALITY AS s (id, n)
"""
_VOLUNTEERS = """
WITH made AS (
    INSERT INTO volunteer (id, member_no, station_id, counted_minutes, star, rated_under,
        ledger_seq, version, revision, created_at)
    SELECT id, lpad(n::text, 8, '0'), station_id, 0, 0, 'jilin-2021', 0, 2, 1, now()
    FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS v (id, station_id, n)
)
INSERT INTO registration (id, volunteer_id, number, station_id, channel, receipt, form_sealed,
    rules_version, household_local, applied_on, expires_on, registered_on, induction_due_on,
    attended_on, inducted_on, received_at, revision)
SELECT uuidv7(), id, 1, station_id, 'staff', 'B' || n, '', '2021', true, $3::date, $3::date + 180,
    $3::date, $3::date + 90, $3::date + 1, $3::date + 1, now(), 1
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS v (id, station_id, n)
"""
_PEOPLE = """
INSERT INTO person (volunteer_id, name, sex, birth_date, document_kind, document_sealed,
    document_hash, area, skills)
SELECT id, '志愿者' || n, 'F', '1980-01-01', 'id_card', '', hash, '', ''
FROM unnest($1::uuid[], $2::bytea[]) WITH ORDINALITY AS p (id, hash, n)
"""
_STAFF = """
WITH made AS (
    INSERT INTO staff (id, username, display_name, password_hash, role, station_id, created_at)
    SELECT id, 'bench' || n, 'bench', '', 'social_worker', station_id, now()
    FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS s (id, station_id, n)
)
INSERT INTO session (id, token_hash, staff_id, created_at, expires_at)
SELECT gen_random_uuid(), hash, id, now(), now() + interval '30 days'
FROM unnest($1::uuid[], $3::bytea[]) AS s (id, hash)
"""
_COUNTY = """
INSERT INTO staff (id, username, display_name, password_hash, role, created_at)
VALUES ($1, $2, 'bench', '', 'county', now())
"""
COUNTY_ACCOUNTS = ("county1", "county2")
"""Who imports, and who approves it."""
_ENROLLED_BEFORE_DAYS = 2_000


def document_number(index: int) -> str:
    """A citizen number that is possible but never issued: no place has the code 100000."""
    thousand, last = divmod(index, 1_000)
    first = f"100000{1960 + thousand}0101{last:03d}"
    return first + check_digit(first)


async def fill(database_url: str, today: date) -> list[str]:
    """Everybody is there afterwards. Returns a token for each station's social worker.

    The key ring of the run is loaded.
    """
    stations = [station_id(n) for n in range(STATIONS)]
    people = [volunteer_id(n) for n in range(VOLUNTEERS)]
    homes = [stations[n % STATIONS] for n in range(VOLUNTEERS)]
    hashes = [document_hash(Document("id_card", document_number(n))) for n in range(VOLUNTEERS)]
    tokens = [secrets.token_urlsafe(32) for _ in stations]
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            enrolled_on = today - timedelta(days=_ENROLLED_BEFORE_DAYS)
            await connection.execute(_STATIONS, stations)
            await connection.execute(_VOLUNTEERS, people, homes, enrolled_on)
            await connection.execute(_PEOPLE, people, hashes)
            staff = [ids.uuid7() for _ in stations]
            await connection.execute(_STAFF, staff, stations, [token_hash(t) for t in tokens])
            for name in COUNTY_ACCOUNTS:
                await connection.execute(_COUNTY, ids.uuid7(), name)
        await history.write(database_url, today)
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return tokens
