"""The five record classes taken out: asked for with a reason, followed, downloaded for a day."""

from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import record_exports
from volunteer_svc.actions.record_exports import AskRecordExport
from volunteer_svc.api.attached import XLSX, attached
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.record_export import KEPT_HOURS
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.stations import own_station, station_choices
from volunteer_svc.web.visit import Visit, page

PAGE = "/staff/record-exports"
SHOWN = 10
link(
    Entry(frame="staff", path=PAGE, word="record_exports.nav", icon="download",
          operation="askRecordExport", order=84),
)  # fmt: skip


@get(PAGE, **page("listRecordExports"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    today = local_date(visit.call.now)
    first = today.replace(month=1, day=1)
    return await _page(visit, Form.showing(from_on=f"{first}", until_on=f"{today}"))


@post(PAGE, **page("askRecordExport"))
async def ask(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        own = own_station(visit)
        request = visit.form.into(AskRecordExport, **({"station_id": own} if own else {}))
        await record_exports.ask_record_export.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        visit.form.refused(refusal)
        return await _page(visit, visit.form, status=422)
    return visit.done(PAGE, "record_exports.asked")


@get(PAGE + "/{export_id:uuid}/records.xlsx", **page("downloadRecordExport"))
async def download(visit: NamedDependency[Visit], export_id: FromPath[UUID]) -> Response[bytes]:
    content = await record_exports.download_record_export(visit.call, export_id)
    return attached(content, "records.xlsx", XLSX)


async def _page(visit: Visit, form: Form, *, status: int = 200) -> Response[bytes]:
    asked = visit.asked(SHOWN)
    rows = await record_exports.record_exports(
        visit.call, after=asked.after_id(), limit=asked.fetch
    )
    return visit.page(
        "record_exports/list.html",
        form=form,
        listed=asked.page(rows, lambda row: row.id),
        running=any(row.state == "asked" for row in rows),
        choices=await station_choices(visit),
        hours=KEPT_HOURS,
        status=status,
    )


router = Router("/", route_handlers=[show, ask, download])
