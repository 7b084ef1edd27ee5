"""What the guards cost: single entries with sign-in, permissions and sealing, and without."""

from collections.abc import Iterator
from contextlib import ExitStack

import msgspec

from bench import ground, open_door
from bench.figures import Figure
from bench.ground import Ground, say
from bench.over_http import post
from bench.quiet import Meter

ROUNDS = 4


def measure(place: Ground, seconds: float) -> Iterator[Figure]:
    """Both under the same load, in turns, each request with an Idempotency-Key: its answer is
    sealed. The best round of each counts."""
    without = msgspec.structs.replace(
        place, config=msgspec.structs.replace(place.config, port=ground.free_port())
    )
    ways = {
        "guarded": (place, ("-m", "volunteer_svc", "serve")),
        "open": (without, ("-m", open_door.__name__)),
    }
    best = dict.fromkeys(ways, 0.0)
    with ExitStack() as stack:
        for name, (there, arguments) in ways.items():
            web = stack.enter_context(ground.process(there, name, *arguments))
            ground.wait_until_listening(there.config.port, web)
        for number in range(ROUNDS):
            for name, (there, _) in ways.items():
                meter = Meter.when_quiet()
                rate = post(place, there.config.port, 1, seconds, once=True)
                best[name] = max(best[name], rate)
                others = meter.others()
                say(f"  round {number + 1} {name:8} {rate:8.0f}/s   others {others:.0%}")
    yield Figure(
        name="single_entries_with_guards", ours=best["guarded"], ceiling=best["open"],
        at_least=0.85,
    )  # fmt: skip
