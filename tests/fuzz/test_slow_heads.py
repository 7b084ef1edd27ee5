"""A head that does not come ends its connection in time, on a real socket."""

import select
import socket
import time
from contextlib import ExitStack, suppress

import httpx
import pytest

from tests.fuzz.served import served
from tests.fuzz.wire import code_of, connection, read
from volunteer_svc.config import Config

BOUND = 2
"""Ten seconds are long for a test."""
HASTY = f"from volunteer_svc.api import connection\nconnection.HEAD_SECONDS = {BOUND}"
NO_HTTP = (
    b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    b"GET /\r\n\r\n",
    b"bad header\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
)
WHOLE = b"GET /v1/stations HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def url(own_database, own_url, key_file, own_redis):
    """One process for all of them: they leave nothing in it."""
    own_database.clean()
    with served(Config(database_url=own_url, key_file=key_file), own_redis, HASTY) as (url, _):
        yield url
        assert httpx.get(f"{url}/health/ready").status_code == 200


def drip(open_, data, pause=0.1):
    """Send byte by byte until somebody answers or hangs up; how many seconds that took."""
    started = time.monotonic()
    for byte in data:
        try:
            open_.sendall(bytes([byte]))
        except OSError:
            break
        if select.select([open_], [], [], pause)[0]:
            break
    return time.monotonic() - started


def test_a_dripping_head_is_given_up(url):
    with connection(url) as open_:
        taken = drip(open_, b"GET /v1/stations HTTP/1.1\r\nX: " + b"y" * 100)
        assert BOUND - 0.1 < taken < BOUND + 7
        answer = read(open_)
        assert (answer[0], code_of(answer)) == (408, "head_too_slow")
        assert answer[1]["connection"] == "close"
        with suppress(ConnectionResetError):  # what dripped in behind it was not read
            assert open_.recv(1) == b""


def test_a_silent_connection_is_closed_and_many_hold_up_nobody(url):
    with ExitStack() as stack:
        silent = [stack.enter_context(connection(url)) for _ in range(200)]
        assert httpx.get(f"{url}/v1/stations").status_code == 200
        assert not select.select(silent[-1:], [], [], 0)[0], "nobody waits until they are closed"
        for open_ in silent:
            assert open_.recv(1) == b""


def test_a_further_head_on_a_kept_connection_has_the_same_bound(url):
    with connection(url) as open_:
        for _ in range(3):
            open_.sendall(WHOLE)
            assert read(open_)[0] == 200
            time.sleep(0.4 * BOUND)  # longer in all than a single head may take
        taken = drip(open_, b"GET /v1/stations HTTP/1.1\r\nX: " + b"y" * 100)
        assert BOUND - 0.1 < taken < BOUND + 7
        answer = read(open_)
        assert (answer[0], code_of(answer)) == (408, "head_too_slow")


def test_a_body_behind_its_answer_keeps_no_connection(url):
    head = b"POST /v1/nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    with connection(url) as open_:
        open_.sendall(head)
        assert read(open_)[0] == 404
        started = time.monotonic()
        while time.monotonic() - started < 15:
            try:
                open_.sendall(b"x")
                open_.setblocking(False)
                if open_.recv(100) == b"":
                    break
            except BlockingIOError:
                time.sleep(0.1)
            except OSError:
                break
        assert time.monotonic() - started < 12


@pytest.mark.parametrize("sent", NO_HTTP)
def test_what_is_no_http_gets_a_problem(url, sent):
    with connection(url) as open_:
        open_.sendall(sent)
        open_.shutdown(socket.SHUT_WR)
        answer = read(open_)
        assert (answer[0], code_of(answer)) == (400, "request_malformed")
