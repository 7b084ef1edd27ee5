"""Exports of the five record classes (民政部令第67号 第7条): whose they are, and for how long."""

from typing import Literal

ExportState = Literal["asked", "done", "failed", "forgotten"]
KEPT_HOURS = 24
"""So long the workbook lies ready; it holds names and document numbers."""
PEOPLE_MAX = 50_000
ROWS_MAX = 300_000
"""Of all sheets together: what a worker holds in memory."""
BATCH = 200
"""People of one step of progress."""
HEADERS: dict[str, tuple[str, ...]] = {
    "个人基本信息": ("会员编号", "姓名", "性别", "出生日期", "身份证件号码", "居住区域", "联系方式",
               "专业技能", "服务类别"),
    "志愿服务情况": ("会员编号", "姓名", "活动名称", "日期", "地点", "服务内容", "服务时间",
               "活动组织单位", "活动负责人"),
    "培训情况": ("会员编号", "姓名", "培训名称", "主要内容", "学习时长", "举办单位", "日期"),
    "表彰奖励情况": ("会员编号", "姓名", "名称", "日期", "授予单位"),
    "评价情况": ("会员编号", "姓名", "服务质量评价", "评价日期"),
}  # fmt: skip
"""The classes and what each holds, by the order; before it whose it is."""
