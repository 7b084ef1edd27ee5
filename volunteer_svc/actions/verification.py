"""Recomputing everything from zero: chains, totals, stars, years. Changes nothing."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from typing import Any
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.head_verification import verify_heads
from volunteer_svc.domain.head import SignedHead
from volunteer_svc.domain.policy import Policies
from volunteer_svc.domain.proof import Books, Difference, Totals, differences, trail_differences
from volunteer_svc.domain.star import StarChange
from volunteer_svc.domain.trail import NOTHING_BEFORE, TRAILS, Trail
from volunteer_svc.store.trails import TABLES
from volunteer_svc.store.verification import Grouped, Snapshot

EVERY = 1_000
"""So many rows lie between two tellings of the progress."""
Progress = Callable[[str, int, int], None]


class Verified(msgspec.Struct):
    """How much was recomputed; `volunteers`, `ledger entries`, trail entries by trail."""

    counts: dict[str, int] = {}


async def verify_all(
    snapshot: Snapshot,
    verified: Verified,
    progress: Progress,
    known: frozenset[bytes] | None = None,
    kept: SignedHead | None = None,
) -> AsyncGenerator[Difference]:
    """Every difference, the first first. `verified` counts what was looked at on the way.

    `known` and `kept` as in `verify_heads`.
    """
    async for difference in _books(snapshot, verified, progress):
        yield difference
    for trail in TRAILS:
        async for difference in _trail(snapshot, trail, verified, progress):
            yield difference
    async for difference in verify_heads(snapshot, known, kept):
        yield difference
    verified.counts["heads"] = await snapshot.count("signed_head")


async def _books(
    snapshot: Snapshot, verified: Verified, progress: Progress
) -> AsyncGenerator[Difference]:
    policies = await store.policies.load()
    total = await snapshot.count("volunteer")
    entries, stars = snapshot.entries(), snapshot.stars()
    years, year_totals = snapshot.years(), snapshot.year_totals()
    records, re_ratings = snapshot.records(), snapshot.re_ratings()
    streams: dict[str, Grouped[Any]] = {
        "ledger_entry": entries, "star_change": stars, "yearly_minutes": years,
        "year_total": year_totals,
        "service_record": records, "re_rating": re_ratings,
    }  # fmt: skip
    done = posted = 0
    async for totals in snapshot.volunteers():
        for table, stream in streams.items():
            async for orphan in _orphans(table, stream, totals.id):
                yield orphan
        changes: dict[UUID, list[StarChange]] = defaultdict(list)
        for entry_id, change in await stars.take(totals.id):
            changes[entry_id].append(change)
        books = Books(
            totals=totals,
            entries=await entries.take(totals.id),
            stars=changes,
            years=dict(await years.take(totals.id)),
            year_totals=dict(await year_totals.take(totals.id)),
            records={record.id: record for record in await records.take(totals.id)},
            re_ratings=await re_ratings.take(totals.id),
        )
        for difference in _of_books(books, totals, policies):
            yield difference
        done, posted = done + 1, posted + len(books.entries)
        if done % EVERY == 0:
            progress("volunteers", done, total)
    for table, stream in streams.items():
        async for orphan in _orphans(table, stream, None):
            yield orphan
    verified.counts |= {"volunteers": done, "ledger_entries": posted}
    progress("volunteers", done, total)


def _of_books(books: Books, totals: Totals, policies: Policies) -> list[Difference]:
    unknown = books.policies() - {policy.version for policy in policies.versions}
    if unknown:
        row = f"volunteer {totals.id}"
        return [Difference("volunteer", row, "rated_under", "a policy", min(unknown))]
    return list(differences(books, policies))


async def _orphans(
    table: str, stream: Grouped[Any], before: UUID | None
) -> AsyncGenerator[Difference]:
    """Rows of volunteers that do not exist: those in the stream ahead of `before`."""
    while (owner := await stream.owner()) is not None and (before is None or owner < before):
        await stream.take(owner)
        yield Difference(table, f"volunteer {owner}", "volunteer_id", "a volunteer", owner)


async def _trail(
    snapshot: Snapshot, trail: Trail, verified: Verified, progress: Progress
) -> AsyncGenerator[Difference]:
    table, total = TABLES[trail], await snapshot.count(TABLES[trail])
    at, last = 0, NOTHING_BEFORE
    async for link in snapshot.trail(trail):
        for difference in trail_differences(trail, table, [link], at, last):
            yield difference
        # After a difference go on from what is there: each is named where it begins.
        at, last = link.seq, link.hash
        if at % EVERY == 0:
            progress(trail, at, total)
    seq, hashed = await snapshot.trail_head(trail)
    if seq != at:
        yield Difference(table, f"seq {seq}" if seq > at else f"seq {at}", "seq", seq, at)
    elif hashed != last:
        yield Difference("trail_head", trail, "last_hash", last, hashed)
    verified.counts[trail] = total
    progress(trail, total, total)
