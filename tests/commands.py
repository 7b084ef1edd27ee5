"""The commands as an operator calls them: each a process of its own, with settings of its own.

The processes are forked from one that has imported the service already: importing would take
longer than most commands do. That `python -m volunteer_svc` itself starts is seen by the tests of
`serve`, `run` and `relay`.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from subprocess import CompletedProcess

from volunteer_svc.__main__ import main
from volunteer_svc.config import Config, environment

ROOT = Path(__file__).parents[1]
_SECONDS = 120
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([
    "volunteer_svc.app", "workers.work", "volunteer_svc.store.migrate",
    *(
        f"volunteer_svc.commands.{name}"
        for name in ("admin", "backup", "erased", "head", "imports", "keys", "prepare",
                     "reconcile", "restore", "verify")
    ),
])  # fmt: skip


def command(
    config: Config, *arguments: object, typed: str = "", **env: str
) -> "CompletedProcess[str]":
    """`python -m volunteer_svc …` with these settings and `typed` at its input."""
    words = [str(one) for one in arguments]
    with tempfile.TemporaryDirectory(prefix="volunteer-test-") as folder:
        streams = [Path(folder) / name for name in ("in", "out", "err")]
        for stream in streams:
            stream.write_text(typed if stream.name == "in" else "")
        process = _FORKS.Process(target=_be, args=(words, environment(config) | env, streams))
        process.start()
        process.join(_SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{words} takes longer than {_SECONDS} s")
        said = [stream.read_text() for stream in streams[1:]]
        return CompletedProcess(words, process.exitcode, *said)


def _be(words: list[str], env: Mapping[str, str], streams: list[Path]) -> None:
    """In the forked process."""
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(env)
    for number, stream in enumerate(streams):
        os.dup2(os.open(stream, os.O_RDWR), number)
    # multiprocessing has put /dev/null in its place
    sys.stdin = os.fdopen(0)
    sys.argv = ["volunteer_svc", *words]
    sys.exit(main(words))
