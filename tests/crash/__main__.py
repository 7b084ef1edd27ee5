"""`make crash`: stress, kills and outages, one after the other on one set of books.

python -m tests.crash [--lines N] [--kills N] [--stopped SECONDS] [--valkey-gone SECONDS]
    [--only WORD]

The receivers of webhooks alone: --lines 500 --kills 0 --only webhooks
"""

import argparse
import asyncio
import logging
import signal
import sys
import time

from tests.crash.harness import Harness, harness
from tests.crash.hooks import hooks
from tests.crash.kills import kills
from tests.crash.outages import OUTAGES, Lengths, suffer
from tests.crash.stress import CLIENTS, stress

_ENTRY_MINUTES = 120
_HOOK_KILLS = 6


async def _run(options: argparse.Namespace) -> int:
    lengths = Lengths(stopped=options.stopped, valkey_gone=options.valkey_gone)
    async with harness(minutes=_ENTRY_MINUTES, wants_small_disk=True) as run:
        started = time.monotonic()
        await stress(run.clients, lines=options.lines)
        run.say(
            f"stress: {CLIENTS} clients, {options.lines} entries "
            f"in {time.monotonic() - started:.1f} s, answers {dict(run.clients.statuses)}"
        )
        await _tell(run)
        await kills(run, options.kills, clients=16, answers_between=80)
        await _tell(run)
        for name, outage in OUTAGES.items():
            if options.only not in name:
                continue
            if name == "its disk full" and run.servers.disk is None:
                run.say("its disk full: SKIPPED, no small disk can be mounted here")
                continue
            await suffer(run, name, outage, lengths)
            await _tell(run)
        if options.only in "webhooks":
            await hooks(run, _HOOK_KILLS)
            await _tell(run)
        return await _last_words(run)


async def _tell(run: Harness) -> None:
    """The books so far, and what was wrong since the last time."""
    verdict = await run.verdict()
    for wrong in verdict.wrong:
        run.say("WRONG:", wrong)
    # Told once; the sum fails the run in the end.
    run.told += run.clients.wrong
    run.clients.wrong.clear()
    run.say("  ", verdict.line(run.kills).removeprefix("crash: "))


async def _last_words(run: Harness) -> int:
    lost = await run.control_lost()
    run.say(f"control: a reader by `id > last` lost {lost} of {len(run.control.seen) + lost}")
    run.say(f"answers {dict(run.clients.statuses)}, abandoned {len(run.clients.abandoned)}")
    verdict = await run.verdict()
    if run.told:
        run.say(f"WRONG in all: {dict(run.told)}")
        run.say(f"errors logged: {dict(run.service.errors())}")
    if not lost:
        run.say("BLIND: the control lost nothing, so commits did not race")
    sys.stdout.write(verdict.line(run.kills) + "\n")
    return 0 if verdict.is_clean and lost and not run.told else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=5000, help="entries of the stress")
    parser.add_argument("--kills", type=int, default=18)
    parser.add_argument("--stopped", type=float, default=30.0, help="seconds of each SIGSTOP")
    parser.add_argument("--valkey-gone", type=float, default=60.0, help="seconds without Valkey")
    parser.add_argument("--only", default="", help="outages whose name holds this word")
    # The harness loses connections all the time; what matters it says itself.
    logging.basicConfig(level=logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
