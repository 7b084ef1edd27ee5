"""SIGKILL again and again under load."""

import itertools
import time

from tests.crash.harness import Harness

_ORDER = ("serve", "postgres", "relay", "valkey", "reader", "serve", "backend", "work", "postgres")


async def kills(run: Harness, count: int, *, clients: int, answers_between: int) -> None:
    """Kill `count` times; each time clients are answered again before the next."""
    async with run.load(clients):
        await run.clients.answered(answers_between)
        for name in itertools.islice(itertools.cycle(_ORDER), count):
            await run.kill(name)
            started = time.monotonic()
            await run.clients.answered(answers_between)
            seconds = time.monotonic() - started
            run.say(f"killed {name}: {answers_between} more answers within {seconds:.1f} s")
