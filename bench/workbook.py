"""A county's workbook with 100 000 service records of volunteers that are known already."""

from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from bench.entries import SEED_STEP, STATIONS
from bench.filling import document_number

ROWS = 100_000
_PEOPLE = 5_000
_DAYS = 700
_HEADINGS = ("序号", "社工站", "日期", "活动名称", "服务类别", "地点", "负责人", "证件号码", "姓名",
             "开始时间", "结束时间", "休息分钟", "服务时长(小时)", "服务内容")  # fmt: skip


def write(path: Path, today: date) -> None:
    """Day after day, from before the years in which the bench's other entries lie."""
    first_day = date(today.year - 1, 1, 1) - timedelta(days=_DAYS)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("服务记录")
        sheet.write_row(0, 0, _HEADINGS)
        for n in range(ROWS):
            person = n * SEED_STEP % _PEOPLE
            day = first_day + timedelta(days=n * _DAYS // ROWS)
            hours = 1 + n % 7
            sheet.write_row(
                n + 1, 0,
                (n + 1, f"B{1 + n % STATIONS}", day.isoformat(), f"敬老院陪伴{n % 97}", "养老服务",
                 "社区活动室", "王芳", document_number(person), f"志愿者{person + 1}", "09:00",
                 f"{9 + hours:02d}:00", 0, hours, "陪老人聊天、读报、打扫房间"),
            )  # fmt: skip
