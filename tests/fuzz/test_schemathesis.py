"""schemathesis over the whole API document against the served process, with every kind of key.

`FUZZ_EXAMPLES` says how much (`make check` does much), `FUZZ_SEED` repeats a run.
"""

import json
import os
import random
import re
import subprocess
import sys
import time

import anyio.to_thread
import httpx
import pytest

from tests.fuzz.served import KINDS, ROOT, people_with_hours, served, text_of

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance", "response_headers_conformance", "unsupported_method",
    "allow_header_conformance", "errors_are_problems",
)  # fmt: skip
COVERED = ("county", "admin")
"""Whose requests go through every boundary of every field, which takes longest."""
_CONFIG = """
hooks = "tests.fuzz.hooks"
[dictionaries]
{dictionaries}
[parameters]
{parameters}
[phases.stateful.generation]
max-examples = {examples}
[[operations]]
include-operation-id = "signOut"
headers = {{ Authorization = "Bearer {spare}" }}
[[operations]]
include-operation-id = "endSession"
headers = {{ Authorization = "Bearer {spare}" }}
# Answers for 15 minutes; tests/feed reads it.
[[operations]]
include-operation-id = "streamEvents"
enabled = false
[[operations]]
include-operation-id = "readEvents"
parameters = {{ wait = 0 }}
"""


@pytest.mark.parametrize("kind", KINDS if EXAMPLES else KINDS[:1])
async def test_no_request_makes_a_5xx_or_an_answer_that_is_not_documented(
    kind, database, redis_url, tmp_path, record_property
):
    world = await people_with_hours()
    told = await anyio.to_thread.run_sync(fuzz, kind, database, redis_url, world, tmp_path)
    record_property("fuzz", told)


def fuzz(kind, config, redis_url, world, folder):
    number = os.environ.get("FUZZ_SEED", str(random.SystemRandom().randrange(10**6)))
    key = world.keys[kind]
    headers = key.auth if key.token else {}
    told = {
        "FUZZ_KNOWN": json.dumps(world.known),
        "FUZZ_OWN": str(getattr(key.actor, "id", "")),
        "PYTHONPATH": str(ROOT),
    }
    started = time.monotonic()
    with served(config, redis_url) as (url, log):
        command = [
            sys.executable, "-m", "schemathesis.cli",
            "--config-file", settings_file(folder, world, kind),
            "run", f"{url}/schema/openapi.json", "--checks", ",".join(CHECKS),
            "--phases", phases(kind), "--max-examples", str(max(EXAMPLES, 1)), "--seed", number,
            "--generation-database", "none", "--suppress-health-check", "all", "--no-color",
            *[text for name, value in headers.items() for text in ("-H", f"{name}: {value}")],
        ]  # fmt: skip
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            cwd=folder,  # it leaves a folder of its own behind
            env=os.environ | told,
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout[-30_000:], done.stderr[-5_000:])  # noqa: T201 - shown when it fails
        assert done.returncode == 0
        me = httpx.get(f"{url}/v1/me", headers=headers)
        assert me.status_code == (200 if key.token else 401), "its own key has ended on the way"
        assert '"level":"error"' not in text_of(log)
    cases = int(re.search(r"(\d+) generated", done.stdout)[1])
    assert cases >= 20 * EXAMPLES
    seconds = round(time.monotonic() - started)
    return f"key={kind} {cases=} {seconds=} seed={number}"


def phases(kind):
    if not EXAMPLES:
        return "fuzzing"
    return "examples,coverage,fuzzing,stateful" if kind in COVERED else "fuzzing,stateful"


def settings_file(folder, world, kind):
    names = [name for name in world.known if name.endswith("_id") or name == "year"]
    path = folder / "schemathesis.toml"
    path.write_text(
        _CONFIG.format(
            dictionaries="\n".join(
                f"{name} = {{ values = {world.known[name]} }}" for name in names
            ),
            parameters="\n".join(
                f'"{name}" = {{ dictionary = "{name}", probability = 0.6 }}' for name in names
            ),
            examples=max(4 * EXAMPLES, 1),
            spare=world.spares[kind].token,
        )
    )
    return path
