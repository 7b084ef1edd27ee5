"""The newest signed head, to be kept elsewhere; or whether a head that was kept is ours."""

import argparse
import asyncio
import sys
from pathlib import Path

import msgspec

from volunteer_svc import store
from volunteer_svc.commands.session import ready
from volunteer_svc.config import Config
from volunteer_svc.domain.head import SignedHead
from volunteer_svc.identity import signing


class HeadError(Exception):
    """A file is not a head of ours; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--verify", type=Path, metavar="FILE", help="check a head's signature")


def main(config: Config, arguments: argparse.Namespace) -> int:
    """Exit code 0: printed, or signed by us; 1: there is none, or it is not."""
    if arguments.verify is None:
        return asyncio.run(_print(config))
    try:
        signed = read(arguments.verify, config)
    except (HeadError, signing.SigningKeyError) as error:
        print(f"head: {error}", file=sys.stderr)
        return 1
    print(f"head: signed by this service: {signed.head}")
    return 0


async def _print(config: Config) -> int:
    async with ready(config):
        last = await store.heads.last()
    if last is None:
        print("head: none is signed yet; the worker signs one each day", file=sys.stderr)
        return 1
    print(msgspec.json.encode(last[2]).decode())
    return 0


def read(path: Path, config: Config) -> SignedHead:
    """A head from a file, its signature checked against our own keys.

    Raises HeadError, SigningKeyError.
    """
    try:
        signed = msgspec.json.decode(path.read_bytes(), type=SignedHead)
    except (OSError, msgspec.DecodeError):
        raise HeadError(f"{path} is not a head as `python -m volunteer_svc head` prints") from None
    if signed.public_key not in signing.load(config.signing_key_file).known:
        raise HeadError(f"{path} is signed with a key that is not ours")
    if not signing.is_signed(signed.head, signed.signature, signed.public_key):
        raise HeadError(f"{path} was changed after it was signed")
    return signed
