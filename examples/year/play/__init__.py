"""Plays a written year through the HTTP API, and notes what the service answers to each step."""

from typing import Any

from play import activities, certificates, figures, honours, hours, imports, people, rights, setting
from play.stage import PASSWORD, RefusedError, Stage

__all__ = ["PASSWORD", "RefusedError", "Stage", "run"]

_VERBS = {
    verb.__name__: verb
    for verb in (
        *activities.VERBS, *certificates.VERBS, *figures.VERBS, *honours.VERBS, *hours.VERBS,
        *imports.VERBS, *people.VERBS, *rights.VERBS,
    )
}  # fmt: skip


async def run(stage: Stage) -> dict[str, Any]:
    """What the service says of every step, and of everybody in the end."""
    told: dict[str, Any] = {}
    await setting.set_up(stage)
    for number, step in enumerate(stage.script["steps"]):
        stage.set_clock(step["on"], step.get("at", "12:00"))
        answer = await _VERBS[step["do"]](stage, step)
        if answer is not None:
            told[f"{number} {step['do']} {step['on']}"] = answer
    await stage.work()
    return {
        "steps": told,
        "people": {name: await people.stand(stage, name) for name in stage.script["people"]},
        "waiting": sorted(await hours.what_waits(stage)),
        "complaints": await rights.complaints(stage),
        "objections": await rights.objections(stage),
        "certificates": await certificates.register(stage),
        "badges": await certificates.badges(stage),
    }
