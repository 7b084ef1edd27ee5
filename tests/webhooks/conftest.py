"""Fixtures of the tests of webhooks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.test_serve import free_port
from volunteer_svc.config import Config
from volunteer_svc.store import event_log


@pytest.fixture
async def sequencer(database: Config) -> AsyncIterator[Any]:
    """A connection that may number events, as the relay's own does."""
    connection = await event_log.connect(database)
    yield connection
    await event_log.disconnect(connection)


@pytest.fixture
def unused_port() -> int:
    return free_port()
