"""The real process: it listens, says little about itself, and ends in time."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import anyio.to_thread
import httpx
import msgspec

from volunteer_svc import app
from volunteer_svc.config import environment

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until_ready(url, process):
    deadline = time.monotonic() + 120  # on a machine that is busy with ten other things
    while time.monotonic() < deadline:
        assert process.poll() is None, "it has stopped"
        try:
            if httpx.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("it is not ready in time")


async def test_sigterm_ends_it_in_time_even_while_it_waits(database, redis_url):
    assert app.SHUTDOWN_SECONDS < 10
    config = msgspec.structs.replace(database, redis_url=redis_url, port=free_port())
    await anyio.to_thread.run_sync(serve_and_stop, config)


def serve_and_stop(config):
    url = f"http://127.0.0.1:{config.port}"
    soon = "from volunteer_svc import __main__, app; app.SHUTDOWN_SECONDS = 1"
    command = [sys.executable, "-c", f"{soon}; __main__.main(['serve'])"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, env=os.environ | environment(config), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            until_ready(url, process)
            with (
                httpx.Client(base_url=url) as client,
                socket.create_connection(("127.0.0.1", config.port)) as stuck,
            ):
                headers = client.get("/v1/stations").headers
                assert "server" not in headers
                # A request whose body never comes.
                stuck.sendall(b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
                process.send_signal(signal.SIGTERM)
                # uvicorn ends in order and then dies of the signal it was sent.
                assert process.wait(30) in (0, -signal.SIGTERM)
                told = stuck.recv(65_536)
                assert told.startswith(b"HTTP/1.1 503 ")
                assert b"application/problem+json" in told
        finally:
            process.kill()
        lines = [msgspec.json.decode(line) for line in process.stdout]
    assert any(line.get("route") == "/v1/stations" for line in lines)


def test_what_few_requests_need_comes_with_the_first_of_them():
    script = """
import sys
from volunteer_svc import app, config
app.create_app(config.Config())
print(*sys.modules)
"""
    command = [sys.executable, "-c", script]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    rare = {"PIL", "httpx", "icalendar", "joserfc", "obstore", "pydantic", "pygal", "pypinyin",
            "python_calamine", "segno", "typst", "xlsxwriter"}  # fmt: skip
    assert not rare & set(made.stdout.split())
