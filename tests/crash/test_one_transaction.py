"""A record and its events are written by one transaction: no crash can come between them."""

from tests import builders
from tests.actions.world import line, record
from volunteer_svc.store.database import fetch


async def test_a_record_and_its_events_are_of_one_transaction(database):
    station = await builders.station()
    worker = await builders.staff("social_worker", station.id)
    people = [await builders.active(station.id) for _ in range(3)]
    for person in people:
        await record(worker, station.id, line(person, minutes=90))
    # xmin is the number of the transaction that wrote a row.
    rows = await fetch(
        "SELECT r.xmin::text AS record, o.xmin::text AS event FROM service_record r"
        " JOIN outbox o ON o.data::jsonb ->> 'record_id' = r.id::text"
    )
    assert len(rows) == len(people)
    assert [row["event"] for row in rows] == [row["record"] for row in rows]
