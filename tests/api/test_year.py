"""A scripted spring of a station: what the service says is what the script alone says."""

import json
import re
import sys
from collections import Counter
from pathlib import Path

YEAR = Path(__file__).parents[2] / "examples/year"


async def test_the_service_and_an_independent_recomputation_agree(client, monkeypatch):
    monkeypatch.syspath_prepend(str(YEAR))
    import recompute  # noqa: PLC0415 - a script's folder is no package
    import run  # noqa: PLC0415

    script = json.loads((YEAR / "short.json").read_text())
    told, _ = await run.played(client, script)
    told = json.loads(json.dumps(told))
    assert run.differences(json.loads(json.dumps(recompute.expected(script))), told) == []
    assert Counter(one["state"] for one in told["certificates"].values()) == {
        "valid": 3, "superseded": 2, "revoked": 1,
    }  # fmt: skip
    assert told["badges"] == {"b1": True}
    assert told["complaints"] == {"c1": ["partly_founded", "2025-03-31", "2025-03-28", True]}
    assert [one["minutes"] for one in told["people"].values()] == [5_960, 605, 0, 0]
    script["steps"][0]["station"] = "B"  # the comparison sees what does not agree
    assert run.differences(json.loads(json.dumps(recompute.expected(script))), told)


def test_the_recomputation_shares_no_code_with_the_service():
    imports = re.findall(r"^(?:from|import) (\w+)", "\n".join(
        file.read_text() for file in (YEAR / "recompute").glob("*.py")
    ), re.MULTILINE)  # fmt: skip
    assert set(imports) <= {*sys.stdlib_module_names, "recompute"}
