"""Lookups that meet go with one statement, and each is sent after it was asked for."""

import asyncio

import pytest

from volunteer_svc.store.together import Together


class Book:
    """Answers when it is let; counts what it was asked."""

    def __init__(self):
        self.asked, self.go, self.values = [], asyncio.Event(), {"a": 1, "b": 2}

    async def read(self, keys):
        self.asked.append(set(keys))
        await self.go.wait()
        return {key: self.values[key] for key in keys if key in self.values}


async def begun(book, *keys):
    lookups = Together(book.read)
    tasks = [asyncio.create_task(lookups.find(key)) for key in keys]
    while not book.asked:  # noqa: ASYNC110 - until the first is on its way
        await asyncio.sleep(0)
    return lookups, tasks


async def test_what_comes_while_one_is_asked_goes_together():
    book = Book()
    lookups, first = await begun(book, "a")
    later = [asyncio.create_task(lookups.find(key)) for key in ("a", "b", "c", "b")]
    await asyncio.sleep(0)
    book.values["a"] = 3  # changed after the first was sent: those that came later see it
    book.go.set()
    assert await asyncio.gather(*first, *later) == [3, 3, 2, None, 2]
    assert book.asked == [{"a"}, {"a", "b", "c"}]


async def test_who_gives_up_takes_nobody_with_him():
    book = Book()
    lookups, (first,) = await begun(book, "a")
    given_up, waits = [asyncio.create_task(lookups.find("b")) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    given_up.cancel()
    book.go.set()
    assert await waits == 2


async def test_a_failure_is_told_to_all_who_asked_and_the_next_try_is_a_new_one():
    async def broken(_keys):
        raise OSError("away")

    lookups = Together(broken)
    told = await asyncio.gather(*(lookups.find(n) for n in range(3)), return_exceptions=True)
    assert [type(one) for one in told] == [OSError] * 3
    with pytest.raises(OSError, match="away"):
        await lookups.find(1)
