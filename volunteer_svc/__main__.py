"""The commands: `python -m volunteer_svc COMMAND`."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import msgspec

from volunteer_svc.config import ConfigError, load
from volunteer_svc.start import nothing_to_collect


class _Command(msgspec.Struct, frozen=True):
    """Where a command lives; its module is imported only when it is asked for."""

    help: str
    module: str
    function: str = "main"
    """Takes the configuration, and the parsed arguments too when there are any."""
    has_arguments: bool = False
    """Then the module has `add_arguments(parser)`."""
    defaults: dict[str, str] = {}
    """Settings whose default differs for this command."""


_COMMANDS = {
    "run": _Command(
        "everything on this machine, servers included, until Ctrl-C",
        "volunteer_svc.commands.run",
        "run",
        defaults={"log_format": "text", "cookie_secure": "false"},
    ),
    "serve": _Command("the HTTP service", "volunteer_svc.app", "serve"),
    "relay": _Command("numbers events and sends them out", "workers.relay"),
    "work": _Command("scheduled jobs", "workers.work"),
    "migrate": _Command("bring the database up to date", "volunteer_svc.store.migrate"),
    "prepare": _Command(
        "keys, schema and first accounts, where they are not there yet",
        "volunteer_svc.commands.prepare",
    ),
    "keys": _Command(
        "make the key ring and the signing key; rotate, rewrap, retire",
        "volunteer_svc.commands.keys",
        has_arguments=True,
    ),
    "health": _Command("whether `serve` is ready", "volunteer_svc.commands.health"),
    "admin": _Command("make accounts", "volunteer_svc.commands.admin", has_arguments=True),
    "import": _Command("read a workbook", "volunteer_svc.commands.imports", has_arguments=True),
    "verify": _Command(
        "recompute chains, totals and stars from zero",
        "volunteer_svc.commands.verify",
        has_arguments=True,
    ),
    "head": _Command(
        "print the newest signed head, or check one",
        "volunteer_svc.commands.head",
        has_arguments=True,
    ),
    "reconcile": _Command(
        "compare a reader's own figures with the digests of days",
        "volunteer_svc.commands.reconcile",
        has_arguments=True,
    ),
    "backup": _Command(
        "write a backup; may be done while the service runs",
        "volunteer_svc.commands.backup",
        has_arguments=True,
    ),
    "restore": _Command(
        "bring a backup into an empty database",
        "volunteer_svc.commands.restore",
        has_arguments=True,
    ),
    "erased": _Command("print who is erased, for `restore`", "volunteer_svc.commands.erased"),
    "epoch": _Command(
        "begin a new epoch of events, after a restore done with other tools",
        "volunteer_svc.commands.epoch",
        has_arguments=True,
    ),
    "openapi": _Command("write the contracts in docs/", "volunteer_svc.commands.contracts"),
}


@nothing_to_collect()
def _module(command: _Command) -> Any:
    return import_module(command.module)


def main(arguments: Sequence[str]) -> int:
    """Do one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m volunteer_svc")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in _COMMANDS.items():
        subparser = subparsers.add_parser(name, help=command.help, description=command.help)
        if command.has_arguments and name in arguments[:1]:
            _module(command).add_arguments(subparser)
    parsed = parser.parse_args(arguments)
    command = _COMMANDS[parsed.command]
    try:
        config = load(defaults=command.defaults)
        function = getattr(_module(command), command.function)
        return (function(config, parsed) if command.has_arguments else function(config)) or 0
    except ConfigError as error:
        print(f"volunteer-svc: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
