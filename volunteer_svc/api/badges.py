"""Open Badges of stars: a volunteer's own, and what everybody needs to check one."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, PathParameter

from volunteer_svc.actions import badges
from volunteer_svc.actions.badges import BadgeView, SharedBadge
from volunteer_svc.actions.certificates import IssueStar
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.api.attached import attached
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.config import Config
from volunteer_svc.domain import badge as rules
from volunteer_svc.domain.badge import Issuer

JWT = "application/vc+jwt"
_JWT = {200: ResponseSpec(str, False, "A signed credential (JWT)", JWT)}
_DOCUMENT = {200: ResponseSpec(dict[str, Any], False, "A JSON document of the named standard")}
_Star = Annotated[int, PathParameter(ge=1, le=5)]
_Number = Annotated[int, PathParameter(ge=1, le=1_000_000)]
_Code = Annotated[str, PathParameter(min_length=1, max_length=64)]
_PUBLIC = {
    "Cache-Control": "public, max-age=300",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def _told(made: Any, media_type: str = "application/json") -> Response[bytes]:
    """For programs of everybody, whichever page they run in."""
    body = made.encode() if isinstance(made, str) else msgspec.json.encode(made)
    return Response(body, media_type=media_type, headers=_PUBLIC)


@get(
    "/volunteers/{volunteer_id:uuid}/badges",
    **documented("readBadges", "The badges of a volunteer's stars", 404),
)
async def list_badges(volunteer_id: FromPath[UUID], call: NamedDependency[Call]) -> list[BadgeView]:
    return await badges.badges_of(call, volunteer_id)


@post(
    "/volunteers/{volunteer_id:uuid}/badges",
    **documented("makeBadge", "A badge of a star that is held", 404, *WRITES),
)
async def make_badge(
    volunteer_id: FromPath[UUID],
    data: JSONBody[IssueStar],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> BadgeView:
    return await badges.make_badge.once(once, call, volunteer_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/badges/{badge_id:uuid}/credential",
    media_type=JWT,
    **documented("downloadBadge", "The signed credential, for a wallet", 404, 409, more=_JWT),
)
async def download_badge(
    volunteer_id: FromPath[UUID], badge_id: FromPath[UUID], call: NamedDependency[Call]
) -> Response[bytes]:
    token = await badges.download_badge(call, volunteer_id, badge_id)
    return attached(token.encode(), "badge.jwt", JWT)


@post(
    "/volunteers/{volunteer_id:uuid}/badges/{badge_id:uuid}/share",
    status_code=200,
    **documented("shareBadge", "A public address for it", 404, *WRITES),
)
async def share_badge(
    volunteer_id: FromPath[UUID],
    badge_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> BadgeView:
    return await badges.share_badge.once(once, call, volunteer_id, badge_id)


@delete(
    "/volunteers/{volunteer_id:uuid}/badges/{badge_id:uuid}/share",
    status_code=200,
    **documented("unshareBadge", "The public address is dead", 404),
)
async def unshare_badge(
    volunteer_id: FromPath[UUID], badge_id: FromPath[UUID], call: NamedDependency[Call]
) -> BadgeView:
    return await badges.unshare_badge(call, volunteer_id, badge_id)


@get(
    "/badges/shared/{code:str}",
    guards=[limited("verifications")],
    **documented("readSharedBadge", "A badge that its owner shares", 404, signed_in=False),
)
async def read_shared(code: _Code) -> SharedBadge:
    return await badges.shared_badge(code)


@get(
    "/badges/issuer",
    **documented(
        "readBadgeIssuer", "Who signs badges (OB 3.0 Profile)", signed_in=False, more=_DOCUMENT
    ),
)
async def read_issuer(config: NamedDependency[Config]) -> Response[bytes]:
    return _told(Issuer(config.origin).profile())


@get(
    "/badges/keys",
    **documented(
        "readBadgeKeys", "The public keys of badges (JWKS)", signed_in=False, more=_DOCUMENT
    ),
)
async def read_keys(config: NamedDependency[Config]) -> Response[bytes]:
    return _told(rules.key_set(Issuer(config.origin), await badges.public_keys()))


@get(
    "/badges/achievements/{star:int}",
    **documented(
        "readBadgeAchievement", "What a badge stands for", 404, signed_in=False, more=_DOCUMENT
    ),
)
async def read_achievement(star: _Star, config: NamedDependency[Config]) -> Response[bytes]:
    return _told(rules.achievement(Issuer(config.origin), star))


@get(
    "/badges/status-lists/{number:int}",
    media_type=JWT,
    **documented(
        "readBadgeStatusList", "Which badges are revoked", 404, signed_in=False, more=_JWT
    ),
)
async def read_status_list(number: _Number) -> Response[bytes]:
    return _told((await badges.status_list(number)).token, JWT)


@get(
    "/.well-known/did.json",
    **documented(
        "readDidDocument",
        "The issuer's keys, as did:web finds them",
        signed_in=False,
        more=_DOCUMENT,
    ),
)
async def read_did(config: NamedDependency[Config]) -> Response[bytes]:
    return _told(rules.did_document(Issuer(config.origin), await badges.public_keys()))


router = Router(
    "/",
    tags=["badges"],
    route_handlers=[
        list_badges, make_badge, download_badge, share_badge, unshare_badge, read_shared,
        read_issuer, read_keys, read_achievement, read_status_list,
    ],
)  # fmt: skip
did_router = Router("/", tags=["badges"], guards=[limited("address")], route_handlers=[read_did])
