"""The five minutes of docs/events.md as they are printed: each way ends in a stored promotion.

Only ports differ, and the county is a small one.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.actions.test_county_import import PERSON, served, workbook
from tests.ground.conftest import ROOT, data_dir  # noqa: F401 - a fixture

PROMOTIONS = 2
SERVICES = [
    served(n, hours=8, day=f"2026-{2 + n // 28:02}-{1 + n % 28:02}") for n in range(26)
]  # fmt: skip
_SECTION = re.compile(r"## Five minutes\n(.*?)\n## ", re.DOTALL)
_COMMANDS = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def free_ports():
    first = socket.create_server(("127.0.0.1", 0))
    with first, socket.create_server(("127.0.0.1", 0)) as second:
        return first.getsockname()[1], second.getsockname()[1]


@pytest.fixture
def clone(data_dir):  # noqa: F811
    """A folder as somebody has it who cloned this: where commands are typed."""
    folder = data_dir.parent
    folder.chmod(0o755)
    for name in ("migrations", "volunteer_svc", "workers", "piccolo_app.py", "piccolo_conf.py"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "examples/county").mkdir(parents=True)
    for one in ("main_platform.py", "webhook_receiver.py"):
        (folder / "examples" / one).symlink_to(ROOT / "examples" / one)
    (folder / "examples/county/county.xlsx").write_bytes(
        workbook(roster=[PERSON], services=SERVICES)
    )
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def test_the_commands_lead_from_nothing_to_a_stored_promotion_by_each_way(clone):
    section = _SECTION.search((ROOT / "docs/events.md").read_text())[1]
    serve, *rest = _COMMANDS.findall(section)
    port, receiver = free_ports()
    commands = "\n".join(rest).replace(":8080", f":{port}").replace("8088", str(receiver))
    settings = dict(one.split("=", 1) for one in serve.split() if one.startswith("VOLUNTEER_"))
    settings |= {"VOLUNTEER_WEBHOOK_PORTS": str(receiver), "VOLUNTEER_PORT": str(port)}
    assert serve.split()[-2:] == ["make", "run"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "volunteer_svc", "run"], cwd=clone, env=env | settings,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as run:  # fmt: skip
        try:
            said = []
            for line in run.stdout:
                said.append(line)
                if "Ctrl-C to stop" in line:
                    break
            assert "accounts" in "".join(said), said
            typed = subprocess.run(  # noqa: S603 - the document's text
                ["/bin/bash", "-eu", "-c", commands], cwd=clone, env=env, timeout=150,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(30)
    assert typed.returncode == 0, typed.stdout + typed.stderr
    for way in ("stream", "feed", "sse"):
        assert f"{PROMOTIONS} promotions in {way}.db" in typed.stdout
    assert re.search(r"[12] promotions so far", typed.stdout)
    assert not re.search("Traceback|No such|not found|Error", typed.stderr), typed.stderr


def test_no_link_of_the_guides_leads_nowhere():
    for page in ("events.md", "events-reading.md", "webhooks.md"):
        for target in re.findall(r"\]\((?!https:)([^)#]+)", (ROOT / "docs" / page).read_text()):
            assert (ROOT / "docs" / target).exists(), (page, target)


def test_the_guide_of_events_names_the_other_two():
    text = (ROOT / "docs/events.md").read_text()
    assert "](events-reading.md)" in text
    assert "](webhooks.md)" in text


def test_commands_hold_no_path_of_a_machine():
    for page in Path(ROOT / "docs").glob("*.md"):
        assert not re.search(r"/(?:home|work|Users|root)/", page.read_text()), page
