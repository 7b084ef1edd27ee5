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
_tick = cells.Words(_TICKS)
_kind = cells.Words(_KINDS)
_station_kind = cells.Words({"总站": "head", "社工站": "station", "服务点": "point"})
_sex = cells.Words({"男": "M", "女": "F"})
_household = cells.Words({"长户": True, "非长户": False})
_document_kind = cells.Words(
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
    `also`: what it is called elsewhere, taken where no column has the name itself.
    """

    header: str
    field: str
    read: Callable[[cells.Cell], Any]
    needed: Literal["cell", "column", "no"] = "no"
    if_blank: Any = None
    also: tuple[str, ...] = ()


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
        Column("代码", "code", _code, "cell", also=("社工站代码", "编码", "编号")),
        Column("名称", "name", _title, "cell", also=("社工站名称", "社工站", "站名")),
        Column("类型", "kind", _station_kind, "cell", also=("类别",)),
        Column("上级代码", "parent_code", _code, "column", also=("上级", "上级社工站代码")),
    ),
)

ROSTER = Sheet(
    "会员登记表",
    RosterRow,
    (
        Column(
            "所属社工站",
            "station_code",
            _code,
            "cell",
            also=("社工站", "社工站代码", "所属社工站代码", "所属站点"),
        ),
        Column("姓名", "name", _name, "cell", also=("志愿者姓名", "会员姓名", "名字")),
        Column("性别", "sex", _sex, "cell"),
        Column(
            "出生日期", "birth_date", times.day, "cell", also=("出生年月日", "生日", "出生年月")
        ),
        Column("证件类型", "document_kind", _document_kind, "cell", also=("证件种类", "证件名称")),
        Column(
            "证件号码",
            "document_number",
            _number,
            "cell",
            also=("身份证号", "身份证号码", "证件号", "公民身份号码", "身份证"),
        ),
        Column("户籍", "household_local", _household, "cell", also=("户籍类型", "是否长户")),
        Column("居住区域", "area", _title, also=("居住地", "现居住地", "住址", "居住地址")),
        Column(
            "联系电话",
            "phone",
            _phone,
            also=("电话", "手机", "手机号", "手机号码", "电话号码", "联系方式"),
        ),
        Column("专业技能", "skills", cells.text_within(256), also=("技能", "特长")),
        Column("服务类别", "service_category", _kind, also=("服务类型", "意向服务类别")),
        Column("监护人姓名", "guardian_name", _name, also=("监护人",)),
        Column(
            "监护人关系", "guardian_relation", cells.text_within(32), also=("与监护人关系", "关系")
        ),
        Column("监护人电话", "guardian_phone", _phone, also=("监护人联系电话", "监护人手机")),
        Column(
            "登记日期",
            "registered_on",
            times.day,
            "cell",
            also=("登记时间", "注册日期", "入会日期"),
        ),
        Column(
            "证件原件已核",
            "id_original_seen",
            _tick,
            "column",
            if_blank=False,
            also=("原件已核", "身份证原件"),
        ),
        Column(
            "证件复印件已收",
            "id_copy_received",
            _tick,
            "column",
            if_blank=False,
            also=("复印件已收", "身份证复印件"),
        ),
        Column(
            "居住证已核", "residence_permit_seen", _tick, "column", if_blank=False, also=("居住证",)
        ),
        Column(
            "一寸照片已收",
            "photo_received",
            _tick,
            "column",
            if_blank=False,
            also=("照片已收", "照片", "一寸照片"),
        ),
        Column(
            "入会辅导日期", "inducted_on", times.day, "column", also=("辅导日期", "入会辅导时间")
        ),
    ),
)

SERVICES = Sheet(
    "服务记录",
    ServiceRow,
    (
        Column(
            "社工站", "station_code", _code, "cell", also=("社工站代码", "所属社工站", "服务社工站")
        ),
        Column("日期", "served_on", times.day, "cell", also=("服务日期", "活动日期")),
        Column(
            "活动名称",
            "activity",
            _title,
            "cell",
            also=("活动", "活动主题", "服务名称", "服务项目"),
        ),
        Column("服务类别", "kind", _kind, also=("服务类型", "类别")),
        Column("地点", "place", _title, also=("服务地点", "活动地点")),
        Column("负责人", "leader", cells.text_within(64), also=("活动负责人",)),
        Column(
            "证件号码",
            "document_number",
            _number,
            "cell",
            also=("身份证号", "身份证号码", "证件号", "公民身份号码", "身份证"),
        ),
        Column("姓名", "name", _name, also=("志愿者姓名", "会员姓名", "名字")),
        Column(
            "开始时间", "start", times.start_minutes, also=("开始", "签到时间", "签到", "到达时间")
        ),
        Column("结束时间", "end", times.end_minutes, also=("结束", "签退时间", "签退", "离开时间")),
        Column(
            "休息分钟",
            "break_minutes",
            cells.whole_number,
            if_blank=0,
            also=("休息", "休息时间", "休息(分钟)"),
        ),
        Column(
            "服务时长(小时)",
            "minutes",
            times.hours_as_minutes,
            also=(
                "服务时长",
                "时长",
                "服务小时",
                "小时",
                "小时数",
                "服务时数",
                "时数",
                "时长(小时)",
                "服务时间(小时)",
            ),
        ),
        Column("服务内容", "content", cells.text_within(2000), also=("内容", "备注")),
    ),
    either=(("start", "end"), ("minutes",)),
    settle=service_time.settle,
)

SHEETS = (STATIONS, ROSTER, SERVICES)
"""In the order of a workbook."""
