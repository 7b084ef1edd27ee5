"""My certificates: asked for, printed, shown to others; and the badges of my stars."""

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import badges, certificate_papers, certificates, member_files, volunteers
from volunteer_svc.actions.certificates import IssueCertificate, IssueStar
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.api.attached import attached
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.forms import Form
from volunteer_svc.web.pages.me import own_id
from volunteer_svc.web.visit import Visit, page

HOME = "/me/certificates"
BADGES = "/me/badges"
_JWT = "application/vc+jwt"
_OWN_REASON = "本人查看 own request"


@get(HOME, **page("readCertificatesOfVolunteer"))
async def show_certificates(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _page(visit)


@post(HOME, **page("issueCertificate"))
async def ask(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Issued at once from the books; what is there already is shown again."""
    try:
        request = visit.form.into(IssueCertificate)
        await certificates.issue_certificate.once(visit.once(), visit.call, own_id(visit), request)
    except Refusal as refusal:
        return await _page(visit, refusal)
    return visit.done(HOME, "certificates.issued")


@post(f"{HOME}/star", **page("issueStarCertificate"))
async def ask_star(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        request = visit.form.into(IssueStar)
        await certificates.issue_star.once(visit.once(), visit.call, own_id(visit), request)
    except Refusal as refusal:
        return await _page(visit, refusal, at="star")
    return visit.done(HOME, "certificates.issued")


@get(f"{HOME}/star", **page("readCertificatesOfVolunteer"))
async def show_again(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.done(HOME)


@get(f"{HOME}/{{certificate_id:uuid}}/pdf", **page("printCertificate"))
async def print_one(
    visit: NamedDependency[Visit], certificate_id: FromPath[UUID]
) -> Response[bytes]:
    number, content = await certificate_papers.print_certificate(
        visit.call, certificate_id, visit.config.origin
    )
    return attached(content, f"{number}.pdf")


@post("/me/file/export/pdf", **page("printMemberFile"))
async def print_file(visit: NamedDependency[Visit]) -> Response[bytes]:
    content = await member_files.print_member_file(
        visit.call, own_id(visit), AskExport(reason=_OWN_REASON), visit.language
    )
    return attached(content, "member-file.pdf")


@get("/me/file/export/pdf", **page("exportPerson"))
async def file_again(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.done("/me/file/export")


@get(BADGES, **page("readBadges"))
async def show_badges(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _badges(visit)


@post(BADGES, **page("makeBadge"))
async def make_badge(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        request = visit.form.into(IssueStar)
        await badges.make_badge.once(visit.once(), visit.call, own_id(visit), request)
    except Refusal as refusal:
        return await _badges(visit, refusal)
    return visit.done(BADGES, "certificates.badge_made")


@post(f"{BADGES}/{{badge_id:uuid}}/share", **page("shareBadge"))
async def share(visit: NamedDependency[Visit], badge_id: FromPath[UUID]) -> Response[bytes]:
    try:
        await badges.share_badge(visit.call, own_id(visit), badge_id)
    except Refusal as refusal:
        return await _badges(visit, refusal)
    return visit.done(BADGES, "certificates.shared")


@post(f"{BADGES}/{{badge_id:uuid}}/unshare", **page("unshareBadge"))
async def unshare(visit: NamedDependency[Visit], badge_id: FromPath[UUID]) -> Response[bytes]:
    await badges.unshare_badge(visit.call, own_id(visit), badge_id)
    return visit.done(BADGES, "certificates.unshared")


@get(
    [f"{BADGES}/{{badge_id:uuid}}/share", f"{BADGES}/{{badge_id:uuid}}/unshare"],
    **page("readBadges"),
)
async def badges_again(visit: NamedDependency[Visit], badge_id: FromPath[UUID]) -> Response[bytes]:
    del badge_id
    return visit.done(BADGES)


@get(f"{BADGES}/{{badge_id:uuid}}/badge.jwt", **page("downloadBadge"))
async def download(visit: NamedDependency[Visit], badge_id: FromPath[UUID]) -> Response[bytes]:
    token = await badges.download_badge(visit.call, own_id(visit), badge_id)
    return attached(token.encode(), "badge.jwt", _JWT)


async def _page(
    visit: Visit, refusal: Refusal | None = None, *, at: str = "period"
) -> Response[bytes]:
    me, today = own_id(visit), local_date(visit.call.now)
    where = await certificates.served_at(visit.call, me)
    context: dict[str, Any] = {
        "at": at,
        "mine": await certificates.certificates_of(visit.call, me),
        "where": where,
        "star": (await volunteers.read_stars(visit.call, me)).star,
        "origin": visit.config.origin,
    }
    if refusal is not None:
        return visit.again("certificates/mine.html", refusal, **context)
    form = Form.showing(
        from_on=today.replace(month=1, day=1), to_on=today, station_id=where[0][0] if where else ""
    )
    return visit.page("certificates/mine.html", form=form, **context)


async def _badges(visit: Visit, refusal: Refusal | None = None) -> Response[bytes]:
    me = own_id(visit)
    made = await badges.badges_of(visit.call, me)
    held = (await volunteers.read_stars(visit.call, me)).star
    there = {one.star for one in made if not one.revoked}
    context: dict[str, Any] = {
        "made": list(reversed(made)),
        "open": [star for star in range(1, held + 1) if star not in there],
        "origin": visit.config.origin,
    }
    if refusal is not None:
        return visit.again("certificates/badges.html", refusal, **context)
    return visit.page("certificates/badges.html", **context)


router = Router(
    "/",
    route_handlers=[
        show_certificates, ask, ask_star, show_again, print_one, print_file, file_again,
        show_badges, make_badge, share, unshare, badges_again, download,
    ],
)  # fmt: skip
