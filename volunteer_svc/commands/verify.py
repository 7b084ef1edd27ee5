"""Recomputes chains, totals and stars from zero, checks the signed heads against them, and names
the first difference."""

import argparse
import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from volunteer_svc import clock
from volunteer_svc.actions import proofs
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.verification import Verified, verify_all
from volunteer_svc.commands import head
from volunteer_svc.commands.session import ready
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.domain.head import SignedHead
from volunteer_svc.domain.proof import Difference
from volunteer_svc.identity import signing
from volunteer_svc.store.verification import snapshot


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--head", type=Path, metavar="FILE", help="a head kept elsewhere: is it in today's chain?"
    )
    parser.add_argument("--all", action="store_true", help="name every difference")


def main(config: Config, arguments: argparse.Namespace) -> int:
    """Exit code 0: all agrees; 1: a difference, named on standard output."""
    try:
        kept = None if arguments.head is None else head.read(arguments.head, config)
    except (head.HeadError, signing.SigningKeyError) as error:
        print(f"verify: {error}", file=sys.stderr)
        return 1
    return asyncio.run(_verify(config, kept, every=arguments.all))


async def _verify(config: Config, kept: SignedHead | None, *, every: bool) -> int:
    verified = Verified()
    known = None
    try:
        known = signing.load(config.signing_key_file).known
    except signing.SigningKeyError as error:
        print(f"verify: heads are checked against the keys they name: {error}", file=sys.stderr)
    found, first, started_at = 0, None, clock.now()
    async with ready(config):
        async with (
            snapshot(config) as books,
            aclosing(verify_all(books, verified, _progress, known, kept)) as differences,
        ):
            async for difference in differences:
                found, first = found + 1, first or difference
                print(_line(difference), flush=True)
                if not every:
                    break
        call = Call(actor=Anyone(), now=clock.now(), channel="command")
        await proofs.note_verification(call, started_at, verified.counts, found, first)
    print(file=sys.stderr)
    if found:
        return 1
    print("verify: all agree; " + " ".join(f"{k}={n}" for k, n in verified.counts.items()))
    return 0


def _progress(what: str, done: int, total: int) -> None:
    print(f"\r{what:<12} {done}/{total}   ", end="", file=sys.stderr, flush=True)


def _line(one: Difference) -> str:
    return (
        f"verify: DIFFERENCE table={one.table} row={one.row!r} column={one.column}"
        f" expected={_plain(one.expected)} found={_plain(one.found)}"
    )


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
