"""What there is before a written year begins: stations, their accounts, and the holidays."""

from play.stage import PASSWORD, Stage


async def set_up(stage: Stage) -> None:
    """By the administrator and the county."""
    stage.set_clock(stage.script["steps"][0]["on"], "08:00")
    for account in ("county1", "county2"):
        body = {"username": account, "display_name": account, "password": PASSWORD,
                "role": "county"}  # fmt: skip
        await stage.ask("admin", "POST", "/accounts", body)
    for key, one in stage.script["stations"].items():
        body = {"code": one["code"], "name": one["name"], "kind": "station"}
        stage.stations[key] = (await stage.ask("county1", "POST", "/stations", body))["id"]
        for role in ("social_worker", "station_head"):
            body = {"username": f"{role}-{key}", "display_name": role, "password": PASSWORD,
                    "role": role, "station_id": stage.stations[key]}  # fmt: skip
            await stage.ask("admin", "POST", "/accounts", body)
    for year, table in stage.script["holidays"].items():
        days = [{"on": on, "is_workday": works, "name": "调休" if works else "节假日"}
                for on, works in table.items()]  # fmt: skip
        await stage.ask("county1", "POST", f"/holidays/{year}", {"days": days})
