"""Hours of a played year: entered, reported, approved, corrected, taken back."""

from datetime import datetime, timedelta
from typing import Any

from play.stage import ZONE, RefusedError, Stage


async def sheet(stage: Stage, step: dict[str, Any]) -> dict[str, str]:
    who = stage.worker(step["station"])
    entries = [
        _line(stage, one) | {
            "volunteer_id": stage.ids[one["person"]], "evidence": one.get("evidence", "staff"),
            "evidence_reference": one.get("reference", ""),
        }
        for one in step["entries"]
    ]  # fmt: skip
    body = {"station_id": stage.stations[step["station"]], "entries": entries}
    answer = await stage.ask(who, "POST", "/service-records", body)
    told = {}
    for entry, outcome in zip(step["entries"], answer["outcomes"], strict=True):
        told[entry["name"]] = outcome["outcome"]
        if outcome["outcome"] != "refused":
            stage.known["record"][entry["name"]] = outcome["record_id"]
    stage.known.setdefault("sheet", {})[step.get("sheet", "")] = answer.get("sheet_id")
    return told


def _line(stage: Stage, entry: dict[str, Any]) -> dict[str, Any]:
    line = {"served_on": entry["on"], "minutes": entry["minutes"], "kind": entry.get("kind"),
            "late_reason": entry.get("reason", "")}  # fmt: skip
    if "start" in entry:
        start = datetime.fromisoformat(f"{entry['on']}T{entry['start']}:00{ZONE}")
        end = start + timedelta(minutes=entry["minutes"])
        del line["served_on"], line["minutes"]
        line |= {"started_at": start.isoformat(), "ended_at": end.isoformat()}
    if "activity" in entry:
        line["activity_id"] = stage.known["activity"][entry["activity"]]
    return line


async def report_hours(stage: Stage, step: dict[str, Any]) -> str:
    entry = step["entry"]
    body = _line(stage, entry) | {"station_id": stage.stations[step["station"]],
                                "content": "陪独居老人就医"}  # fmt: skip
    path = f"{stage.of(entry['person'])}/self-reports"
    made = await stage.ask(entry["person"], "POST", path, body)
    stage.known["record"][entry["name"]] = made["record_id"]
    record = await stage.ask(entry["person"], "GET", f"/service-records/{made['record_id']}")
    return str(record["state"])


async def approve(stage: Stage, step: dict[str, Any]) -> None:
    await _decide(stage, step["records"], "approve")


async def reject(stage: Stage, step: dict[str, Any]) -> None:
    await _decide(stage, step["records"], "reject")


async def _decide(stage: Stage, names: list[str], decision: str) -> None:
    items = await what_waits(stage)
    decisions = [
        {"kind": items[name]["kind"], "id": items[name]["id"], "decision": decision,
         "reason": "签到表核对不上" if decision == "reject" else ""}
        for name in names
    ]  # fmt: skip
    told = await stage.ask("county2", "POST", "/approvals", {"decisions": decisions})
    refused = [one for one in told["outcomes"] if one["outcome"] == "refused"]
    if refused:
        raise RefusedError(f"{names}: {refused}")


async def what_waits(stage: Stage) -> dict[str, dict[str, Any]]:
    """By what the script calls it."""
    listed = await stage.pages("county2", "/approvals")
    return {stage.turned(one["kind"])[one["id"]]: one for one in listed}


async def correct(stage: Stage, step: dict[str, Any]) -> str:
    path = f"/service-records/{stage.known['record'][step['record']]}/corrections"
    body = {"minutes": step["minutes"], "reason": "与签到表不符", "requested_by": "志愿者"}
    made = await stage.ask(stage.head(step["station"]), "POST", path, body)
    stage.known["correction"][step["record"]] = made["correction_id"]
    return str(made["outcome"])


async def take_back(stage: Stage, step: dict[str, Any]) -> None:
    body = {"kind": "sheet", "target_id": stage.known["sheet"][step["sheet"]],
            "reason": "录入了别的活动"}  # fmt: skip
    await stage.ask(stage.head(step["station"]), "POST", "/undos", body)


VERBS = (sheet, report_hours, approve, reject, correct, take_back)
