"""Where the machine plays: one event loop, one database emptied for each run, the same cast."""

from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec
from anyio import from_thread

from tests import builders
from volunteer_svc import store
from volunteer_svc.actions.command import Call
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import fetch
from volunteer_svc.store.stations import Station

T = TypeVar("T")
_KEPT = (
    "('station', 'staff', 'session', 'policy', 'holiday', 'migration', 'event_head', 'trail_head',"
    " 'ring_key')"
)
_EMPTY = f"""
DO $$ DECLARE one record; BEGIN
    SET LOCAL session_replication_role = replica;
    DELETE FROM public.session WHERE staff_id IN
        (SELECT id FROM public.staff WHERE volunteer_id IS NOT NULL);
    DELETE FROM public.staff WHERE volunteer_id IS NOT NULL;
    FOR one IN SELECT tablename AS name FROM pg_tables
            WHERE schemaname = 'public' AND tablename NOT IN {_KEPT} LOOP
        EXECUTE format('DELETE FROM public.%I', one.name);
    END LOOP;
END $$
"""
_BOOKS = """
SELECT v.id, v.station_id AS home, v.counted_minutes AS total, v.star, v.ledger_seq, v.version,
    coalesce(l.entries, 0) AS entries, coalesce(l.sum, 0) AS ledger_sum,
    coalesce(l.last_seq, 0) AS last_seq, coalesce(l.sound, true) AS ledger_sound,
    (SELECT coalesce(sum(to_star - from_star), 0)::int FROM star_change s
        WHERE s.volunteer_id = v.id) AS stars_changed,
    (SELECT json_object_agg(station_id || ' ' || year, minutes)::text FROM yearly_minutes y
        WHERE y.volunteer_id = v.id) AS years,
    (SELECT json_object_agg(id, state || ' ' || standing_minutes)::text FROM service_record r
        WHERE r.volunteer_id = v.id) AS records
FROM volunteer v LEFT JOIN (
    SELECT volunteer_id, count(*)::int AS entries, sum(minutes_delta)::int AS sum,
        max(seq) AS last_seq, bool_and(balance = running) AS sound
    FROM (SELECT *, sum(minutes_delta) OVER (PARTITION BY volunteer_id ORDER BY seq) AS running
        FROM ledger_entry) AS entry GROUP BY 1
) l ON l.volunteer_id = v.id
"""


@dataclass(eq=False)
class Worker:
    """A member of staff; `person` when he is a volunteer too."""

    name: str
    role: str
    station: Station | None
    actor: Any
    person: Any = None

    def serves(self, station: Station) -> bool:
        return self.role == "county" or self.station is station


class Stage:
    """Runs the service's actions in the test's loop, from the thread that hypothesis is in."""

    def __init__(self) -> None:
        self.steps = 0
        self.seen: Counter[str] = Counter()
        self.stations: list[Station] = []
        self.cast: list[Worker] = []
        self.holidays: dict[date, bool] = {}
        self.run(self._furnish())

    def run(self, work: Awaitable[T]) -> T:
        async def finish() -> T:
            return await work

        return from_thread.run(finish)

    def ask(self, work: Awaitable[T]) -> T | str:
        """What the action answers, or the code it refuses with."""
        try:
            return self.run(work)
        except Refusal as refusal:
            self.seen[refusal.code] += 1
            return refusal.code

    def empty(self) -> None:
        self.run(fetch(_EMPTY))

    def books(self) -> dict[Any, dict[str, Any]]:
        """Of each volunteer the totals, and what ledger, stars, years and records add up to."""
        found = {}
        for row in self.run(fetch(_BOOKS)):
            books = dict(row)
            for name in ("years", "records"):
                books[name] = msgspec.json.decode(books[name] or "{}")
            found[books.pop("id")] = books
        return found

    def states(self, people: list[Any], today: date) -> dict[Any, str]:
        loaded = self.run(store.volunteers.load([person.id for person in people]))
        return {key: volunteer.state(today) for key, volunteer in loaded.items()}

    def searched(self, state: str, today: date) -> set[Any]:
        """Who is found by a search for the state, which is computed by the database."""
        search = store.volunteers.search(
            today=today, station_id=None, meant=None, state=state, after=None, limit=1000
        )
        return set(self.run(search))

    def last_registration(self, volunteer_id: Any) -> Any:
        loaded = self.run(store.volunteers.load([volunteer_id]))
        return loaded[volunteer_id].registrations[-1].id

    def events_after(self, last: int) -> list[dict[str, Any]]:
        rows = self.run(fetch("SELECT * FROM outbox WHERE id > $1 ORDER BY id", last))
        return [dict(row) | {"data": msgspec.json.decode(row["data"])} for row in rows]

    def hire(self, person: Any, station: Station) -> Worker:
        """The volunteer gets an account at the station's desk."""
        made = self.run(builders.staff("social_worker", station.id, volunteer_id=person.id))
        return Worker("himself", "social_worker", station, made.actor, person)

    async def _furnish(self) -> None:
        self.stations = [await builders.station(), await builders.station()]
        here, there = self.stations
        for name, role, station in (
            ("first", "social_worker", here),
            ("second", "social_worker", here),
            ("other", "station_head", there),
            ("county", "county", None),
            ("second county", "county", None),
        ):
            made = await builders.staff(role, station and station.id)
            self.cast.append(Worker(name, role, station, made.actor))
        rows = await fetch('SELECT "on", is_workday FROM holiday')
        self.holidays = {row["on"]: row["is_workday"] for row in rows}


def call(actor: Any, now: datetime) -> Call:
    return Call(actor=actor, now=now)
