"""The register of certificates at the desk: found, issued, printed by the hundred, revoked."""

import re
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from volunteer_svc.actions import (
    certificate_batches,
    certificate_papers,
    certificates,
    member_files,
    named,
    volunteers,
)
from volunteer_svc.actions.certificate_batches import IssueBatch
from volunteer_svc.actions.certificates import IssueCertificate, IssueStar, RevokeCertificate
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.actions.volunteers import Search
from volunteer_svc.api.attached import PDF, ZIP, attached
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.certificate import CertificateState
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.stations import own_station, station_choices
from volunteer_svc.web.visit import Visit, page

HOME = "/staff/certificates"
BATCHES = "/staff/certificates/batches"
PAGE_LENGTH = 25
PEOPLE_MAX = 50
RUNNING = ("issuing", "printing")
_NUMBER = re.compile(r"(?:[A-Za-z0-9._-]*-)?(?:(\d{4})-)?0*(\d{1,9})")

link(
    Entry(frame="staff", path=HOME, word="certificates.nav", icon="print",
          operation="listCertificates", order=75),
)  # fmt: skip


class Filter(msgspec.Struct, frozen=True):
    """`q`: a certificate's number, a member number or a name."""

    q: Annotated[str, Meta(max_length=64)] | None = None
    state: CertificateState | None = None
    station_id: UUID | None = None


@get(HOME, **page("listCertificates"))
async def show_register(visit: NamedDependency[Visit]) -> Response[bytes]:
    shown, asked = visit.query(Filter), visit.asked(PAGE_LENGTH)
    number, whose = await _sought(visit, shown.q)
    rows = await certificates.certificates(
        visit.call, station_id=shown.station_id, state=shown.state, after=asked.after_id(),
        limit=asked.fetch, number=number, volunteer_ids=whose,
    )  # fmt: skip
    return visit.page(
        "certificates/register.html",
        shown=shown,
        listed=asked.page(rows, lambda one: one.id),
        people=await named.volunteers_named(visit.call, [one.volunteer_id for one in rows]),
        choices=await station_choices(visit),
        stations=await named.stations_named(),
    )


async def _sought(
    visit: Visit, q: str | None
) -> tuple[tuple[int | None, int] | None, list[UUID] | None]:
    """A number of the register, or whose certificates; a document number finds nobody here."""
    text = (q or "").strip()
    if not text:
        return None, None
    member_no = normalise_member_number(text)
    if member_no is None and (found := _NUMBER.fullmatch(text)):
        year, serial = found.groups()
        return (int(year) if year else None, min(int(serial), 2**31 - 1)), None
    search = Search(member_no=text) if member_no else Search(name=text)
    people = await volunteers.find_volunteers(visit.call, search, after=None, limit=PEOPLE_MAX)
    return None, [one.id for one in people]


@get(f"{HOME}/{{certificate_id:uuid}}", **page("readCertificate"))
async def show_one(
    visit: NamedDependency[Visit], certificate_id: FromPath[UUID]
) -> Response[bytes]:
    return await _one(visit, certificate_id)


@get(f"{HOME}/{{certificate_id:uuid}}/pdf", **page("printCertificate"))
async def print_one(
    visit: NamedDependency[Visit], certificate_id: FromPath[UUID]
) -> Response[bytes]:
    number, content = await certificate_papers.print_certificate(
        visit.call, certificate_id, visit.config.origin
    )
    return attached(content, f"{number}.pdf")


@post(f"{HOME}/{{certificate_id:uuid}}/reissue", **page("reissueCertificate"))
async def reissue(visit: NamedDependency[Visit], certificate_id: FromPath[UUID]) -> Response[bytes]:
    try:
        made = await certificates.reissue_certificate.once(visit.once(), visit.call, certificate_id)
    except Refusal as refusal:
        return await _one(visit, certificate_id, refusal, "reissue")
    return visit.done(f"{HOME}/{made.id}", "certificates.reissued")


