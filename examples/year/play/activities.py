"""Trainings and activities of a played year, and who comes to them."""

from typing import Any

from play.stage import ZONE, Stage


async def topic(stage: Stage, step: dict[str, Any]) -> None:
    body = {"code": step["topic"], "name_zh": step["topic"], "name_en": step["topic"],
            "validity_months": step["months"]}  # fmt: skip
    await stage.ask("county1", "POST", "/training-topics", body)


async def train(stage: Stage, step: dict[str, Any]) -> None:
    who = stage.worker(step["station"])
    body = {"station_id": stage.stations[step["station"]], "title": "服务技能辅导",
            "topics": [step["topic"]], "starts_at": f"{step['on']}T09:00:00{ZONE}",
            "ends_at": f"{step['on']}T11:00:00{ZONE}"}  # fmt: skip
    made = await stage.ask(who, "POST", "/trainings", body)
    attendees = [{"volunteer_id": stage.ids[name]} for name in step["people"]]
    path = f"/trainings/{made['session']['id']}/attendance"
    await stage.ask(who, "POST", path, {"attendees": attendees})


async def activity(stage: Stage, step: dict[str, Any]) -> None:
    who = stage.worker(step["station"])
    body = {
        "station_id": stage.stations[step["station"]], "kind": step["kind"],
        "form": step["form"], "title": "志愿服务", "capacity": step["capacity"],
        "started_at": f"{step['held_on']}T{step['starts']}:00{ZONE}",
        "ended_at": f"{step['held_on']}T{step['ends']}:00{ZONE}",
        "required_topics": step["topics"],
    }  # fmt: skip
    (made,) = (await stage.ask(who, "POST", "/activities", body))["activities"]
    stage.known["activity"][step["activity"]] = made["id"]
    await stage.ask(who, "POST", f"/activities/{made['id']}/publish", {})


def _activity(stage: Stage, step: dict[str, Any]) -> str:
    return f"/activities/{stage.known['activity'][step['activity']]}"


async def sign_up(stage: Stage, step: dict[str, Any]) -> dict[str, str]:
    told = {}
    for name in step["people"]:
        who = name if step.get("themselves") else stage.worker(step["station"])
        body = {"volunteer_id": stage.ids[name]}
        answer = await stage.send(who, "POST", f"{_activity(stage, step)}/sign-ups", body)
        told[name] = answer.json()["state"] if answer.is_success else "refused"
    return told


async def withdraw(stage: Stage, step: dict[str, Any]) -> list[str]:
    who, path = stage.worker(step["station"]), f"{_activity(stage, step)}/sign-ups"
    await stage.ask(who, "POST", f"{path}/{stage.ids[step['person']]}/withdraw", {})
    listed = (await stage.ask(who, "GET", path, params={"limit": 100}))["items"]
    return sorted(stage.names[one["volunteer_id"]] for one in listed if one["state"] == "confirmed")


async def check_in(stage: Stage, step: dict[str, Any]) -> None:
    """The first by the code on the site's screen, the others by a tap."""
    who, path = stage.worker(step["station"]), _activity(stage, step)
    code = (await stage.ask(who, "GET", f"{path}/site-code"))["code"]
    for name in step["people"]:
        body = {"volunteer_id": stage.ids[name]}
        if name == step["people"][0]:
            await stage.ask(name, "POST", f"{path}/check-ins", body | {"code": code})
        else:
            await stage.ask(who, "POST", f"{path}/check-ins", body)


async def check_out(stage: Stage, step: dict[str, Any]) -> dict[str, str]:
    who, told = stage.worker(step["station"]), {}
    for name in step["people"]:
        body = {"volunteer_id": stage.ids[name]}
        done = await stage.ask(who, "POST", f"{_activity(stage, step)}/check-outs", body)
        stage.known["record"][f"{step['activity']}-{name}"] = done["check_in"]["record_id"]
        told[name] = done["outcome"]
    return told


VERBS = (topic, train, activity, sign_up, withdraw, check_in, check_out)
