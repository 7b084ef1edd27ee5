"""What docs/security.md promises is shown by tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`([a-z_]+/test_[a-z_0-9]+\.py)::(test_[a-z_0-9]+)`")


def table():
    page = (ROOT / "docs" / "security.md").read_text().partition("## Each promise and its test")[2]
    rows = [
        row.split("|") for row in page.partition("\n## ")[0].splitlines() if row.startswith("|")
    ]
    return [(row[1].strip(), NAMED.findall(row[2])) for row in rows[2:]]


def test_every_promise_names_tests_that_are_there():
    rows = table()
    assert len(rows) > 40
    for promise, tests in rows:
        assert tests or promise.startswith("**"), promise
        for file, name in tests:
            source = (ROOT / "tests" / file).read_text()
            assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE), f"{file}::{name}"
