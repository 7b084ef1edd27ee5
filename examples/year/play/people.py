"""People in a played year: they apply, are inducted, move, pause and leave."""

from typing import Any

from play.stage import RefusedError, Stage

_MATERIALS = [
    {"item": "id_document", "original_seen": True, "copy_received": True},
    {"item": "photo", "copy_received": True},
]


async def apply(stage: Stage, step: dict[str, Any]) -> None:
    body = {"station_id": stage.stations[step["station"]], "form": _form(stage, step["person"])}
    stage.requests += 1
    answer = await stage.http.post("/v1/registrations", json=body)
    if not answer.is_success:
        raise RefusedError(answer.text)
    await stage.work()
    number = {"document_number": stage.script["people"][step["person"]]["document_number"]}
    found = await stage.ask("county2", "POST", "/volunteers/search", number)
    stage.know(step["person"], found["items"][0]["id"])


async def materials(stage: Stage, step: dict[str, Any]) -> None:
    who = stage.worker(await stage.home(step["person"]))
    registration = next(
        one["id"] for one in await stage.pages(who, "/registrations")
        if one["volunteer_id"] == stage.ids[step["person"]]
    )  # fmt: skip
    path = f"/registrations/{registration}/materials"
    await stage.ask(who, "PUT", path, {"materials": _MATERIALS})


async def enrol(stage: Stage, step: dict[str, Any]) -> None:
    body = {"station_id": stage.stations[step["station"]], "form": _form(stage, step["person"]),
            "materials": _MATERIALS}  # fmt: skip
    made = await stage.ask(stage.worker(step["station"]), "POST", "/volunteers", body)
    stage.know(step["person"], made["volunteer_id"])


async def induct(stage: Stage, step: dict[str, Any]) -> dict[str, str]:
    who = stage.worker(step["station"])
    plan = {"station_id": stage.stations[step["station"]], "place": "活动室",
            "held_on": step.get("held_on", step["on"])}  # fmt: skip
    session = await stage.ask(who, "POST", "/induction-sessions", plan)
    attendees = [{"volunteer_id": stage.ids[name]} for name in step["people"]]
    path = f"/induction-sessions/{session['id']}/attendance"
    await stage.ask(who, "POST", path, {"attendees": attendees})
    return {name: (await stand(stage, name))["state"] for name in step["people"]}


async def suspend(stage: Stage, step: dict[str, Any]) -> None:
    who = stage.worker(await stage.home(step["person"]))
    path = f"{stage.of(step['person'])}/suspend"
    await stage.ask(who, "POST", path, {"reason": "违反服务准则"})


async def reinstate(stage: Stage, step: dict[str, Any]) -> None:
    who = stage.worker(await stage.home(step["person"]))
    await stage.ask(who, "POST", f"{stage.of(step['person'])}/reinstate")


async def transfer(stage: Stage, step: dict[str, Any]) -> None:
    who = stage.worker(await stage.home(step["person"]))
    body = {"to_station_id": stage.stations[step["station"]], "reason": "搬家",
            "consent": {"given": "signed", "on": step["on"]}}  # fmt: skip
    await stage.ask(who, "POST", f"{stage.of(step['person'])}/transfer", body)


async def leave(stage: Stage, step: dict[str, Any]) -> None:
    who = stage.worker(await stage.home(step["person"]))
    await stage.ask(who, "POST", f"{stage.of(step['person'])}/exit", {"reason": "外出务工"})


async def stand(stage: Stage, name: str) -> dict[str, Any]:
    """How somebody stands now, as the county sees it."""
    found = await stage.ask("county2", "GET", stage.of(name))
    story = (await stage.ask("county2", "GET", f"{stage.of(name)}/stars"))["history"]
    awards = await stage.ask("county2", "GET", f"{stage.of(name)}/awards")
    positions = await stage.ask("county2", "GET", f"{stage.of(name)}/positions")
    return {
        "state": found["state"],
        "station": next(k for k, v in stage.stations.items() if v == found["station_id"]),
        "minutes": found["counted_minutes"],
        "star": found["star"],
        "promotions": [(s["from_star"], s["to_star"], s["changed_on"]) for s in story],
        "awards": sorted(a["name"] for a in awards if not a["revoked_on"]),
        "position": next((p["kind"] for p in positions if p["to_on"] is None), "member"),
    }


def _form(stage: Stage, name: str) -> dict[str, Any]:
    return stage.script["people"][name] | {
        "applied_on": f"{stage.now:%F}", "document_kind": "id_card", "household_local": True,
        "rules_version": "2025",
    }  # fmt: skip


VERBS = (apply, materials, enrol, induct, suspend, reinstate, transfer, leave)
