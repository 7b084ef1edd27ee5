"""Request smuggling, byte by byte on a real socket: what is hidden is never run."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import anyio.to_thread
import httpx

from tests.fuzz.served import served, text_of
from tests.fuzz.wire import connection
from tests.hostile.wire import HEADS, SMUGGLED

PLAIN = b"GET /v1/stations HTTP/1.1\r\nHost: x\r\n\r\n"


def answers(url, sent):
    """All that comes back within a second."""
    received = b""
    with connection(url, seconds=1) as open_, suppress(OSError):
        open_.sendall(sent)
        while more := open_.recv(65_536):
            received += more
    return received


def complaint(answer):
    if b"star_minutes" in answer or answer.count(b"HTTP/1.1 ") > 1:
        return "the hidden request was run"
    return None if answer.startswith(b"HTTP/1.1 4") else "it was not refused"


async def test_what_is_hidden_behind_a_request_is_never_run(database, redis_url):
    def run():
        with served(database, redis_url) as (url, log), ThreadPoolExecutor(8) as threads:
            assert complaint(answers(url, PLAIN + SMUGGLED)) == "the hidden request was run"
            told = threads.map(lambda sent: answers(url, sent), HEADS.values())
            wrong = [
                (name, said, answer[:200])
                for name, answer in zip(HEADS, told, strict=True)
                if (said := complaint(answer))
            ]
            assert not wrong, "\n".join(map(str, wrong))
            assert httpx.get(f"{url}/health/ready").status_code == 200
            assert '"level":"error"' not in text_of(log)

    await anyio.to_thread.run_sync(run)
