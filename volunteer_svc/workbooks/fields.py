"""Which column of a county workbook a field of the rules stands in, for pointing at a cell."""

ROSTER = {
    "station_id": "所属社工站",
    "name": "姓名",
    "sex": "性别",
    "birth_date": "出生日期",
    "document_number": "证件号码",
    "phone": "联系电话",
    "guardian": "监护人姓名",
    "guardian.phone": "监护人电话",
    "applied_on": "登记日期",
    "held_on": "入会辅导日期",
}
SERVICES = {
    "station_id": "社工站",
    "volunteer": "证件号码",
    "served_on": "日期",
    "started_at": "开始时间",
    "ended_at": "结束时间",
    "break_minutes": "休息分钟",
    "minutes": "服务时长(小时)",
}
