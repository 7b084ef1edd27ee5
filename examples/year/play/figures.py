"""Lists and reports of a played year, as the service tells them."""

from typing import Any

from play.stage import Stage


async def read_list(stage: Stage, step: dict[str, Any]) -> dict[str, Any]:
    path = f"/recognitions/{step['year']}"
    found = await stage.ask("county2", "GET", path, params=stage.at_station(step))
    places = sorted(
        [stage.names[e["volunteer_id"]], e["rank"], e["minutes"]] for e in found["entries"]
    )
    return {"version": found["version"], "outdated": found["outdated"], "places": places}


async def publish(stage: Stage, step: dict[str, Any]) -> dict[str, Any]:
    who = stage.head(step["station"]) if step.get("station") else "county1"
    path = f"/recognitions/{step['year']}/publications"
    left_out = [
        {"volunteer_id": stage.ids[name], "reason": "责任心不强"}
        for name in step.get("without", [])
    ]
    body = {"replaces": step.get("replaces", 0), "exclusions": left_out}
    await stage.ask(who, "POST", path, body | stage.at_station(step))
    return await read_list(stage, step)


async def report(stage: Stage, step: dict[str, Any]) -> dict[str, Any]:
    params = stage.at_station(step) | {"from_on": step["from_on"], "until_on": step["until_on"]}
    told = await stage.ask("county2", "GET", "/reports", params=params)
    hours: dict[str, list[int]] = {}
    for one in told["hours"]:
        cell = f"{one['kind'] or '-'}/{one['form'] or '-'}"
        hours[cell] = [one["records"], one["minutes"]]
    parts = ("members", "registrations", "service", "certificates")
    return {
        **{part: told[part] for part in parts},
        "evidence": {one["evidence"]: [one["records"], one["minutes"]] for one in told["evidence"]},
        "hours": dict(sorted(hours.items())),
        "activities": {
            one["form"]: [one["held"], one["served"], one["yearly_target"]]
            for one in told["activities"]
        },
        "months": {one["month"][:7]: [one["members"], one["minutes"]] for one in told["months"]},
    }


VERBS = (read_list, publish, report)