@post(f"{HOME}/{{certificate_id:uuid}}/revoke", **page("revokeCertificate"))
async def revoke(visit: NamedDependency[Visit], certificate_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(RevokeCertificate)
        await certificates.revoke_certificate.once(
            visit.once(), visit.call, certificate_id, request
        )
    except Refusal as refusal:
        return await _one(visit, certificate_id, refusal, "revoke")
    return visit.done(f"{HOME}/{certificate_id}", "certificates.revoked")


@get(
    [f"{HOME}/{{certificate_id:uuid}}/{one}" for one in ("reissue", "revoke")],
    **page("readCertificate"),
)
async def one_again(
    visit: NamedDependency[Visit], certificate_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.done(f"{HOME}/{certificate_id}")


@get("/staff/volunteers/{volunteer_id:uuid}/certificates", **page("readCertificatesOfVolunteer"))
async def show_volunteers(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    return await _of_volunteer(visit, volunteer_id)


@post("/staff/volunteers/{volunteer_id:uuid}/certificates", **page("issueCertificate"))
async def issue(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        own = own_station(visit)
        request = visit.form.into(IssueCertificate, **({"station_id": own} if own else {}))
        made = await certificates.issue_certificate.once(
            visit.once(), visit.call, volunteer_id, request
        )
    except Refusal as refusal:
        return await _of_volunteer(visit, volunteer_id, refusal)
    return visit.done(f"{HOME}/{made.id}", "certificates.issued")


@post("/staff/volunteers/{volunteer_id:uuid}/star-certificates", **page("issueStarCertificate"))
async def issue_star(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    try:
        request = visit.form.into(IssueStar)
        made = await certificates.issue_star.once(visit.once(), visit.call, volunteer_id, request)
    except Refusal as refusal:
        return await _of_volunteer(visit, volunteer_id, refusal, "star")
    return visit.done(f"{HOME}/{made.id}", "certificates.issued")


@post("/staff/volunteers/{volunteer_id:uuid}/member-file", **page("printMemberFile"))
async def member_file(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    try:
        request = visit.form.into(AskExport)
        content = await member_files.print_member_file(
            visit.call, volunteer_id, request, visit.language
        )
    except Refusal as refusal:
        return await _of_volunteer(visit, volunteer_id, refusal, "file")
    return attached(content, "member-file.pdf")


@get(
    [f"/staff/volunteers/{{volunteer_id:uuid}}/{one}" for one in ("star-certificates",
                                                                   "member-file")],
    **page("readCertificatesOfVolunteer"),
)  # fmt: skip
async def volunteers_again(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.done(f"/staff/volunteers/{volunteer_id}/certificates")


@get(BATCHES, **page("listCertificateBatches"))
async def show_batches(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _batches(visit)


@post(BATCHES, **page("issueCertificateBatch"))
async def start_batch(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        own = own_station(visit)
        request = visit.form.into(IssueBatch, **({"station_id": own} if own else {}))
        made = await certificate_batches.issue_batch.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        return await _batches(visit, refusal)
    return visit.done(f"{BATCHES}/{made.id}", "certificates.batch_taken")


@get(f"{BATCHES}/{{batch_id:uuid}}", **page("readCertificateBatch"))
async def show_batch(visit: NamedDependency[Visit], batch_id: FromPath[UUID]) -> Response[bytes]:
    view = await certificate_batches.read_batch(visit.call, batch_id)
    people = await named.volunteers_named(visit.call, [one.volunteer_id for one in view.left_out])
    return visit.page(
        "certificates/batch.html",
        batch=view.batch,
        left_out=view.left_out,
        people=people,
        stations=await named.stations_named(),
        running=view.batch.state in RUNNING,
    )


@get(f"{BATCHES}/{{batch_id:uuid}}/file", **page("downloadCertificateBatch"))
async def download_batch(
    visit: NamedDependency[Visit], batch_id: FromPath[UUID]
) -> Response[bytes]:
    batch, content = await certificate_batches.download_batch(visit.call, batch_id)
    return attached(content, batch.file_name, ZIP if batch.format == "zip" else PDF)


async def _one(
    visit: Visit, certificate_id: UUID, refusal: Refusal | None = None, at: str | None = None
) -> Response[bytes]:
    one = await certificates.read_certificate(visit.call, certificate_id)
    people = await named.volunteers_named(visit.call, [one.volunteer_id])
    context: dict[str, Any] = {
        "one": one,
        "at": at,
        "person": people.get(one.volunteer_id),
        "stations": await named.stations_named(),
        "origin": visit.config.origin,
    }
    if refusal is not None:
        return visit.again("certificates/one.html", refusal, **context)
    return visit.page("certificates/one.html", **context)


async def _of_volunteer(
    visit: Visit, volunteer_id: UUID, refusal: Refusal | None = None, at: str = "period"
) -> Response[bytes]:
    person = await volunteers.read_volunteer(visit.call, volunteer_id)
    where = await certificates.served_at(visit.call, volunteer_id)
    own = own_station(visit)
    context: dict[str, Any] = {
        "person": person,
        "at": at,
        "listed": await certificates.certificates_of(visit.call, volunteer_id),
        "where": [] if own else where,
        "stations": await named.stations_named(),
    }
    if refusal is not None:
        return visit.again("certificates/of_volunteer.html", refusal, **context)
    return visit.page("certificates/of_volunteer.html", form=_this_year(visit), **context)


async def _batches(visit: Visit, refusal: Refusal | None = None) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await certificate_batches.batches(
        visit.call, station_id=None, after=asked.after_id(), limit=asked.fetch
    )
    context: dict[str, Any] = {
        "listed": asked.page(rows, lambda one: one.id),
        "choices": await station_choices(visit),
        "stations": await named.stations_named(),
    }
    if refusal is not None:
        return visit.again("certificates/batches.html", refusal, **context)
    return visit.page("certificates/batches.html", form=_this_year(visit), **context)


def _this_year(visit: Visit) -> Form:
    today = local_date(visit.call.now)
    return Form.showing(from_on=today.replace(month=1, day=1), to_on=today, format="pdf")


router = Router(
    "/",
    route_handlers=[
        show_register, show_one, print_one, reissue, revoke, one_again, show_volunteers, issue,
        issue_star, member_file, volunteers_again, show_batches, start_batch, show_batch,
        download_batch,
    ],
)  # fmt: skip
