"""The supervisor: it restarts what dies and takes everything with it when it goes."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.ground.conftest import all_gone, family, script
from volunteer_svc import processes

SUPERVISE = """
import os, sys
from volunteer_svc import supervisor
child = "import os, pathlib, sys, time; "
child += "pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"
try:
    with supervisor.stop_signals():
        supervisor.supervise({"one": [sys.executable, "-c", child, sys.argv[1]]}, os.environ)
except supervisor.Stopped:
    print("stopped", flush=True)
"""


def pid_in(file: Path, *, other_than: int = 0) -> int:
    """The number that the child writes when it starts."""

    def written() -> bool:
        return file.exists() and file.read_text() not in ("", str(other_than))

    assert processes.poll_until(written, 10)
    return int(file.read_text())


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    with script(SUPERVISE, tmp_path / "pid"):
        first = pid_in(tmp_path / "pid")
        os.kill(first, signal.SIGKILL)
        second = pid_in(tmp_path / "pid", other_than=first)
        assert psutil.pid_exists(second)
        assert not psutil.pid_exists(first)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with script(SUPERVISE, tmp_path / "pid") as run:
        pid_in(tmp_path / "pid")
        children = family(run.pid)
        run.send_signal(number)
        output, _ = run.communicate(timeout=10)
        assert (run.returncode, output) == (0, "stopped\n")
        assert all_gone(children, seconds=0)


def test_children_of_a_killed_supervisor_end(tmp_path: Path) -> None:
    with script(SUPERVISE, tmp_path / "pid") as run:
        pid_in(tmp_path / "pid")
        children = family(run.pid)
        run.kill()
        run.wait()
        assert all_gone(children)


def test_a_child_that_does_not_stop_is_killed() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    deaf += "print('ready', flush=True); time.sleep(600)"
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as lines, os.fdopen(writer, "wb") as output:
        child = processes.spawn([sys.executable, "-c", deaf], env=os.environ, output=output)
        assert lines.readline() == b"ready\n"
        processes.stop([child], seconds=0.1)
    assert child.returncode == -signal.SIGKILL


def test_a_command_that_does_not_exist_is_named() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as lines, os.fdopen(writer, "wb") as output:
        child = processes.spawn(["/no/such/program"], env=os.environ, output=output)
        assert child.wait(10) == 1
        assert lines.readline() == b"cannot start /no/such/program: No such file or directory\n"
