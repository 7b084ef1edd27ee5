"""Which volunteer serves when: a number stands for one entry, and no two entries overlap."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec

VOLUNTEERS = 50_000
STATIONS = 28
MINUTES = 30
DAYS = 9
"""Recent enough that no entry is late: 10 working days are 14 days and more."""
SEED_STEP = 7_919
"""Prime to VOLUNTEERS: numbers in a row fall on volunteers far apart, each exactly once a round."""
FIRST_MINUTE = 6 * 60
DAY_ENTRIES_MAX = 480 // MINUTES
ZONE_OFFSET = timedelta(hours=8)

# One an hour from 2020 on, as UUIDv7 says it. Not numbers in a row: the exclusion constraint's
# index compares the first bits alone, and people who differ in the last ones ruin it.
_FIRST_MS, _APART_MS = 1_590_000_000_000, 3_600_000
_TAIL = "70008000000000000000"
_STATION = 0x01900000_0000_7000_9000 << 48


class Spread(msgspec.Struct):
    """Hands out numbers, each once in a run."""

    today: date
    next: int = 0

    def take(self, count: int) -> int:
        """The first of `count` numbers in a row."""
        first, self.next = self.next, self.next + count
        if self.next >= VOLUNTEERS * DAYS * DAY_ENTRIES_MAX:
            raise ValueError("more entries than fit into the days: fewer BENCH_SECONDS")
        return first


def volunteer_id(index: int) -> UUID:
    return UUID(f"{_FIRST_MS + index * _APART_MS:012x}{_TAIL}")


def volunteer_sql(index: str) -> str:
    """The same as an expression of PostgreSQL."""
    return (
        f"(lpad(to_hex({_FIRST_MS} + {index} * {_APART_MS}::bigint), 12, '0') || '{_TAIL}')::uuid"
    )


def station_id(index: int) -> UUID:
    return UUID(int=_STATION | index)


def volunteer_of(number: int) -> int:
    return number * SEED_STEP % VOLUNTEERS


def midnight(today: date) -> datetime:
    """The instant at which `today` began in Shanghai."""
    return datetime(today.year, today.month, today.day, tzinfo=UTC) - ZONE_OFFSET


def start_of(number: int, today: date) -> datetime:
    """When the entry's half hour begins."""
    turn = number // VOLUNTEERS
    minute = FIRST_MINUTE + turn // DAYS * MINUTES
    return midnight(today) - timedelta(days=1 + turn % DAYS) + timedelta(minutes=minute)


def sheets(first: int, today: date, size: int) -> Iterator[tuple[int, bytes]]:
    """Sheets without end, as the station that sends them and JSON; `size` entries each."""
    while True:
        # A single entry is the home station's; a sheet of many has guests on it.
        station = (volunteer_of(first) if size == 1 else first // size) % STATIONS
        lines = [_line(number, today) for number in range(first, first + size)]
        body = f'{{"station_id":"{station_id(station)}","entries":[{",".join(lines)}]}}'
        yield station, body.encode()
        first += size


def _line(number: int, today: date) -> str:
    start = start_of(number, today)
    end = start + timedelta(minutes=MINUTES)
    return (
        f'{{"volunteer_id":"{volunteer_id(volunteer_of(number))}",'
        f'"started_at":"{start.isoformat()}","ended_at":"{end.isoformat()}",'
        '"title":"敬老院陪伴","kind":"elder_care","place":"社区活动室"}'
    )
