"""The example of a receiver, as documented: verified, fed, and not fooled."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.builders import client_key
from tests.events.world import volunteers
from tests.webhooks.world import deliver_all, dispatcher, happen, open_config, rules, state_of
from volunteer_svc import clock, ids
from volunteer_svc.actions import endpoint_sends, endpoints
from volunteer_svc.actions.endpoints import NewEndpoint
from volunteer_svc.domain.webhook_signature import shown, signed

ROOT = Path(__file__).parents[2]


@contextmanager
def example(port, db, secret):
    command = [sys.executable, "examples/webhook_receiver.py", "--port", str(port), "--db", str(db)]
    with subprocess.Popen(  # noqa: S603 - ours
        command, cwd=ROOT, env=os.environ | {"WEBHOOK_SECRET": secret}, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout.readline().startswith(b"listening")
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.kill()


async def test_the_example_answers_its_challenge_and_takes_each_event_once(
    database, sequencer, tmp_path, unused_port
):
    owner, subjects = await client_key("subscriptions:write"), await volunteers(3)
    url = f"http://127.0.0.1:{unused_port}/"
    new = NewEndpoint(url=url)
    made = await endpoints.add_endpoint(owner.call(clock.now()), new, rules(), 9)
    path = tmp_path / "received.db"
    with example(unused_port, path, made.secret):
        async with dispatcher(open_config(database, unused_port)) as one:
            await endpoint_sends.verify_endpoint(owner.call(clock.now()), made.endpoint.id)
            await deliver_all(one)
            assert await state_of(made.endpoint.id) == "active"
            events = await happen(sequencer, subjects, 2)
            await deliver_all(one)
            again = endpoint_sends.Recover(after="0")
            await endpoint_sends.recover_endpoint(owner.call(clock.now()), made.endpoint.id, again)
            await deliver_all(one)
        with closing(sqlite3.connect(path)) as received:
            rows = received.execute("SELECT id, version FROM event").fetchall()
    assert sorted(rows) == sorted((one["id"], one["subjectversion"]) for one in events)


def test_the_example_takes_nothing_that_is_not_signed(tmp_path, unused_port):
    secret = ids.webhook_secret()
    body = b'{"id":"1","type":"t","subject":"s","data":{}}'
    with example(unused_port, tmp_path / "received.db", shown(secret)) as url:

        def answer(headers, content=body):
            return httpx.post(url, content=content, headers=headers).status_code

        good = signed("1", datetime.now(UTC), body, [ids.webhook_secret(), secret])
        old = signed("1", datetime(2026, 1, 1, tzinfo=UTC), body, [secret])
        assert answer(good) == 204
        assert answer(good, body + b" ") == 401
        assert answer(good | {"webhook-id": "2"}) == 401
        assert answer(good | {"webhook-timestamp": "x"}) == 401
        assert answer(signed("1", datetime.now(UTC), body, [ids.webhook_secret()])) == 401
        assert answer({}) == answer(old) == 401
