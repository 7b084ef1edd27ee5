"""What comes over the wire, however broken, ends in a clear answer and leaves nothing behind."""

import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import anyio.to_thread
import httpx
import msgspec
import pytest

from tests.builders import TODAY, active, form, staff, station
from tests.fuzz.served import served, text_of
from tests.fuzz.wire import answers, code_of, connection, cut, post, read
from volunteer_svc.store.database import fetch

DEEP = b"[" * 100_000
HASTY = "from volunteer_svc.api import edge\nedge.BODY_SECONDS = {}"
"""Thirty seconds are long for a test."""


@pytest.fixture
async def desk(database, redis_url):
    """A station with a worker and an active volunteer, and a sheet with an hour of hers."""
    home = await station()
    worker, person = await staff("county"), await active(home.id)
    line = {"volunteer_id": str(person.id), "served_on": TODAY.isoformat(), "minutes": 60}
    sheet = {"station_id": str(home.id), "entries": [line]}

    async def against(work, before=""):
        """Do the work in a thread with the address; the service is well and idle afterwards."""

        def run():
            with served(database, redis_url, before) as (url, log):
                work(url)
                well(url, worker)
                assert '"level":"error"' not in text_of(log)

        await anyio.to_thread.run_sync(run)

    return against, worker.token, sheet, home


def well(url, worker):
    with httpx.Client(base_url=url, headers=worker.auth) as http:
        assert http.get("/v1/me").status_code == 200
        deadline = time.monotonic() + 5
        while "database_pool_in_use 0.0" not in http.get("/metrics").text:
            assert time.monotonic() < deadline, "a connection to the database is still in use"
            time.sleep(0.05)
        assert 'status="5' not in http.get("/metrics").text


async def test_whatever_a_body_holds_it_is_answered_with_a_problem(desk):
    against, token, sheet, _ = desk
    plain = msgspec.json.encode(sheet)
    bodies = [
        (DEEP, 400), (b'{"entries":' + DEEP, 400), (b'{"x":' * 100_000, 400),
        (DEEP + b"]" * 100_000, 400), (b"9" * 500_000, 400), (b"-" + b"9" * 500_000, 400),
        (plain.replace(b":60", b":1e999999"), 400), (plain.replace(b":60", b":NaN"), 400),
        (plain.replace(b":60", b":-Infinity"), 400), (plain.replace(b":60", b":1E400"), 400),
        (b"\x00" * 1000, 400), (b'{"station_id":"\x00"}', 400), (b'{"station_id":"\xff"}', 400),
        (plain.decode().encode("utf-16"), 400), (b"\xef\xbb\xbf" + plain, 400), (b"", 400),
        (b" " * 20_000_000, 413), (b'"' + b"x" * 20_000_000, 413),
    ]  # fmt: skip

    def send(url):
        for path in ("/v1/service-records", "/v1/volunteers", "/v1/approvals", "/v1/registrations"):
            for body, status in bodies:
                head = post(path, f"Content-Length: {len(body)}", token=token)
                answer = answers(url, head, body)
                assert answer[0] == status, (path, body[:50], answer)
                code_of(answer)

    await against(send)
    assert await fetch("SELECT 1 FROM service_record") == []


async def test_paths_and_headers_of_any_bytes_make_no_5xx_and_stop_nothing(desk):
    against, token, _, home = desk
    places = [
        b"/v1/stations/\xff\xfe", b"/v1/stations/\x00", b"/v1/stations/%00%ff", b"/" * 9_000,
        b"/v1/stations?cursor=\xff", b"/v1/../../etc/passwd", b"//v1//stations", b"*", b"",
        b"/v1/stations/" + str(home.id).encode() + b"%0d%0ax:y", b"http://x/v1/me",
    ]  # fmt: skip
    lines = [
        b"Authorization: Bearer \xff", b"Authorization: \x00", b"If-Match: " + b"9" * 5_000,
        b"Accept-Language: " + b"\xe7," * 9_000, b"X: " + b"y" * 200_000,
        b"X: y\r\n" * 20_000, b"bad header",
    ]  # fmt: skip
    claims = [
        ("Content-Length: -1",), ("Content-Length: x",), ("Content-Length: 99999999999999999999",),
        ("Content-Length: 3", "Content-Length: 4"), ("Content-Encoding: gzip", "Content-Length: 4"),
        ("Transfer-Encoding: chunked",), ("Transfer-Encoding: chunked", "Content-Length: 2"),
        ("Idempotency-Key: \xe9", "Content-Length: 4"),
    ]  # fmt: skip
    heads = [
        *(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % place for place in places),
        *(b"GET /v1/me HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % line for line in lines),
        *(post("/v1/registrations", *claim, token=token) + b"zz\r\n" for claim in claims),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00" * 100, b"GET /\r\n\r\n", b"BREW /v1/stations HTTP/1.1\r\nHost: x\r\n\r\n",
    ]  # fmt: skip

    def send(url):
        for head in heads:
            with connection(url, seconds=3) as open_:
                open_.sendall(head)
                open_.shutdown(socket.SHUT_WR)
                status, *_ = read(open_)
                assert status == 0 or 200 <= status < 500, (head[:80], status)

    await against(send)


async def test_a_slow_body_is_given_up_and_keeps_nobody_waiting(desk):
    against, token, sheet, _ = desk
    body = msgspec.json.encode(sheet)

    def send(url):
        head = post("/v1/service-records", f"Content-Length: {len(body)}", token=token)
        slow = []
        for _ in range(50):
            open_ = stack.enter_context(connection(url))
            open_.sendall(head + body[:10])
            slow.append(open_)
        assert answers(url, head, body)[0] == 200
        assert not select.select(slow, [], [], 0)[0], "the others were given up first"
        for open_ in slow:
            answer = read(open_)
            assert (answer[0], code_of(answer)) == (408, "body_too_slow")
            assert answer[1]["connection"] == "close"

    with ExitStack() as stack:
        await against(send, HASTY.format(3))
    assert len(await fetch("SELECT 1 FROM service_record")) == 1


async def test_a_body_that_drips_faster_than_the_bound_is_taken(desk):
    against, token, sheet, _ = desk
    body = msgspec.json.encode(sheet) + b" " * 600_000

    def send(url):
        head = post("/v1/service-records", f"Content-Length: {len(body)}", token=token)
        with connection(url) as open_:
            open_.sendall(head)
            for start in range(0, len(body), 100_000):
                open_.sendall(body[start : start + 100_000])
                time.sleep(0.2)
            assert read(open_)[0] == 200

    await against(send, HASTY.format(0.5))


async def test_connections_cut_at_any_point_leave_whole_registrations_or_none(desk):
    against, token, _, home = desk
    body = msgspec.json.encode(
        {"station_id": str(home.id), "form": msgspec.to_builtins(form()), "materials": []}
    )
    head = post("/v1/volunteers", f"Content-Length: {len(body)}", token=token)
    whole = head + body
    points = [*range(1, len(head), 40), *range(len(head), len(whole), 60)]

    def one(url, point):
        with connection(url) as open_:
            open_.sendall(whole[:point])
            cut(open_)

    def send(url):
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda point: one(url, point), points * 4))
            # Complete, but nobody waits for the answer: one takes effect, the others come too late.
            list(threads.map(lambda _: one(url, len(whole)), range(40)))
        answer = answers(url, whole)
        assert answer[0] in (201, 409), answer

    await against(send)
    people = await fetch("SELECT 1 FROM person p JOIN registration USING (volunteer_id)")
    assert len(people) == 2
    assert len(await fetch("SELECT 1 FROM outbox WHERE name = 'volunteer.applied'")) == 2
