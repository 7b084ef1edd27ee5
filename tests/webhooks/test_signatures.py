"""Signatures: accepted by the libraries that receivers use, and nothing that was changed is."""

import base64
import json
import random
from datetime import UTC, datetime

import pytest
import standardwebhooks
import svix
from hypothesis import given
from hypothesis import strategies as st

from tests import node
from volunteer_svc import ids
from volunteer_svc.domain.webhook_signature import shown, signed

BODY = json.dumps({"type": "volunteer-svc.star.promoted.v1", "data": {"名": "x"}}).encode()
MUTATIONS = 1000
_READ_IN_NODE = """
import { readFileSync } from "node:fs";
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";
const { secret, cases } = JSON.parse(readFileSync(0, "utf8"));
const verdicts = [new Standard(secret), new Svix(secret)].map((library) =>
  cases.map(({ headers, body }) => {
    try { library.verify(body, headers); return true; } catch { return false; }
  }));
console.log(JSON.stringify(verdicts));
"""


def delivery(*secrets, body=BODY):
    return signed(str(ids.uuid7()), datetime.now(UTC), body, secrets)


def is_accepted(library, secret, body, headers):
    try:
        library(shown(secret)).verify(body, headers)
    except Exception:  # noqa: BLE001 - each library has its own, and ValueError besides
        return False
    return True


def mutated(chance, headers, body):
    """One thing changed: a header, its case, a byte of the body, the time."""
    headers, body = dict(headers), bytearray(body)
    match chance.randrange(6):
        case 0:
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(7)
        case 1:
            headers["webhook-id"] += chance.choice("0aZ.")
        case 2:
            seconds = int(headers["webhook-timestamp"]) + chance.choice((-1, 1, 600, -600))
            headers["webhook-timestamp"] = str(seconds)
        case 3:
            version, signature = headers["webhook-signature"].split(",")
            raw = bytearray(base64.b64decode(signature))
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
            headers["webhook-signature"] = f"{version},{base64.b64encode(raw).decode()}"
        case 4:
            other = signed(headers["webhook-id"], datetime.now(UTC), bytes(body),
                           [chance.randbytes(32)])  # fmt: skip
            headers["webhook-signature"] = other["webhook-signature"]
        case 5:
            body += chance.choice((b" ", b"\n", b"}", b"0"))
    return headers, bytes(body)


@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.Webhook])
def test_receivers_in_python_accept_ours_and_no_mutation_of_it(library):
    secret, chance = ids.webhook_secret(), random.Random(7)  # noqa: S311 - which byte, no secret
    for _ in range(20):
        assert is_accepted(library, secret, BODY, delivery(secret))
    for _ in range(MUTATIONS):
        headers, body = mutated(chance, delivery(secret), BODY)
        assert not is_accepted(library, secret, body, headers)


def test_receivers_in_node_accept_ours_and_no_mutation_of_it():
    secret, chance = ids.webhook_secret(), random.Random(8)  # noqa: S311 - as above
    cases = [(delivery(secret), BODY) for _ in range(20)]
    # Text, as a body parser of theirs hands it on.
    while len(cases) < 20 + MUTATIONS:
        headers, body = mutated(chance, delivery(secret), BODY)
        if body.decode(errors="ignore").encode() == body:
            cases.append((headers, body))
    stdin = json.dumps(
        {
            "secret": shown(secret),
            "cases": [{"headers": headers, "body": body.decode()} for headers, body in cases],
        }
    )
    for verdicts in json.loads(node.run(_READ_IN_NODE, stdin=stdin)):
        assert verdicts == [True] * 20 + [False] * MUTATIONS


def test_while_a_secret_is_rotated_both_are_accepted():
    new, old = ids.webhook_secret(), ids.webhook_secret()
    headers = delivery(new, old)
    for library in (standardwebhooks.Webhook, svix.Webhook):
        assert is_accepted(library, new, BODY, headers)
        assert is_accepted(library, old, BODY, headers)
        assert not is_accepted(library, ids.webhook_secret(), BODY, headers)


@given(body=st.binary(), secret=st.binary(min_size=32, max_size=32))
def test_any_body_is_signed_as_the_standard_says(body, secret):
    at = datetime(2026, 11, 22, 10, 0, 0, 999_999, UTC)
    headers = signed("some-id", at, body, [secret])
    assert headers["webhook-timestamp"] == str(int(at.timestamp()))
    # The library's own signing takes text only.
    if body.decode(errors="ignore").encode() == body:
        library = standardwebhooks.Webhook(shown(secret))
        assert headers["webhook-signature"] == library.sign("some-id", at, body.decode())
