"""The commands as an operator calls them, and folders that the servers may enter."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import command
from volunteer_svc.config import Config


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not `tmp_path`: pytest closes its own folders to the servers' account."""
    path = Path(tempfile.mkdtemp(prefix="volunteer-test-"))
    yield path
    shutil.rmtree(path)


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
