"""Certificates: issued, listed, printed, revoked; looked up by everybody who holds a code."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter

from volunteer_svc.actions import (
    certificate_batches,
    certificate_papers,
    certificates,
    member_files,
)
from volunteer_svc.actions.certificate_batches import BatchView, IssueBatch
from volunteer_svc.actions.certificate_papers import Verification
from volunteer_svc.actions.certificates import (
    CertificateView,
    IssueCertificate,
    IssueStar,
    RevokeCertificate,
)
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.api.attached import PDF, ZIP, attached
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.config import Config
from volunteer_svc.domain.certificate import CertificateState
from volunteer_svc.i18n import language_of
from volunteer_svc.store.certificate_batches import Batch

_PDF = {200: ResponseSpec(bytes, False, "The PDF", PDF)}
_DONE = {200: ResponseSpec(bytes, False, "The PDF, or a zip of PDFs", PDF)}
_Code = Annotated[str, PathParameter(min_length=1, max_length=64)]


@post(
    "/volunteers/{volunteer_id:uuid}/certificates",
    **documented(
        "issueCertificate", "Certify what counts in a period at a station; free", 404, *WRITES
    ),
)
async def issue_certificate(
    volunteer_id: FromPath[UUID],
    data: JSONBody[IssueCertificate],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> CertificateView:
    return await certificates.issue_certificate.once(once, call, volunteer_id, data)


@post(
    "/volunteers/{volunteer_id:uuid}/star-certificates",
    **documented("issueStarCertificate", "Certify a star that is held", 404, *WRITES),
)
async def issue_star(
    volunteer_id: FromPath[UUID],
    data: JSONBody[IssueStar],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> CertificateView:
    return await certificates.issue_star.once(once, call, volunteer_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/certificates",
    **documented("readCertificatesOfVolunteer", "All of a volunteer's, newest first", 404),
)
async def list_of_volunteer(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call]
) -> list[CertificateView]:
    return await certificates.certificates_of(call, volunteer_id)


@post(
    "/volunteers/{volunteer_id:uuid}/member-file",
    status_code=200,
    media_type=PDF,
    **documented(
        "printMemberFile", "The whole file on paper (R5); as JSON it is the export", 404, *WRITES,
        more=_PDF,
    ),
)  # fmt: skip
async def print_member_file(
    request: Request[Any, Any, Any],
    volunteer_id: FromPath[UUID],
    data: JSONBody[AskExport],
    call: NamedDependency[Call],
) -> Response[bytes]:
    language = language_of(request.headers.get("accept-language"))
    content = await member_files.print_member_file(call, volunteer_id, data, language)
    return attached(content, "member-file.pdf")


@get("/certificates", **documented("listCertificates", "The register of a station"))
async def list_certificates(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
    certificate_state: FromQuery[CertificateState | None] = None,
) -> Page[CertificateView]:
    rows = await certificates.certificates(
        call, station_id=station_id, state=certificate_state, after=asked.after_id(),
        limit=asked.fetch,
    )  # fmt: skip
    return asked.page(rows, lambda row: row.id)


@get(
    "/certificates/{certificate_id:uuid}",
    **documented("readCertificate", "An entry of the register", 404),
)
async def read_certificate(
    certificate_id: FromPath[UUID], call: NamedDependency[Call]
) -> CertificateView:
    return await certificates.read_certificate(call, certificate_id)


@get(
    "/certificates/{certificate_id:uuid}/pdf",
    media_type=PDF,
    **documented(
        "printCertificate", "On paper; marked when it no longer holds", 404, 409, more=_PDF
    ),
)
async def print_certificate(
    certificate_id: FromPath[UUID],
    call: NamedDependency[Call],
    config: NamedDependency[Config],
) -> Response[bytes]:
    number, content = await certificate_papers.print_certificate(
        call, certificate_id, config.origin
    )
    return attached(content, f"{number}.pdf")


@post(
    "/certificates/{certificate_id:uuid}/reissue",
    **documented("reissueCertificate", "A new one with what the books say now", 404, *WRITES),
)
async def reissue_certificate(
    certificate_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> CertificateView:
    return await certificates.reissue_certificate.once(once, call, certificate_id)


@post(
    "/certificates/{certificate_id:uuid}/revoke",
    status_code=200,
    **documented("revokeCertificate", "It should not have been issued", 404, *WRITES),
)
async def revoke_certificate(
    certificate_id: FromPath[UUID],
    data: JSONBody[RevokeCertificate],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> CertificateView:
    return await certificates.revoke_certificate.once(once, call, certificate_id, data)


@get(
    "/verifications/{code:str}",
    guards=[limited("verifications")],
    **documented("verifyCertificate", "What a verification code stands for", 404, signed_in=False),
)
async def verify_certificate(code: _Code) -> Verification:
    return await certificate_papers.verify(code)


@post(
    "/certificate-batches",
    status_code=202,
    **documented("issueCertificateBatch", "Many at once; the worker does it", *WRITES),
)
async def issue_batch(
    data: JSONBody[IssueBatch],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Batch:
    return await certificate_batches.issue_batch.once(once, call, data)


@get("/certificate-batches", **documented("listCertificateBatches", "Batches, the last first"))
async def list_batches(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
) -> Page[Batch]:
    rows = await certificate_batches.batches(
        call, station_id=station_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@get(
    "/certificate-batches/{batch_id:uuid}",
    **documented("readCertificateBatch", "How far it is, and who was left out", 404),
)
async def read_batch(batch_id: FromPath[UUID], call: NamedDependency[Call]) -> BatchView:
    return await certificate_batches.read_batch(call, batch_id)


@get(
    "/certificate-batches/{batch_id:uuid}/file",
    media_type=PDF,
    **documented("downloadCertificateBatch", "All of them, for a week", 404, 409, 410, more=_DONE),
)
async def download_batch(batch_id: FromPath[UUID], call: NamedDependency[Call]) -> Response[bytes]:
    batch, content = await certificate_batches.download_batch(call, batch_id)
    return attached(content, batch.file_name, ZIP if batch.format == "zip" else PDF)


router = Router(
    "/",
    tags=["certificates"],
    route_handlers=[
        issue_certificate, issue_star, list_of_volunteer, print_member_file, list_certificates,
        read_certificate, print_certificate, reissue_certificate, revoke_certificate,
        verify_certificate, issue_batch, list_batches, read_batch, download_batch,
    ],
)  # fmt: skip
