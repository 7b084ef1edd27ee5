"""Objections and complaints of a played year, and when they were due."""

from typing import Any

from play.stage import Stage


async def objection(stage: Stage, step: dict[str, Any]) -> None:
    path = f"/service-records/{stage.known['record'][step['record']]}/objections"
    made = await stage.ask(step["person"], "POST", path, {"text": "少记了时间"})
    stage.known["objection"][step["record"]] = made["id"]


async def answer(stage: Stage, step: dict[str, Any]) -> None:
    path = f"/objections/{stage.known['objection'][step['record']]}/close"
    body = {"outcome": step["outcome"], "reason": "已核对签到表"}
    await stage.ask(stage.head(step["station"]), "POST", path, body)


async def objections(stage: Stage) -> dict[str, Any]:
    """How each ended or stands, and its clock."""
    told = {}
    for name in stage.script["people"]:
        for one in await stage.pages("county2", f"{stage.of(name)}/objections"):
            record = stage.turned("objection")[one["id"]]
            told[record] = [one["outcome"], one["due_on"], one["overdue"]]
    return told


async def complain(stage: Stage, step: dict[str, Any]) -> None:
    body = {"direction": step["direction"], "text": "约定的时间没有来"}
    path = f"{stage.of(step['person'])}/complaints"
    made = await stage.ask(stage.worker(step["station"]), "POST", path, body)
    stage.known["complaint"][step["complaint"]] = made["id"]


async def close(stage: Stage, step: dict[str, Any]) -> None:
    path = f"/complaints/{stage.known['complaint'][step['complaint']]}"
    contact = {"contact": "call", "on": step["on"], "words": "已致电了解"}
    await stage.ask(stage.head(step["station"]), "POST", f"{path}/contact", contact)
    body = {"outcome": step["outcome"], "words": "已说明"}
    await stage.ask(stage.head(step["station"]), "POST", f"{path}/close", body)


async def complaints(stage: Stage) -> dict[str, Any]:
    """How each ended or stands, when who complained was heard, and the clock."""
    told = {}
    for name, known in stage.known["complaint"].items():
        one = await stage.ask("county2", "GET", f"/complaints/{known}")
        told[name] = [one["outcome"], one["contacted_on"], one["due_on"], one["overdue"]]
    return told


VERBS = (objection, answer, complain, close)
