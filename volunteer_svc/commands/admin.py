"""Making accounts from the command line: the first of a deployment, and those of `make run`."""

import argparse
import asyncio
import getpass
import os
import sys
from pathlib import Path

from volunteer_svc import clock, ids, store
from volunteer_svc.actions.accounts import NewAccount, new_account
from volunteer_svc.actions.command import Call, command
from volunteer_svc.commands.run import FIRST_ACCOUNTS
from volunteer_svc.commands.session import ready
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone, Role
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.i18n import DEFAULT, words
from volunteer_svc.store.accounts import Account

_FIRST: tuple[tuple[str, str, Role], ...] = (
    ("admin", "系统管理员", "admin"),
    ("county1", "总站社工一", "county"),
    ("county2", "总站社工二", "county"),
)
"""Two of the county: who enters does not approve."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="make an account; asks for its password")
    create.add_argument("username")
    create.add_argument("--role", choices=("admin", "county"), default="admin")
    create.add_argument("--name", default="", help="the name shown; the user name if not given")


def main(config: Config, arguments: argparse.Namespace) -> int:
    """`create` is the only action so far."""
    return asyncio.run(_create(config, arguments))


def first(config: Config) -> int:
    """Make the accounts of a fresh `make run`, unless there are any; print and keep them."""
    return asyncio.run(_first(config))


async def _create(config: Config, arguments: argparse.Namespace) -> int:
    password = getpass.getpass("密码 password: ") if sys.stdin.isatty() else sys.stdin.readline()
    request = NewAccount(
        username=arguments.username,
        display_name=arguments.name or arguments.username,
        password=password.rstrip("\n"),
        role=arguments.role,
    )
    async with ready(config):
        try:
            account = await _add(_call(), request)
        except Refusal as refusal:
            for fault in refusal.faults:
                print(words(fault.code, fault.params, DEFAULT).detail, file=sys.stderr)
                print(words(fault.code, fault.params, "en").detail, file=sys.stderr)
            return 1
    print(f"{account.username} ({account.role})")
    return 0


async def _first(config: Config) -> int:
    async with ready(config):
        if await store.accounts.any_exists():
            return 0
        lines = []
        for username, name, role in _FIRST:
            password = ids.receipt()
            request = NewAccount(username=username, display_name=name, password=password, role=role)
            await _add(_call(), request)
            lines.append(f"{username}\t{password}\t{role}\t{name}")
    path = config.data_dir / FIRST_ACCOUNTS
    _write_private(path, "\n".join(lines) + "\n")
    print("首批账号 · first accounts (username, password, role)")
    print("\n".join(f"  {line.expandtabs(18)}" for line in lines), flush=True)
    return 0


def _call() -> Call:
    return Call(actor=Anyone(), now=clock.now(), channel="command")


@command
async def _add(call: Call, request: NewAccount) -> Account:
    """Whoever can reach the database and the keys may make the first account."""
    return await new_account(call, request)


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
