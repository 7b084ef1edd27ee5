"""Entries over HTTP, one at a time and in sheets, beside the ceiling and the plain peer."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from bench import ceiling, ground, load
from bench.figures import Figure
from bench.ground import Ground, say
from bench.load import Job, Result
from bench.quiet import Meter

ROUNDS = 4
SHEET = 100
_WARM_SECONDS = 0.5
_CONNECTIONS = {1: 64, SHEET: 8}
_REQUESTS_PER_SECOND_MAX = {1: 8_000, SHEET: 500}


def measure(place: Ground, seconds: float) -> Iterator[Figure]:
    """Rounds in which each takes its turn; the best of each counts."""
    with ExitStack() as stack:
        web = stack.enter_context(ground.process(place, "web", "-m", "volunteer_svc", "serve"))
        ground.wait_until_listening(place.config.port, web)
        peer_port = stack.enter_context(_peer(place))
        turns: dict[str, Callable[[], float]] = {
            "ceiling": lambda: ceiling.transactions_per_second(place, seconds),
            "single": lambda: post(place, place.config.port, 1, seconds),
            "sheet": lambda: post(place, place.config.port, SHEET, seconds),
            "peer": lambda: post(place, peer_port, 1, seconds),
        }
        best = dict.fromkeys(turns, 0.0)
        for number in range(ROUNDS):
            for name, turn in turns.items():
                meter = Meter.when_quiet()
                rate = turn()
                best[name] = max(best[name], rate)
                others = meter.others()
                say(f"  round {number + 1} {name:8} {rate:8.0f}/s   others {others:.0%}")
        memory = ground.memory_mb(web)
    top = best["ceiling"]
    yield Figure(name="single_entries", ours=best["single"], ceiling=top, at_least=0.35)
    yield Figure(name="sheets_of_100", ours=best["sheet"], ceiling=top, at_least=3)
    yield Figure(name="single_entries_beside_plain_peer", ours=best["single"],
                 ceiling=best["peer"], at_least=6)  # fmt: skip
    yield Figure(name="web_process_memory_mb", ours=memory, ceiling=150, at_most=150)


@contextmanager
def _peer(place: Ground) -> Iterator[int]:
    port = ground.free_port()
    arguments = ("-m", "uvicorn", "bench.peer:app", "--port", str(port))
    with ground.process(place, "peer", *arguments) as peer:
        ground.wait_until_listening(port, peer)
        yield port


def post(place: Ground, port: int, size: int, seconds: float, *, once: bool = False) -> float:
    """Accepted entries per second; `once`: each request has an Idempotency-Key.

    Raises RuntimeError when one was not counted.
    """
    most = _REQUESTS_PER_SECOND_MAX[size] * (seconds + _WARM_SECONDS)
    job = Job(
        port=port, tokens=place.tokens, connections=_CONNECTIONS[size], size=size,
        warm_seconds=_WARM_SECONDS, seconds=seconds, spread=place.spread, requests_max=int(most),
        once=once,
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", load.__name__], input=msgspec.json.encode(job),
        cwd=ground.ROOT, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    result = msgspec.json.decode(done.stdout, type=Result)
    if result.failure:
        raise RuntimeError(f"not every entry was counted: {result.failure}")
    place.spread.take(result.requests * size)
    return result.rate
