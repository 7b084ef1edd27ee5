"""What must hold after everything: each acknowledged entry once, log, stream and readers alike."""

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path

import asyncpg
import msgspec
from redis.asyncio import Redis

from tests.crash import reader
from tests.crash.clients import Clients
from volunteer_svc.domain.policy import GUIDELINE_STARS
from volunteer_svc.outbound import redis_stream

_CHUNK = 5000
_SHOWN = 5


class Verdict(msgspec.Struct, kw_only=True):
    """Counts of what is wrong, and the rest in words."""

    acked: int
    lost: int = 0
    double: int = 0
    holes: int = 0
    order: int = 0
    wrong: list[str] = []

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.double or self.holes or self.order or self.wrong)

    def line(self, kills: int) -> str:
        return (
            f"crash: acked={self.acked} lost={self.lost} double={self.double} "
            f"holes={self.holes} order={self.order} kills={kills}"
        )

    def expect(self, what: str, found: object, expected: object) -> None:
        if found != expected:
            self.wrong.append(f"{what}: {found}, expected {expected}")

    def compare(self, what: str, found: Iterable[object], expected: Iterable[object]) -> None:
        """Each expected thing once: what is missing is lost, what is too many is double."""
        many, once = Counter(found), Counter(set(expected))
        missing, extra = once - many, many - once
        self.lost += missing.total()
        self.double += extra.total()
        if missing or extra:
            few = [dict(islice(each.items(), _SHOWN)) for each in (missing, extra)]
            self.wrong.append(f"{what}: missing {few[0]}, too many {few[1]}")


class LogEntry(msgspec.Struct, frozen=True):
    """What the checks read in an event's text."""

    sequence: str
    id: str
    type: str
    subject: str
    subjectversion: int
    data: dict[str, object]


async def verdict(
    connection: asyncpg.Connection, redis: Redis, file: Path, clients: Clients
) -> Verdict:
    """Compare everything with everything. Nothing may be under way any more."""
    wrong = [f"{text} ({times} times)" for text, times in clients.wrong.items()]
    result = Verdict(acked=len(clients.acked), wrong=wrong)
    await _entries(result, connection, clients)
    log = await _log(result, connection)
    await _events_of_records(result, connection, log)
    await _stars(result, connection, log)
    await _stream(result, redis, connection)
    await _reader(result, connection, log, file)
    return result


async def _entries(result: Verdict, connection: asyncpg.Connection, clients: Clients) -> None:
    rows = await connection.fetch("SELECT external_ref, id::text FROM service_record")
    kept = {tuple(row) for row in rows}
    # What was sent without waiting for the answer may be there or not, but once.
    acked = set(clients.acked.items()) | {one for one in kept if one[0] in clients.abandoned}
    result.compare("entries", (tuple(row) for row in rows), acked)
    times = Counter(row["external_ref"] for row in rows)
    result.double += times.total() - len(times)
    result.expect(
        "volunteers whose total is not the sum of their records",
        await connection.fetchval(
            "SELECT count(*) FROM volunteer v WHERE counted_minutes <> "
            "(SELECT coalesce(sum(standing_minutes), 0) FROM service_record"
            " WHERE volunteer_id = v.id)"
            " OR counted_minutes <> (SELECT coalesce(sum(minutes_delta), 0) FROM ledger_entry"
            " WHERE volunteer_id = v.id)"
            " OR ledger_seq <> (SELECT count(*) FROM ledger_entry WHERE volunteer_id = v.id)"
        ),
        0,
    )


async def _log(result: Verdict, connection: asyncpg.Connection) -> list[LogEntry]:
    """The log, dense, its numbers those in the texts, each subject's versions in order."""
    rows = await connection.fetch("SELECT seq, body FROM event_log ORDER BY seq")
    log = [msgspec.json.decode(row["body"], type=LogEntry) for row in rows]
    head = await connection.fetchval("SELECT last_seq FROM event_head")
    result.expect("numbers in the texts", [int(one.sequence) for one in log],
                  [row["seq"] for row in rows])  # fmt: skip
    result.holes += len(set(range(1, head + 1)) ^ {row["seq"] for row in rows})
    result.double += len(log) - len({one.id for one in log})
    versions: Counter[str] = Counter()
    for one in log:
        result.order += one.subjectversion != versions[one.subject] + 1
        versions[one.subject] = one.subjectversion
    committed = await connection.fetch("SELECT id, version FROM volunteer")
    # A version without its event: the change was committed and nobody was told.
    result.lost += sum(row["version"] != versions[f"volunteer/{row['id']}"] for row in committed)
    return log


async def _events_of_records(
    result: Verdict, connection: asyncpg.Connection, log: list[LogEntry]
) -> None:
    told = [one.data["record_id"] for one in log if ".service.recorded." in one.type]
    counted = await connection.fetch("SELECT id::text FROM service_record WHERE state = 'counted'")
    result.compare("events of records", told, (row["id"] for row in counted))


async def _stars(result: Verdict, connection: asyncpg.Connection, log: list[LogEntry]) -> None:
    """Exactly one promotion per star that the minutes are worth, reckoned here and anew."""
    rows = await connection.fetch("SELECT id::text, counted_minutes, star FROM volunteer")
    due = [
        (row["id"], star)
        for row in rows
        for star, threshold in enumerate(GUIDELINE_STARS, 1)
        if row["counted_minutes"] >= threshold
    ]
    told = [(one.data["volunteer_id"], one.data["to_star"])
            for one in log if ".star.promoted." in one.type]  # fmt: skip
    result.compare("promotions", told, due)
    result.expect("stars held", sum(row["star"] for row in rows), len(due))


async def _stream(result: Verdict, redis: Redis, connection: asyncpg.Connection) -> None:
    """The stream is the log, number by number and byte by byte."""
    rows = await connection.fetch("SELECT seq, body FROM event_log ORDER BY seq")
    expected = {row["seq"]: row["body"].encode() for row in rows}
    found: list[int] = []
    start = "-"
    while entries := await redis.xrange(redis_stream.NAME, min=start, count=_CHUNK):
        for key, fields in entries:
            found.append(int(key.partition(b"-")[0]))
            if expected.get(found[-1]) != fields[b"data"]:
                result.wrong.append(f"stream entry {found[-1]} differs from the log")
        start = f"({entries[-1][0].decode()}"
    result.expect("order of the stream", found, sorted(found))
    result.double += len(found) - len(set(found))
    result.holes += len(set(found) ^ set(expected))


async def _reader(
    result: Verdict, connection: asyncpg.Connection, log: list[LogEntry], file: Path
) -> None:
    """The reader's own table against the log, its totals against the volunteers' own."""
    with closing(reader.connect(file)) as database:
        seen = database.execute("SELECT sequence, event_id FROM seen").fetchall()
        totals = set(database.execute("SELECT * FROM total").fetchall())
    result.compare("what the reader took", seen, ((int(one.sequence), one.id) for one in log))
    rows = await connection.fetch(
        "SELECT id::text, counted_minutes, star FROM volunteer WHERE counted_minutes > 0"
    )
    result.expect("the reader's totals", totals, {tuple(row) for row in rows})
