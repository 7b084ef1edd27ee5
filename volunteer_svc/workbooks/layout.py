"""The three sheets of a county workbook: their columns, and how a cell of each is read."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from volunteer_svc.workbooks import cells, service_time, times
from volunteer_svc.workbooks.rows import RosterRow, ServiceRow, StationRow

ROW_NUMBER = "序号"

_TICKS = {"是": True, "否": False} | dict.fromkeys("√✓✔☑", True) | dict.fromkeys("×✗✘☐", False)
_TICKS |= {"True": True, "False": False}  # a cell of Excel's own TRUE or FALSE
_KINDS = {
    "社会救助": "social_assistance",
    "儿童福利": "child_welfare",
    "养老服务": "elder_care",
    "基层治理": "community_governance",
    "社会事务": "social_affairs",
}

_code = cells.text_within(32, cells.compact)
_name = cells.text_within(64, cells.person_name)
_title = cells.text_within(128)
_phone = cells.text_within(32, cells.compact)
_number = cells.text_within(32, cells.document_number)
_tick = cells.word(_TICKS)
_kind = cells.word(_KINDS)
_station_kind = cells.word({"总站": "head", "社工站": "station", "服务点": "point"})
_sex = cells.word({"男": "M", "女": "F"})
_household = cells.word({"长户": True, "非长户": False})
_document_kind = cells.word(
    {
        "居民身份证": "id_card",
        "身份证": "id_card",
        "居民户口簿": "household_register",
        "户口簿": "household_register",
        "户口本": "household_register",
        "港澳台居民居住证": "residence_permit_hmt",
        "护照": "passport",
        "外国人永久居留身份证": "foreign_permanent_residence",
    }
)


class Column(msgspec.Struct, frozen=True):
    """One column. A blank cell is a fault only where the cell is needed, else it says `if_blank`.

    `column` means: the column must be there, so that its absence is not taken for many blanks.
    """

    header: str
    field: str
    read: Callable[[cells.Cell], Any]
    needed: Literal["cell", "column", "no"] = "no"
    if_blank: Any = None


class Sheet(msgspec.Struct, frozen=True):
    """`either`: of these groups of fields, the columns of one must be there."""

    name: str
    row: Callable[..., Any]
    columns: tuple[Column, ...]
    either: tuple[tuple[str, ...], ...] = ((),)
    settle: service_time.Settle | None = None


STATIONS = Sheet(
    "社工站",
    StationRow,
    (
        Column("代码", "code", _code, "cell"),
        Column("名称", "name", _title, "cell"),
        Column("类型", "kind", _station_kind, "cell"),
        Column("上级代码", "parent_code", _code, "column"),
    ),
)

ROSTER = Sheet(
    "会员登记表",
    RosterRow,
    (
        Column("所属社工站", "station_code", _code, "cell"),
        Column("姓名", "name", _name, "cell"),
        Column("性别", "sex", _sex, "cell"),
        Column("出生日期", "birth_date", times.day, "cell"),
        Column("证件类型", "document_kind", _document_kind, "cell"),
        Column("证件号码", "document_number", _number, "cell"),
        Column("户籍", "household_local", _household, "cell"),
        Column("居住区域", "area", _title),
        Column("联系电话", "phone", _phone),
        Column("专业技能", "skills", cells.text_within(256)),
        Column("服务类别", "service_category", _kind),
        Column("监护人姓名", "guardian_name", _name),
        Column("监护人关系", "guardian_relation", cells.text_within(32)),
        Column("监护人电话", "guardian_phone", _phone),
        Column("登记日期", "registered_on", times.day, "cell"),
        Column("证件原件已核", "id_original_seen", _tick, "column", if_blank=False),
        Column("证件复印件已收", "id_copy_received", _tick, "column", if_blank=False),
        Column("居住证已核", "residence_permit_seen", _tick, "column", if_blank=False),
        Column("一寸照片已收", "photo_received", _tick, "column", if_blank=False),
        Column("入会辅导日期", "inducted_on", times.day, "column"),
    ),
)

SERVICES = Sheet(
    "服务记录",
    ServiceRow,
    (
        Column("社工站", "station_code", _code, "cell"),
        Column("日期", "served_on", times.day, "cell"),
        Column("活动名称", "activity", _title, "cell"),
        Column("服务类别", "kind", _kind),
        Column("地点", "place", _title),
        Column("负责人", "leader", cells.text_within(64)),
        Column("证件号码", "document_number", _number, "cell"),
        Column("姓名", "name", _name),
        Column("开始时间", "start", times.start_minutes),
        Column("结束时间", "end", times.end_minutes),
        Column("休息分钟", "break_minutes", cells.whole_number, if_blank=0),
        Column("服务时长(小时)", "minutes", times.hours_as_minutes),
        Column("服务内容", "content", cells.text_within(2000)),
    ),
    either=(("start", "end"), ("minutes",)),
    settle=service_time.settle,
)
