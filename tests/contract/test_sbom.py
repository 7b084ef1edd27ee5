"""The list of what the server is made of names every locked package, and its hashes."""

import re
import subprocess
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
LOCKED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ ;\\]+)", re.MULTILINE)


def test_make_sbom_lists_every_locked_package(tmp_path):
    lines = (ROOT / "Makefile").read_text().partition("\nsbom:")[2].split("\n\n")[0]
    command = lines[lines.index("$(BIN)/python") :].partition("\n\t@echo")[0]
    command = command.replace("$(BIN)", ".venv/bin").replace("\\\n", " ").split()
    command[-1] = str(tmp_path / "sbom.json")
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - ours
    listed = msgspec.json.decode((tmp_path / "sbom.json").read_bytes())
    assert listed["bomFormat"] == "CycloneDX"
    assert listed["metadata"]["component"]["name"] == "volunteer-svc"
    found = {(one["name"], one["version"]) for one in listed["components"]}
    locked = set(LOCKED.findall((ROOT / "requirements.lock").read_text()))
    assert found == locked
    assert len(locked) > 20
    for one in listed["components"]:
        assert one["externalReferences"][0]["hashes"], one["name"]
