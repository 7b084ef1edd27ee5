"""Single sign-on: what a checked token must say, and what its claims grant."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from volunteer_svc.domain.actor import STATION_ROLES, Role

LEEWAY_SECONDS = 60
"""How far the issuer's clock may be from ours."""
_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,511}")

Subject = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
"""`sub`: 255 ASCII characters at most (OpenID Connect Core 2)."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What every token of the issuer must hold, in its type. Instants are seconds since 1970."""

    iss: str
    sub: Subject
    aud: str | list[str]
    exp: float
    iat: float
    nbf: float = 0
    azp: str | None = None
    nonce: str | None = None
    acr: str | None = None
    amr: list[str] = []
    name: str = ""

    @property
    def audiences(self) -> list[str]:
        return [self.aud] if isinstance(self.aud, str) else self.aud


class Granted(msgspec.Struct, frozen=True):
    """What somebody's claims make of him; `station_code` for the roles of a station only."""

    role: Role
    station_code: str | None


def is_for_us(claims: Claims, issuer: str, audience: str, now: datetime) -> bool:
    """Of this issuer, for this audience, and of this time."""
    instant = now.timestamp()
    return (
        claims.iss == issuer
        and audience in claims.audiences
        and claims.exp > instant - LEEWAY_SECONDS
        and max(claims.iat, claims.nbf) < instant + LEEWAY_SECONDS
    )


def is_of_this_sign_on(claims: Claims, client_id: str, nonce: str) -> bool:
    """An ID token made for us, in answer to this very request (OpenID Connect Core 3.1.3.7)."""
    if claims.nonce != nonce:
        return False
    if claims.azp is None:
        return len(claims.audiences) == 1
    return claims.azp == client_id


def granted(
    claims: Mapping[str, Any],
    roles: Sequence[tuple[str, Role]],
    role_claim: str,
    station_claim: str,
) -> Granted | None:
    """The first role of `roles` whose value the claim holds. None: no role, or one of a station
    without a station."""  # fmt: skip
    held = claims.get(role_claim)
    values = {held} if isinstance(held, str) else set(_texts(held))
    role = next((role for value, role in roles if value in values), None)
    if role is None:
        return None
    if role not in STATION_ROLES:
        return Granted(role, None)
    code = claims.get(station_claim)
    return Granted(role, code) if isinstance(code, str) and code else None


def has_second_factor(claims: Claims, acr: Collection[str], amr: Collection[str]) -> bool:
    """Whether the issuer says that he asked for more than a password."""
    return claims.acr in acr or not set(amr).isdisjoint(claims.amr)


def scopes_of(claims: Mapping[str, Any], ours: Mapping[str, str]) -> frozenset[str]:
    """The scopes of an access token in our own words; `ours` empty: named alike."""
    held = claims.get("scope", claims.get("scp"))
    given = held.split() if isinstance(held, str) else _texts(held)
    return frozenset(ours[one] for one in given if one in ours) if ours else frozenset(given)


def is_own_path(text: str) -> bool:
    """Whether a browser sent there stays here: a path, neither `//host` nor `/\\host`."""
    return _PATH.fullmatch(text) is not None


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
