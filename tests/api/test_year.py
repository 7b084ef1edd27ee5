"""A scripted spring of a station: what the service says is what the script alone says."""

import json
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
    assert [one["minutes"] for one in told["people"].values()] == [5_960, 605, 0, 0]
    script["steps"][0]["station"] = "B"  # the comparison sees what does not agree
    assert run.differences(json.loads(json.dumps(recompute.expected(script))), told)


def test_the_recomputation_shares_no_code_with_the_service():
    assert "volunteer_svc" not in (YEAR / "recompute.py").read_text()
