"""Open Badges of stars: made for who asks, signed by the worker, shared by choice alone."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.certificates import IssueStar
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.issuing import locked
from volunteer_svc.domain import badge as rules
from volunteer_svc.domain import certificate
from volunteer_svc.domain.actor import Self
from volunteer_svc.domain.badge import Issuer, Json
from volunteer_svc.domain.certificate import normalise_code
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.permissions import Permission, require_volunteer
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.identity.signing import SigningKey
from volunteer_svc.store.badges import Badge, StatusList

SIGN_MAX = 500


class BadgeView(msgspec.Struct, frozen=True, kw_only=True):
    """`ready`: it is signed and can be downloaded; `share_path`: where everybody may see it.

    `identity`: what its owner shows, once, to prove that it is his; None for others.
    """

    id: UUID
    star: int
    won_on: date
    made_at: datetime
    ready: bool
    revoked: bool
    share_path: str | None
    identity: str | None = None


class SharedBadge(msgspec.Struct, frozen=True, kw_only=True):
    """What a public link shows: the star, not the person. `token`: the signed credential."""

    star: int
    name: str
    won_on: date
    revoked: bool
    token: str


@command
async def make_badge(call: Call, volunteer_id: UUID, request: IssueStar) -> BadgeView:
    """Of a star that is held; the worker signs it within seconds. One that is there is answered.

    Raises `star_not_held`, `state_forbids`, `not_found`, `forbidden`.
    """
    await _require(call, "badge.write", volunteer_id)
    volunteer = await locked(call, volunteer_id)
    won = [
        one.changed_on for one in await store.ledger.stars_of(volunteer_id)
        if one.to_star == request.star > one.from_star
    ]  # fmt: skip
    if volunteer.star < request.star or not won:
        raise refuse("star_not_held", "star", kind="conflict", star=request.star)
    there = await store.badges.current(volunteer_id, request.star)
    if there is not None:
        call.notes.unchanged = True
        return await _view(there, own=True)
    badge_id = ids.uuid7()
    identity = rules.identity_of(volunteer.member_no or "", ids.token())
    salt = ids.token()
    key = await person_keys.ensured(volunteer_id)
    made = Badge(
        id=badge_id,
        volunteer_id=volunteer_id,
        star=request.star,
        won_on=won[-1],
        identity_salt=salt,
        identity_hash=rules.identity_hash(identity, salt),
        identity_sealed=key.seal(identity.encode(), _field(badge_id)),
        made_at=call.now,
    )
    await store.badges.insert(made)
    call.notes.changed(f"volunteer/{volunteer_id}", badge_id=badge_id, star=request.star)
    return await _view(made, own=True)


@reading
async def badges_of(call: Call, volunteer_id: UUID) -> list[BadgeView]:
    """Also revoked ones. Raises `not_found`, `forbidden`."""
    await _require(call, "certificate.read", volunteer_id)
    own = isinstance(call.actor, Self)
    return [await _view(one, own=own) for one in await store.badges.of(volunteer_id)]


@reading
async def download_badge(call: Call, volunteer_id: UUID, badge_id: UUID) -> str:
    """The signed credential. Raises `badge_not_ready` (409), `not_found`, `forbidden`."""
    found = await _own(call, volunteer_id, badge_id)
    if found.token is None:
        raise refuse("badge_not_ready", kind="conflict")
    return found.token


@command
async def share_badge(call: Call, volunteer_id: UUID, badge_id: UUID) -> BadgeView:
    """A public address for it, which only who is told it knows. Raises `badge_revoked` (409),
    `not_found`, `forbidden`."""
    found = await _own(call, volunteer_id, badge_id)
    if found.revoked_at is not None:
        raise refuse("badge_revoked", kind="conflict")
    if found.share_code is not None:
        call.notes.unchanged = True
        return await _view(found, own=True)
    code = ids.verification_code(
        certificate.CODE_ALPHABET, certificate.CODE_GROUPS, certificate.CODE_GROUP
    )
    await store.badges.share(badge_id, code)
    call.notes.changed(f"volunteer/{volunteer_id}", badge_id=badge_id, shared=True)
    return await _view(msgspec.structs.replace(found, share_code=code), own=True)


@command
async def unshare_badge(call: Call, volunteer_id: UUID, badge_id: UUID) -> BadgeView:
    """The address is dead; who has a copy keeps it. Raises `not_found`, `forbidden`."""
    found = await _own(call, volunteer_id, badge_id)
    call.notes.unchanged = found.share_code is None
    await store.badges.share(badge_id, None)
    call.notes.changed(f"volunteer/{volunteer_id}", badge_id=badge_id, shared=False)
    return await _view(msgspec.structs.replace(found, share_code=None), own=True)


async def shared_badge(code: str) -> SharedBadge:
    """For everybody. Raises `not_found`, alike for what was never shared and what is no code."""
    normal = normalise_code(code)
    found = await store.badges.shared(normal) if normal else None
    if found is None or found.token is None:
        raise not_found("badge")
    return SharedBadge(
        star=found.star,
        name=rules.NAMES[found.star - 1],
        won_on=found.won_on,
        revoked=found.revoked_at is not None,
        token=found.token,
    )


async def status_list(number: int) -> StatusList:
    """Signed, for everybody. Raises `not_found`."""
    found = await store.badges.status_list(number)
    if found is None:
        raise not_found("badge")
    return found


async def public_keys() -> list[bytes]:
    """Of all keys that signed badges, the newest first."""
    return await store.badges.keys()


@command
async def sign_badges(call: Call, key: SigningKey, issuer: Issuer) -> int:
    """The worker: sign what waits, and the status lists that changed or grow old; how many."""
    await store.badges.hold_lists()
    waiting = await store.badges.to_sign(SIGN_MAX)
    kid = issuer.kid(key.public_key)
    for one in waiting:
        claims = rules.credential(
            issuer,
            badge_id=one.id,
            star=one.star,
            won_on=one.won_on,
            salt=one.identity_salt,
            identity_hash=one.identity_hash,
            status_index=one.status_index,
            now=call.now,
        )
        await store.badges.signed(one.id, _signed(key, claims, kid))
    lists = await _sign_lists(call.now, key, issuer, kid)
    if waiting or lists:
        await store.badges.know_key(key.public_key, call.now)
    call.notes.unchanged = not waiting and not lists
    call.notes.changed("badges", badges=len(waiting), lists=lists)
    return len(waiting) + lists


async def _sign_lists(now: datetime, key: SigningKey, issuer: Issuer, kid: str) -> int:
    due = await store.badges.lists_due(rules.LIST_BITS, now + timedelta(days=rules.RENEW_DAYS))
    for number in due:
        places = await store.badges.revoked_in(number, rules.LIST_BITS)
        until = now + timedelta(days=rules.LIST_DAYS)
        token = _signed(key, rules.status_list(issuer, number, places, now, until), kid)
        await store.badges.keep_list(
            StatusList(
                number=number, token=token, revoked=len(places), signed_at=now, valid_until=until
            )
        )
    return len(due)


def _signed(key: SigningKey, claims: Json, kid: str) -> str:
    text = rules.signing_input(claims, kid)
    return f"{text}.{rules.base64url(key.sign(text))}"


async def _require(call: Call, permission: Permission, volunteer_id: UUID) -> None:
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, permission, volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")


async def _own(call: Call, volunteer_id: UUID, badge_id: UUID) -> Badge:
    await _require(call, "badge.write", volunteer_id)
    found = await store.badges.find(badge_id)
    if found is None or found.volunteer_id != volunteer_id:
        raise not_found("badge")
    return found


async def _view(badge: Badge, *, own: bool) -> BadgeView:
    key = (await person_keys.of([badge.volunteer_id])).get(badge.volunteer_id) if own else None
    return badge_view(badge, key)


def badge_view(badge: Badge, key: PersonKey | None) -> BadgeView:
    """`key`: its owner's, when he is who looks."""
    identity = None
    if key is not None and badge.identity_sealed:
        identity = key.open(badge.identity_sealed, _field(badge.id)).decode()
    return BadgeView(
        id=badge.id,
        star=badge.star,
        won_on=badge.won_on,
        made_at=badge.made_at,
        ready=badge.token is not None,
        revoked=badge.revoked_at is not None,
        share_path=f"/badges/{badge.share_code}" if badge.share_code else None,
        identity=identity,
    )


def _field(badge_id: UUID) -> str:
    return f"badge/{badge_id}"
