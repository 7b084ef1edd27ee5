"""Seconds until `make run` says that it is ready, beside the two servers alone."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench import ground
from bench.figures import Figure
from bench.ground import Ground, say
from bench.quiet import Meter
from volunteer_svc import embedded
from volunteer_svc.config import Config, environment

_ROUNDS = 2
_READY = "Ctrl-C to stop"
_TARGET_SECONDS = 5


class _Times(msgspec.Struct):
    """Seconds of each round."""

    run: list[float] = []
    servers: list[float] = []


def measure(place: Ground, _: float) -> Iterator[Figure]:
    """On a folder that is not there yet, then on the same again; the better of two rounds."""
    fresh, again = _Times(), _Times()
    for number in range(_ROUNDS):
        meter = Meter.when_quiet()
        for times in (fresh, again):
            times.servers.append(_servers_seconds(place.folder / f"servers-{number}"))
            times.run.append(_run_seconds(place.folder / f"run-{number}"))
        say(f"  make run: {fresh.run[-1]:.1f} s on a fresh folder, {again.run[-1]:.1f} s again;"
            f" others {meter.others():.0%}")  # fmt: skip
    for name, times in (("fresh", fresh), ("again", again)):
        yield Figure(name=f"make_run_{name}_seconds", ours=min(times.run),
                     ceiling=min(times.servers), at_most=_TARGET_SECONDS)  # fmt: skip


def _servers_seconds(folder: Path) -> float:
    started = time.monotonic()
    with embedded.servers(folder):
        return time.monotonic() - started


def _run_seconds(folder: Path) -> float:
    config = Config(
        data_dir=folder,
        key_file=folder / "keys.json",
        signing_key_file=folder / "signing-key.pem",
        port=ground.free_port(),
    )
    alone = ("DATABASE_URL", "REDIS_URL")
    env = {name: value for name, value in environment(config).items() if name not in alone}
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "volunteer_svc", "run"],
        cwd=ground.ROOT, env=env, stdout=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip
        try:
            for line in run.stdout or ():
                if _READY in line:
                    return time.monotonic() - started
        finally:
            run.terminate()
            # Whoever reads no more would let it wait for room in the pipe.
            run.communicate()
    raise RuntimeError(f"the run ended with {run.returncode}: see {folder / 'log'}")
