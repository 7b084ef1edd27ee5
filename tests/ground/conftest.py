"""Folders and processes of the tests that start servers of their own."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder. Not `tmp_path`: pytest closes its own folders to the servers' account."""
    folder = Path(tempfile.mkdtemp(prefix="volunteer-test-"))
    yield folder / "data"
    shutil.rmtree(folder)


@contextmanager
def script(text: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """A Python process that runs `text` and is killed at the end if it still runs."""
    process = subprocess.Popen(  # noqa: S603 - the tests' own text
        [sys.executable, "-c", text, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def all_gone(processes: list[psutil.Process], seconds: float = 10) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)
