"""The outbox: events exist if and only if their command commits, in the order it gave them."""

import pytest

from tests.events.world import update, volunteers
from volunteer_svc import clock, ids
from volunteer_svc.config import Config
from volunteer_svc.domain.events import VolunteerUpdated
from volunteer_svc.store import database as db
from volunteer_svc.store import outbox
from volunteer_svc.store.outbox import Raised
from volunteer_svc.store.transaction import in_transaction

pytestmark = pytest.mark.usefixtures("database")


def raised(version: int) -> Raised:
    event = VolunteerUpdated(volunteer_id=ids.uuid7(), station_id=ids.uuid7(), fields=())
    return Raised(event=event, version=version, station_id=None, happened_at=clock.now())


async def test_identities_follow_the_order_of_the_list() -> None:
    given = [raised(version) for version in range(1, 501)]
    await in_transaction(lambda: outbox.append(given))
    rows = await db.fetch("SELECT event_id FROM outbox ORDER BY id")
    assert [row["event_id"] for row in rows] == [one.id for one in given]


async def test_nothing_is_a_list_too() -> None:
    await in_transaction(lambda: outbox.append([]))
    assert not await db.fetch("SELECT FROM outbox")


async def test_an_event_outside_a_transaction_is_refused(database: Config) -> None:
    assert database
    with pytest.raises(RuntimeError, match="in_transaction"):
        await outbox.append([raised(1)])


async def test_a_command_that_is_rolled_back_leaves_no_event() -> None:
    await update(await volunteers(2), fail=True)
    assert not await db.fetch("SELECT FROM outbox")


async def test_sessions_do_not_reserve_identities_ahead() -> None:
    """With a cache the later of two commands could get the lower number."""
    row = await db.fetch_row(
        "SELECT cache_size, increment_by FROM pg_sequences WHERE sequencename = 'outbox_id_seq'"
    )
    assert row
    assert tuple(row) == (1, 1)
