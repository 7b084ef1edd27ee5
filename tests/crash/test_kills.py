"""Processes killed under load: what was acknowledged is everywhere once (`make crash` for long)."""

from tests.crash.harness import harness
from tests.crash.kills import kills


async def test_whatever_is_killed_every_acknowledged_entry_is_everywhere_once():
    async with harness(minutes=480) as run:
        await kills(run, 5, clients=16, answers_between=40)
        verdict = await run.verdict()
        lost_by_control = await run.control_lost()
    assert verdict.is_clean, f"{verdict.line(run.kills)} {verdict.wrong}"
    assert lost_by_control, "the control lost nothing: commits did not race, the test is blind"
