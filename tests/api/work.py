"""What a request cost: its statements in order, and the passwords hashed or verified for it."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from volunteer_svc.identity import passwords
from volunteer_svc.store import database


class Work(msgspec.Struct):
    statements: list[str] = []
    hashed: int = 0


class _Counting:
    """argon2's own hasher, counted."""

    def __init__(self, hasher, work):
        self._hasher = hasher
        self._work = work

    def hash(self, password):
        self._work.hashed += 1
        return self._hasher.hash(password)

    def verify(self, stored, password):
        self._work.hashed += 1
        return self._hasher.verify(stored, password)


@contextmanager
def counted() -> Iterator[Work]:
    """Work done inside, by this process."""
    passwords._nobodys_hash()  # made once a process
    work = Work()
    acquire, heard = database.acquire, set()

    def note(query):
        if not query.query.startswith("SELECT pg_advisory_unlock_all"):  # the pool's own
            work.statements.append(" ".join(query.query.split()))

    async def counting_acquire():
        connection = await acquire()
        if connection._con not in heard:
            heard.add(connection._con)
            connection.add_query_logger(note)
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "acquire", counting_acquire)
        patch.setattr(passwords, "_HASHER", _Counting(passwords._HASHER, work))
        yield work
    for connection in heard:
        connection.remove_query_logger(note)
