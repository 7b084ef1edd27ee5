"""Workbooks of a played year: uploaded by one of the county, committed by another."""

import io
import json
from typing import Any

import xlsxwriter

from play.stage import RefusedError, Stage

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SERVICES = ["社工站", "日期", "活动名称", "服务类别", "证件号码", "服务时长(小时)"]
_KINDS = {"social_assistance": "社会救助", "child_welfare": "儿童福利", "elder_care": "养老服务",
          "community_governance": "基层治理", "social_affairs": "社会事务"}  # fmt: skip


async def bring_in(stage: Stage, step: dict[str, Any]) -> dict[str, str]:
    """What each row came to: as its record stands, or refused where there is none."""
    params = {"filename": "year.xlsx", "reason": "paper"}
    run = await stage.ask(
        "county1", "POST", "/imports", params=params, content=_workbook(stage, step["entries"]),
        headers={"Content-Type": _WORKBOOK},
    )  # fmt: skip
    await stage.work()
    await stage.ask("county2", "POST", f"/imports/{run['id']}/commit")
    await stage.work()
    path = f"/imports/{run['id']}"
    done = await stage.ask("county2", "GET", path)
    if done["state"] != "done":
        raise RefusedError(json.dumps(done, ensure_ascii=False))
    return {entry["name"]: await _became(stage, entry) for entry in step["entries"]}


async def _became(stage: Stage, entry: dict[str, Any]) -> str:
    path = f"{stage.of(entry['person'])}/service-records"
    for one in await stage.pages("county2", path):
        if (one["served_on"], one["minutes"]) == (entry["on"], entry["minutes"]):
            stage.known["record"][entry["name"]] = one["id"]
            return str(one["state"])
    return "refused"


def _workbook(stage: Stage, entries: list[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet("服务记录")
        page.write_row(0, 0, ["序号", *_SERVICES])
        for row, one in enumerate(entries, start=1):
            number = stage.script["people"][one["person"]]["document_number"]
            cells = [
                str(row),
                stage.script["stations"][one["station"]]["code"],
                one["on"],
                "志愿服务",
                _KINDS[one["kind"]],
                number,
                f"{one['minutes']}分钟",
            ]
            for column, cell in enumerate(cells):
                page.write_string(row, column, cell)
    return file.getvalue()


VERBS = (bring_in,)
