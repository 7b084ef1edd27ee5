"""The commands as an operator calls them, and folders that the servers may enter."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from volunteer_svc.config import Config, environment

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not `tmp_path`: pytest closes its own folders to the servers' account."""
    path = Path(tempfile.mkdtemp(prefix="volunteer-test-"))
    yield path
    shutil.rmtree(path)


def command(config: Config, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """`python -m volunteer_svc …` with these settings, in a process of its own."""
    return subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "volunteer_svc", *map(str, arguments)],
        cwd=ROOT,
        env=environment(config),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def done(config: Config, *arguments: object) -> str:
    """What a command said that went well."""
    said = command(config, *arguments)
    assert said.returncode == 0, said.stderr
    return said.stdout


def refused(config: Config, *arguments: object) -> str:
    """The words of a command that was refused."""
    said = command(config, *arguments)
    assert said.returncode == 1, said.stdout + said.stderr
    assert "Traceback" not in said.stderr
    return said.stderr
