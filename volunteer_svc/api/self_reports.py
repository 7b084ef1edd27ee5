"""Hours that volunteers report themselves, with photos."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from volunteer_svc.actions import self_reports
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.self_reports import ReportHours, SelfReport
from volunteer_svc.api.attached import JPEG, attached
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.files import TakesImage, images_only
from volunteer_svc.config import Config
from volunteer_svc.store.files import File


@post(
    "/volunteers/{volunteer_id:uuid}/self-reports",
    **documented("reportHours", "Report one's own hours; they wait for staff", 404, *WRITES),
)
async def report_hours(
    volunteer_id: FromPath[UUID],
    data: JSONBody[ReportHours],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> SelfReport:
    return await self_reports.report_hours.once(once, call, volunteer_id, data)


@get(
    "/service-records/{record_id:uuid}/photos",
    **documented("readRecordPhotos", "The photos of a report", 404),
)
async def list_photos(record_id: FromPath[UUID], call: NamedDependency[Call]) -> list[File]:
    return await self_reports.photos(call, record_id)


@post(
    "/service-records/{record_id:uuid}/photos",
    guards=[images_only],
    operation_class=TakesImage,
    **documented("uploadRecordPhoto", "A photo to one's own report that waits", 404, *WRITES),
)
async def upload_photo(
    request: Request[Any, Any, Any],
    record_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> File:
    return await self_reports.upload_photo(call, record_id, await request.body(), once=once)


@get(
    "/service-records/{record_id:uuid}/photos/{file_id:uuid}",
    media_type=JPEG,
    **documented(
        "downloadRecordPhoto",
        "One photo of a report",
        404,
        more={200: ResponseSpec(bytes, False, "The image", JPEG)},
    ),
)
async def download_photo(
    record_id: FromPath[UUID], file_id: FromPath[UUID], call: NamedDependency[Call]
) -> Response[bytes]:
    content = await self_reports.download_photo(call, record_id, file_id)
    return attached(content, f"{file_id}.jpg", JPEG)


def router(config: Config) -> Router:
    """The routes; an image may be larger than most bodies."""
    return Router(
        "/",
        tags=["service records"],
        request_max_body_size=config.photo_max_bytes,
        route_handlers=[report_hours, list_photos, upload_photo, download_photo],
    )
