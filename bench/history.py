"""A million records of last year, written by bulk SQL: what a county has when it is measured.

Without them the first plans are made for empty tables, and every index fits into a page.
"""

import asyncio
from datetime import date

import asyncpg

from bench.entries import STATIONS, VOLUNTEERS, station_id, volunteer_sql

RECORDS = 1_000_000
_EACH = RECORDS // VOLUNTEERS
_DAYS_APART = 18
"""Of one volunteer's records: twenty of them fill a year."""

# `turn` is a volunteer's n-th record. Minutes differ, and never reach the first star. One in ten
# serves elsewhere; one in five knows the times, as paper lists are.
_PLAN = f"""
SELECT ('01910000-0000-7000-8000-' || lpad(to_hex(turn * {VOLUNTEERS} + v), 12, '0'))::uuid
        AS record_id,
    v, turn,
    {volunteer_sql("v")} AS volunteer_id,
    ('{str(station_id(0))[:24]}' || lpad(to_hex((v + (turn % 10) / 9) % {STATIONS}), 12, '0'))::uuid
        AS station_id,
    make_date($1, 1, 1) + turn * {_DAYS_APART} AS served_on,
    30 + (v::bigint * 7919 + turn * 104729) % 269 AS minutes
FROM generate_series(0, {_EACH - 1}) turn, generate_series(0, {VOLUNTEERS - 1}) v
"""
_RECORDS = f"""
INSERT INTO service_record (id, volunteer_id, station_id, served_on, started_at, ended_at,
    break_minutes, minutes, standing_minutes, evidence, evidence_reference, state, late,
    late_reason, title, kind, place, leader, content, external_ref, entered_at)
SELECT record_id, volunteer_id, station_id, served_on,
    CASE WHEN turn % 5 = 0 THEN served_on + interval '1 hour' END,
    CASE WHEN turn % 5 = 0 THEN served_on + interval '1 hour' + minutes * interval '1 minute' END,
    0, minutes, minutes, 'staff', '', 'counted', false, '', '敬老院陪伴', 'elder_care',
    '社区活动室', '', '', '', served_on
FROM ({_PLAN}) AS plan ORDER BY turn, v
"""
_LEDGER = f"""
INSERT INTO ledger_entry (id, volunteer_id, seq, record_id, kind, minutes_delta, balance,
    station_id, served_on, entered_at, hash)
SELECT record_id, volunteer_id, turn + 1, record_id, 'service', minutes, balance, station_id,
    served_on, served_on,
    ledger_chain(record_id, volunteer_id, turn + 1, record_id, NULL, 'service', minutes::int,
        balance::int, station_id, served_on, served_on) OVER (PARTITION BY v ORDER BY turn)
FROM (
    SELECT *, sum(minutes) OVER (PARTITION BY v ORDER BY turn) AS balance FROM ({_PLAN}) AS plan
) AS posted
ORDER BY turn, v
"""
_TOTALS = f"""
WITH written AS (
    INSERT INTO yearly_minutes (volunteer_id, station_id, year, minutes)
    SELECT volunteer_id, station_id, $1, sum(minutes)
    FROM ({_PLAN}) AS plan GROUP BY volunteer_id, station_id
    RETURNING volunteer_id, minutes
), year AS (
    INSERT INTO year_total (volunteer_id, year, minutes)
    SELECT volunteer_id, $1, sum(minutes) FROM written GROUP BY volunteer_id
)
UPDATE volunteer SET counted_minutes = balance, ledger_seq = {_EACH}, ledger_hash = hash,
    version = version + {_EACH}
FROM ledger_entry AS last WHERE volunteer.id = last.volunteer_id AND last.seq = {_EACH}
"""


async def write(database_url: str, today: date) -> None:
    """Afterwards every volunteer has twenty records in the year before `today`."""
    await asyncio.gather(
        _run(database_url, today.year - 1, _RECORDS),
        _run(database_url, today.year - 1, _LEDGER, _TOTALS),
    )


async def _run(database_url: str, year: int, *statements: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        # References hold by construction; checking three million of them takes a minute.
        await connection.execute("SET session_replication_role = replica")
        for statement in statements:
            await connection.execute(statement, year)
    finally:
        await connection.close()
