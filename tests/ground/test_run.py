"""`make run` as a whole: from an empty folder to a ready service, and back to nothing."""

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ground.conftest import ROOT, all_gone, family
from volunteer_svc.config import Config, environment


@contextmanager
def running(config: Config) -> Iterator["subprocess.Popen[str]"]:
    """A run that has said where everything is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "volunteer_svc", "run"],
        cwd=ROOT,
        env=environment(config),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if "Ctrl-C to stop" in line:
                    break
            assert f"http://127.0.0.1:{config.port}" in "".join(said)
            yield process
        finally:
            process.kill()


@pytest.fixture
def config(data_dir: Path) -> Config:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return Config(
        data_dir=data_dir,
        key_file=data_dir / "keys.json",
        signing_key_file=data_dir / "signing-key.pem",
        port=port,
    )


def test_a_run_is_ready_and_stops_on_ctrl_c(config: Config) -> None:
    with running(config) as run:
        with urllib.request.urlopen(f"http://127.0.0.1:{config.port}/health/ready") as answer:
            assert answer.status == 200
        for secret in (config.key_file, config.signing_key_file):
            assert secret.stat().st_mode & 0o077 == 0
        children = family(run.pid)
        run.send_signal(signal.SIGINT)
        assert run.wait(30) == 0
        assert all_gone(children, seconds=0)


def test_a_killed_run_leaves_nothing_that_blocks_the_next(config: Config) -> None:
    with running(config) as run:
        children = family(run.pid)
        run.kill()
        run.wait()
        with running(config) as again:
            assert all_gone(children, seconds=0)
            again.send_signal(signal.SIGTERM)
            assert again.wait(30) == 0


def test_a_taken_port_is_refused_before_anything_starts(config: Config) -> None:
    with socket.create_server(("127.0.0.1", config.port)):
        ended = subprocess.run(
            [sys.executable, "-m", "volunteer_svc", "run"],
            cwd=ROOT,
            env=environment(config),
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert "choose another VOLUNTEER_HOST or VOLUNTEER_PORT" in ended.stderr
    assert not config.data_dir.exists()


def test_one_server_of_two_is_refused(config: Config) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "volunteer_svc", "run"],
        cwd=ROOT,
        env=environment(config) | {"DATABASE_URL": "postgresql://x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "DATABASE_URL and REDIS_URL" in ended.stderr
