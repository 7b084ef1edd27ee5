"""Everything once, in one snapshot, streamed: what `verify` recomputes."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from volunteer_svc.config import Config
from volunteer_svc.domain.events import ChainSealed
from volunteer_svc.domain.head import SignedHead
from volunteer_svc.domain.ledger import LedgerEntry, Posting
from volunteer_svc.domain.proof import Link, Record, ReRating, Totals
from volunteer_svc.domain.star import StarChange
from volunteer_svc.domain.trail import NOTHING_BEFORE, Trail
from volunteer_svc.store.trails import TABLES, row_of

T = TypeVar("T")
_PREFETCH = 2_000
"""Rows in memory of each stream, besides those of one volunteer."""
_POSTING = (
    "id", "record_id", "correction_id", "kind", "minutes_delta", "station_id", "served_on",
    "entered_at",
)  # fmt: skip
_VOLUNTEERS = f"SELECT {', '.join(Totals.__struct_fields__)} FROM volunteer ORDER BY id"
_ENTRIES = "SELECT * FROM ledger_entry ORDER BY volunteer_id, seq"
# In the order in which they are won or lost: abs() alone would mix ups and downs.
_STARS = """
SELECT volunteer_id, coalesce(ledger_entry_id, cause_id), from_star, to_star, minutes_before,
    minutes_after
FROM star_change
ORDER BY volunteer_id, 2, (to_star - from_star) * from_star, from_star
"""
_RE_RATINGS = """
SELECT r.volunteer_id, r.re_evaluation_id, r.ledger_seq, r.from_policy, r.to_policy
FROM re_rating r JOIN policy p ON p.version = r.to_policy ORDER BY r.volunteer_id, p.valid_from
"""
_YEARS = """
SELECT volunteer_id, station_id, year, minutes FROM yearly_minutes
ORDER BY volunteer_id, station_id, year
"""
_YEAR_TOTALS = "SELECT volunteer_id, year, minutes FROM year_total ORDER BY volunteer_id, year"
_MARKS = """
SELECT m.head_number, m.volunteer_id, m.seq, e.hash FROM ledger_mark m
LEFT JOIN ledger_entry e ON e.volunteer_id = m.volunteer_id AND e.seq = m.seq
ORDER BY m.head_number, m.volunteer_id
"""
_RECORDS = f"""
SELECT volunteer_id, {", ".join(Record.__struct_fields__)} FROM service_record
WHERE state IN ('counted', 'reversed') ORDER BY volunteer_id, served_on, id
"""


class _Told(msgspec.Struct):
    data: ChainSealed


class Grouped(Generic[T]):
    """A stream in the order of its volunteers, taken volunteer by volunteer."""

    def __init__(self, rows: AsyncIterator[Any], make: Callable[[Any], T]) -> None:
        self._rows = rows
        self._make = make
        self._next: Any = None
        self._started = False

    async def owner(self) -> UUID | None:
        """Whose rows come next; None at the end."""
        if not self._started:
            self._started = True
            await self._step()
        return self._next["volunteer_id"] if self._next is not None else None

    async def take(self, owner: UUID) -> list[T]:
        """The rows of this volunteer, if they come next."""
        taken = []
        while await self.owner() == owner:
            taken.append(self._make(self._next))
            await self._step()
        return taken

    async def _step(self) -> None:
        self._next = await anext(self._rows, None)


class Snapshot:
    """One state of the database, whatever is written meanwhile."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def _stream(self, sql: str, *args: Any) -> AsyncIterator[Any]:
        rows: AsyncIterator[Any] = self._connection.cursor(
            sql, *args, prefetch=_PREFETCH
        ).__aiter__()
        return rows

    async def count(self, table: str) -> int:
        return int(await self._connection.fetchval(f"SELECT count(*) FROM {table}"))

    async def volunteers(self) -> AsyncIterator[Totals]:
        async for row in self._stream(_VOLUNTEERS):
            yield Totals(**row)

    def entries(self) -> Grouped[LedgerEntry]:
        return Grouped(self._stream(_ENTRIES), _entry)

    def stars(self) -> Grouped[tuple[UUID, StarChange]]:
        return Grouped(self._stream(_STARS), lambda row: (row[1], StarChange(*tuple(row)[2:])))

    def re_ratings(self) -> Grouped[ReRating]:
        return Grouped(self._stream(_RE_RATINGS), lambda row: ReRating(**dict(itertools.islice(
            row.items(), 1, None))))  # fmt: skip

    def years(self) -> Grouped[tuple[tuple[UUID, int], int]]:
        return Grouped(self._stream(_YEARS), lambda row: ((row[1], row[2]), row[3]))

    def year_totals(self) -> Grouped[tuple[int, int]]:
        return Grouped(self._stream(_YEAR_TOTALS), lambda row: (row[1], row[2]))

    def records(self) -> Grouped[Record]:
        return Grouped(self._stream(_RECORDS), lambda row: Record(**dict(itertools.islice(
            row.items(), 1, None))))  # fmt: skip

    async def trail(self, trail: Trail) -> AsyncIterator[Link]:
        async for row in self._stream(f"SELECT * FROM {TABLES[trail]} ORDER BY seq"):
            found = row_of(row)
            yield Link(found.seq, found.entry, found.hash)

    async def heads(self) -> AsyncIterator[tuple[int, SignedHead]]:
        async for row in self._stream("SELECT * FROM signed_head ORDER BY number"):
            yield (
                row["number"],
                SignedHead(
                    head=row["body"], signature=row["signature"], public_key=row["public_key"]
                ),
            )

    def marks(self) -> AsyncIterator[Any]:
        """`head_number`, `volunteer_id`, `seq` and the `hash` of that entry, None without one."""
        return self._stream(_MARKS)

    async def hash_at(self, trail: Trail, seq: int) -> bytes | None:
        if seq == 0:
            return NOTHING_BEFORE
        found: bytes | None = await self._connection.fetchval(
            f"SELECT hash FROM {TABLES[trail]} WHERE seq = $1", seq
        )
        return found

    async def told_head(self) -> ChainSealed | None:
        """The newest head that other services were told of, as far as the log still reaches."""
        body = await self._connection.fetchval(
            "SELECT body FROM event_log WHERE subject = 'chain/books' ORDER BY seq DESC LIMIT 1"
        )
        return body and msgspec.json.decode(body, type=_Told).data

    async def trail_head(self, trail: Trail) -> tuple[int, bytes]:
        """Number and hash of the last entry, as the sequencer noted them."""
        row = await self._connection.fetchrow(
            "SELECT last_seq, last_hash FROM trail_head WHERE trail = $1", trail
        )
        return (row["last_seq"], row["last_hash"]) if row else (0, b"")


def _entry(row: Any) -> LedgerEntry:
    return LedgerEntry(
        posting=msgspec.convert({name: row[name] for name in _POSTING}, Posting),
        volunteer_id=row["volunteer_id"],
        seq=row["seq"],
        balance=row["balance"],
        hash=row["hash"],
    )


@asynccontextmanager
async def snapshot(config: Config) -> AsyncIterator[Snapshot]:
    """A connection of its own, without the bounds of a request: a county takes minutes."""
    connection = await asyncpg.connect(
        config.database_url,
        timeout=config.pool_wait_seconds,
        server_settings={"application_name": "volunteer_svc verify", "timezone": "UTC"},
    )
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield Snapshot(connection)
    finally:
        await connection.close()
