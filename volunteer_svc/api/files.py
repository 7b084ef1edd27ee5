"""Photos and copies of documents: images in, clean images out."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath

from volunteer_svc.actions import files
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.api.attached import JPEG, attached
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.file import FileKind
from volunteer_svc.store.files import File

IMAGES = (JPEG, "image/png", "image/webp")


@dataclass
class TakesImage(Operation):
    """The upload's body is the file itself, which Litestar cannot tell from the handler."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            required=True,
            content={
                kind: OpenAPIMediaType(
                    schema=Schema(type=OpenAPIType.STRING, content_media_type=kind)
                )
                for kind in IMAGES
            },
        )


async def images_only(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    if connection.headers.get("content-type", "").partition(";")[0].strip().lower() not in IMAGES:
        fault = Fault("media_type_unsupported", "Content-Type", {"expected": ", ".join(IMAGES)})
        raise EdgeRefusal(415, fault)


@post(
    "/{kind:str}",
    guards=[images_only],
    operation_class=TakesImage,
    **documented(
        "uploadFile", "Keep a photo or a document's copy; replaces the last", 404, *WRITES
    ),
)
async def upload_file(
    request: Request[Any, Any, Any],
    volunteer_id: FromPath[UUID],
    kind: FromPath[FileKind],
    call: NamedDependency[Call],
    config: NamedDependency[Config],
    once: NamedDependency[OnceKey | None],
) -> File:
    return await files.upload(
        call,
        volunteer_id,
        kind,
        await request.body(),
        copies=config.document_copies,
        once=once,
    )


@get(
    "/{kind:str}",
    media_type=JPEG,
    **documented(
        "downloadFile",
        "The photo, or a document's copy",
        404,
        more={200: ResponseSpec(bytes, False, "The image", JPEG)},
    ),
)
async def download_file(
    volunteer_id: FromPath[UUID], kind: FromPath[FileKind], call: NamedDependency[Call]
) -> Response[bytes]:
    content = await files.download(call, volunteer_id, kind)
    return attached(content, f"{kind}.jpg", JPEG)


@delete("/{kind:str}", **documented("deleteFile", "Remove the photo, or a document's copy", 404))
async def delete_file(
    volunteer_id: FromPath[UUID], kind: FromPath[FileKind], call: NamedDependency[Call]
) -> None:
    await files.remove_file(call, volunteer_id, kind)


def router(config: Config) -> Router:
    """The routes; an image may be larger than most bodies."""
    return Router(
        "/volunteers/{volunteer_id:uuid}/files",
        tags=["files"],
        request_max_body_size=config.photo_max_bytes,
        route_handlers=[upload_file, download_file, delete_file],
    )
