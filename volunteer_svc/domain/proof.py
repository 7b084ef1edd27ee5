"""Recomputing a volunteer's books from zero: the first thing that is not as it must be."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc.domain.ledger import LedgerEntry, entry_hash
from volunteer_svc.domain.policy import Policies
from volunteer_svc.domain.star import StarChange, star_changes, star_of
from volunteer_svc.domain.trail import Entry, Trail
from volunteer_svc.domain.trail import entry_hash as trail_hash
from volunteer_svc.domain.volunteer import NO_ENTRIES


class Difference(msgspec.Struct, frozen=True):
    """What a row holds (`found`) and what follows from everything before it (`expected`)."""

    table: str
    row: str
    column: str
    expected: object
    found: object


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What the volunteer's own row says."""

    id: UUID
    counted_minutes: int
    star: int
    rated_under: str
    ledger_seq: int
    ledger_hash: bytes


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A service record that counts, or counted until it was reversed."""

    id: UUID
    station_id: UUID
    served_on: date
    minutes: int
    standing_minutes: int


class ReRating(msgspec.Struct, frozen=True, kw_only=True):
    """Behind entry `ledger_seq` another policy rated the ledger."""

    re_evaluation_id: UUID
    ledger_seq: int
    from_policy: str
    to_policy: str


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """All there is of one volunteer; `stars` by the entry or re-evaluation that caused them,
    `years` by station and year, `year_totals` by year over all stations. `re_ratings` in order."""

    totals: Totals
    entries: Sequence[LedgerEntry]
    stars: dict[UUID, list[StarChange]]
    years: dict[tuple[UUID, int], int]
    year_totals: dict[int, int]
    records: dict[UUID, Record]
    re_ratings: Sequence[ReRating] = ()

    def policies(self) -> set[str]:
        """The versions that rated it."""
        rated = {name for r in self.re_ratings for name in (r.from_policy, r.to_policy)}
        return {self.totals.rated_under, *rated}


def differences(books: Books, policies: Policies) -> Iterator[Difference]:
    """Every difference, in the order of the ledger; none when the books are right."""
    totals = books.totals
    balance, star, last = 0, 0, NO_ENTRIES
    turns = list(books.re_ratings)
    policy = policies.named(turns[0].from_policy if turns else totals.rated_under)
    years: dict[tuple[UUID, int], int] = defaultdict(int)
    standing: dict[UUID, int] = defaultdict(int)
    caused = set()
    for seq, entry in enumerate(books.entries, 1):
        posting, row = entry.posting, f"volunteer {totals.id} seq {seq}"
        while turns and turns[0].ledger_seq < seq:
            turn = turns.pop(0)
            policy = policies.named(turn.to_policy)
            yield from _turned(books, turn, star_changes(star, balance, balance, policy))
            caused.add(turn.re_evaluation_id)
            star = star_of(balance, policy)
        before, balance = balance, balance + posting.minutes_delta
        last = entry_hash(posting, totals.id, seq=seq, balance=balance, previous=last)
        yield from _compare(
            "ledger_entry", row, entry, {"seq": seq, "balance": balance, "hash": last}
        )
        record = books.records.get(posting.record_id)
        if record is None:
            yield Difference("service_record", str(posting.record_id), "state", "counted", None)
        else:
            expected = {"station_id": posting.station_id, "served_on": posting.served_on}
            if posting.kind != "correction":
                expected["minutes"] = posting.minutes_delta
            yield from _compare("service_record", str(record.id), record, expected)
        changes = star_changes(star, before, balance, policy)
        caused.add(posting.id)
        yield from _stars(row, changes, books.stars.get(posting.id, []))
        star = star_of(balance, policy)
        years[posting.station_id, posting.served_on.year] += posting.minutes_delta
        standing[posting.record_id] += posting.minutes_delta
    for turn in turns:
        policy = policies.named(turn.to_policy)
        yield from _turned(books, turn, star_changes(star, balance, balance, policy))
        caused.add(turn.re_evaluation_id)
        star = star_of(balance, policy)
    expected = {
        "ledger_seq": len(books.entries), "ledger_hash": last, "counted_minutes": balance,
        "star": star, "rated_under": policy.version,
    }  # fmt: skip
    yield from _compare("volunteer", str(totals.id), totals, expected)
    for record in books.records.values():
        stands = {"standing_minutes": standing[record.id]}
        yield from _compare("service_record", str(record.id), record, stands)
    yield from _years(books, years)
    for entry_id in books.stars.keys() - caused:
        yield Difference("star_change", f"entry {entry_id}", "ledger_entry_id", None, entry_id)


def _years(books: Books, years: dict[tuple[UUID, int], int]) -> Iterator[Difference]:
    """`years` as they follow from the ledger; a row of no minutes may be there or not."""
    owner = f"volunteer {books.totals.id}"
    sums: dict[int, int] = defaultdict(int)
    for (station_id, year), minutes in {**dict.fromkeys(books.years, 0), **years}.items():
        sums[year] += minutes
        found = books.years.get((station_id, year))
        if (found or 0) != minutes:
            row = f"{owner} station {station_id} year {year}"
            yield Difference("yearly_minutes", row, "minutes", minutes, found)
    for year, minutes in {**dict.fromkeys(books.year_totals, 0), **sums}.items():
        total = books.year_totals.get(year)
        if (total or 0) != minutes:
            yield Difference("year_total", f"{owner} year {year}", "minutes", minutes, total)


def _compare(
    table: str, row: str, found: msgspec.Struct, expected: Mapping[str, object]
) -> Iterator[Difference]:
    for column, value in expected.items():
        if getattr(found, column) != value:
            yield Difference(table, row, column, value, getattr(found, column))


def _turned(books: Books, turn: ReRating, expected: Sequence[StarChange]) -> Iterator[Difference]:
    row = f"volunteer {books.totals.id} policy {turn.to_policy}"
    yield from _stars(row, expected, books.stars.get(turn.re_evaluation_id, []))


def _stars(
    row: str, expected: Sequence[StarChange], found: Sequence[StarChange]
) -> Iterator[Difference]:
    if len(expected) != len(found):
        yield Difference("star_change", row, "to_star", [c.to_star for c in expected],
                         [c.to_star for c in found])  # fmt: skip
        return
    for due, there in zip(expected, found, strict=True):
        fields = {name: getattr(due, name) for name in due.__struct_fields__}
        yield from _compare("star_change", row, there, fields)


class Link(msgspec.Struct, frozen=True):
    """An entry at its place in a trail."""

    seq: int
    entry: Entry
    hash: bytes


def trail_differences(
    trail: Trail, table: str, links: Iterable[Link], at: int, last: bytes
) -> Iterator[Difference]:
    """Of a stretch of a trail that follows number `at` with the hash `last`."""
    for seq, link in enumerate(links, at + 1):
        if link.seq != seq:
            yield Difference(table, f"seq {seq}", "seq", seq, link.seq)
            return
        last = trail_hash(trail, seq, link.entry, last)
        if link.hash != last:
            yield Difference(table, f"seq {seq}", "hash", last, link.hash)
            return
