"""What the actions' tests look at: events written, ledgers, invariants that always hold."""

import json
from datetime import date, timedelta
from uuid import UUID

from tests import builders
from volunteer_svc.actions import service_records
from volunteer_svc.actions.recording import Outcome
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.domain.sheet import SheetLine
from volunteer_svc.domain.star import star_of
from volunteer_svc.domain.volunteer import NO_ENTRIES
from volunteer_svc.store import policies
from volunteer_svc.store.database import fetch


async def events(name: str | None = None) -> list[dict]:
    """The events written so far, in order: name, subject, version and data."""
    rows = await fetch("SELECT * FROM outbox ORDER BY id")
    return [
        {"name": row["name"], "subject": row["subject"], "version": row["subject_version"],
         "id": str(row["event_id"]), "because": row["causation_id"]} | json.loads(row["data"])
        for row in rows
        if name in (None, row["name"])
    ]  # fmt: skip


def line(person: builders.Person | UUID, **fields) -> SheetLine:
    """An hour of today unless said."""
    owner = person if isinstance(person, UUID) else person.id
    plain = {"served_on": builders.TODAY, "minutes": 60, "late_reason": "补录"}
    if "started_at" in fields:
        plain = {"late_reason": "补录"}
    return SheetLine(volunteer_id=owner, **plain | fields)


async def record(worker: builders.SignedIn, station_id: UUID, *lines: SheetLine) -> list[Outcome]:
    sheet = Sheet(station_id=station_id, entries=list(lines))
    return (await service_records.record_service(worker.call(), sheet)).outcomes


async def hours(worker, station_id, person, total: int, since: date = date(2026, 1, 1)) -> None:
    """Counted minutes in days of eight hours, from that day on."""
    full, rest = divmod(total, 480)
    minutes = [480] * full + ([rest] if rest else [])
    lines = [
        line(person, served_on=since + timedelta(days=n), minutes=m) for n, m in enumerate(minutes)
    ]
    outcomes = await record(worker, station_id, *lines)
    assert {o.outcome for o in outcomes} == {"counted"}, outcomes


async def assert_books_agree() -> None:
    """Total = sum of the ledger = replay; chain, stars, years and events tell the same story."""
    policy = (await policies.load()).on(builders.TODAY)
    volunteers = {row["id"]: row for row in await fetch("SELECT * FROM volunteer")}
    totals: dict[UUID, int] = dict.fromkeys(volunteers, 0)
    seqs = dict.fromkeys(volunteers, 0)
    stars = dict.fromkeys(volunteers, 0)
    last = dict.fromkeys(volunteers, NO_ENTRIES)
    for entry in await fetch("SELECT * FROM ledger_entry ORDER BY volunteer_id, seq"):
        owner = entry["volunteer_id"]
        totals[owner] += entry["minutes_delta"]
        seqs[owner] += 1
        assert (entry["seq"], entry["balance"]) == (seqs[owner], totals[owner])
    for change in await fetch(
        "SELECT s.* FROM star_change s JOIN ledger_entry e ON e.id = s.ledger_entry_id"
        " ORDER BY s.volunteer_id, e.seq, s.number"
    ):
        assert change["from_star"] == stars[change["volunteer_id"]]
        stars[change["volunteer_id"]] = change["to_star"]
    for link in await fetch(
        "SELECT volunteer_id, hash, ledger_chain(id, volunteer_id, seq, record_id, correction_id,"
        " kind, minutes_delta, balance, station_id, served_on, entered_at)"
        " OVER (PARTITION BY volunteer_id ORDER BY seq) AS chained FROM ledger_entry"
        " ORDER BY volunteer_id, seq"
    ):
        assert link["hash"] == link["chained"]
        last[link["volunteer_id"]] = link["hash"]
    for owner, row in volunteers.items():
        assert row["ledger_hash"] == last[owner]
        assert (row["counted_minutes"], row["ledger_seq"]) == (totals[owner], seqs[owner])
        assert row["star"] == stars[owner] == star_of(totals[owner], policy)
    standing = await fetch(
        "SELECT volunteer_id, sum(standing_minutes)::int FROM service_record"
        " WHERE state = 'counted' GROUP BY 1"
    )
    yearly = await fetch("SELECT volunteer_id, sum(minutes)::int FROM yearly_minutes GROUP BY 1")
    assert not await fetch(
        "SELECT FROM (SELECT volunteer_id, year, sum(minutes) AS minutes FROM yearly_minutes"
        " GROUP BY 1, 2) AS y FULL JOIN year_total AS t USING (volunteer_id, year)"
        " WHERE y.minutes IS DISTINCT FROM t.minutes"
    )
    assert {o: n for o, n in totals.items() if n} == {o: n for o, n in standing if n}
    assert {o: n for o, n in totals.items() if n} == {o: n for o, n in yearly if n}
    versions: dict[str, int] = {}
    for event in await events():
        versions[event["subject"]] = versions.get(event["subject"], 0) + 1
        assert event["version"] == versions[event["subject"]], event
