"""Positions and awards of a played year."""

from typing import Any

from play.stage import Stage


async def appoint(stage: Stage, step: dict[str, Any]) -> None:
    path = f"{stage.of(step['person'])}/positions"
    body = {"position": step["position"], "reason": "积极负责"}
    await stage.ask(stage.head(step["station"]), "POST", path, body)


async def award(stage: Stage, step: dict[str, Any]) -> None:
    who, own = stage.head(step["station"]), stage.of(step["person"])
    wish = {"honour": step["honour"], "awarding_body": "县文明办", "reason": "服务时数多",
            "evidence_reference": "推荐表"}  # fmt: skip
    put = await stage.ask(who, "POST", f"{own}/nominations", wish)
    grant = {"name": step["honour"], "granted_by": "县文明办", "granted_on": step["on"],
             "evidence_reference": "证书", "nomination_id": put["id"]}  # fmt: skip
    made = await stage.ask(who, "POST", f"{own}/awards", grant)
    stage.known["award"][step["honour"]] = made["id"]


async def revoke(stage: Stage, step: dict[str, Any]) -> None:
    path = f"/awards/{stage.known['award'][step['honour']]}/revoke"
    await stage.ask(stage.head(step["station"]), "POST", path, {"reason": "重复表彰"})


VERBS = (appoint, award, revoke)
