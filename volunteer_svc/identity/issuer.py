"""The issuer of single sign-on: where it is, its keys, its tokens checked. Asks it over HTTP."""

import asyncio
import base64
import logging
import time
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from volunteer_svc.config import Config
from volunteer_svc.config.values import is_safe_url
from volunteer_svc.domain.sign_on import Claims, is_for_us
from volunteer_svc.identity.sign_on import BadTokenError, Checked, NotAnsweringError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "Ed25519", "EdDSA")  # fmt: skip
"""Signatures that only the issuer can make: never `none`, never one with a shared secret."""
FRESH_SECONDS = 300
"""How long what the issuer publishes is not asked for again."""
STALE_SECONDS = 3_600
"""How long it is good for while the issuer does not answer."""
REFETCH_SECONDS = 5
"""For the sake of keys that nobody knows, it is asked no oftener."""
_SECONDS = 5.0
_BODY_MAX = 262_144
_RSA_BITS_MIN = 2_048
_WELL_KNOWN = "/.well-known/openid-configuration"
_BAD = (JoseError, msgspec.MsgspecError, ValueError, TypeError, KeyError, RecursionError)
T = TypeVar("T")
_logger = logging.getLogger(__name__)


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What the discovery document must hold."""

    issuer: str
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Tokens(msgspec.Struct, frozen=True):
    """What comes for a code; access tokens are not wanted."""

    id_token: str


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str | None = None
    typ: str = "JWT"


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class _Known(msgspec.Struct, frozen=True):
    """What was fetched, and when (monotonic)."""

    metadata: Metadata
    keys: list[Any]
    at: float

    def is_younger(self, seconds: float) -> bool:
        return time.monotonic() - self.at < seconds


class Issuer:
    """One per process; connects to nothing before it is asked something."""

    def __init__(self, config: Config, secret: str) -> None:
        self.config = config
        self._secret = secret
        self._known: _Known | None = None
        self._fetching = asyncio.Lock()
        self._refetched_at = -float(REFETCH_SECONDS)
        self._failed_at = -float(REFETCH_SECONDS)

    async def authorization_url(self, **parameters: str) -> str:
        """Where to send the browser. Raises NotAnsweringError."""
        endpoint = (await self._published()).metadata.authorization_endpoint
        joint = "&" if "?" in endpoint else "?"
        return endpoint + joint + urlencode({"client_id": self.config.sso_client_id} | parameters)

    async def names_itself(self) -> bool:
        """Whether its answers carry `iss` (RFC 9207). Raises NotAnsweringError."""
        metadata = (await self._published()).metadata
        return metadata.authorization_response_iss_parameter_supported

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token for a code. Raises NotAnsweringError; BadTokenError for a code refused."""
        metadata = (await self._published()).metadata
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        }
        client_id, headers = self.config.sso_client_id, {}
        if self._secret and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote(client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client_id}
            form |= {"client_secret": self._secret} if self._secret else {}
        status, body = await _fetch("POST", metadata.token_endpoint, data=form, headers=headers)
        if 400 <= status < 500:  # noqa: PLR2004 - refused, as a code used before
            raise BadTokenError(f"token endpoint answers {status}")
        return _decoded(status, body, Tokens).id_token

    async def checked(self, token: str, audience: str, now: datetime) -> Checked:
        """A token whose signature, issuer, audience and times are right.

        Raises BadTokenError; NotAnsweringError while the keys are not to be had.
        """
        try:
            header = msgspec.json.decode(_part(token, 0), type=_Header)
        except _BAD:
            raise BadTokenError("no token") from None
        if header.alg not in ALGORITHMS:
            raise BadTokenError("algorithm not allowed")
        key = await self._key(header.kid)
        try:
            every = jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
            claims = msgspec.convert(every, Claims)
        except _BAD as error:
            raise BadTokenError(type(error).__name__) from None
        if not is_for_us(claims, self.config.sso_issuer, audience, now):
            raise BadTokenError("issuer, audience or time")
        return Checked(claims, every)

    async def _key(self, kid: str | None) -> Any:
        """The key of that name; unknown, the issuer may have rotated: it is asked again."""
        key = _find((await self._published()).keys, kid)
        if key is None and time.monotonic() - self._refetched_at >= REFETCH_SECONDS:
            self._refetched_at = time.monotonic()
            key = _find((await self._published(anew=True)).keys, kid)
        if key is None:
            raise BadTokenError("unknown key")
        return key

    async def _published(self, *, anew: bool = False) -> _Known:
        """Discovery document and keys, as fresh as they need be. Raises NotAnsweringError."""
        asked, known = time.monotonic(), self._known
        if known is not None and known.is_younger(FRESH_SECONDS) and not anew:
            return known
        async with self._fetching:
            known = self._known
            if known is not None and known.at > asked:  # somebody else has just fetched it
                return known
            usable = known if known is not None and known.is_younger(STALE_SECONDS) else None
            if time.monotonic() - self._failed_at < REFETCH_SECONDS:
                if usable is not None:
                    return usable
                raise NotAnsweringError("it did not a moment ago")
            try:
                self._known = await self._fetched()
            except NotAnsweringError as error:
                self._failed_at = time.monotonic()
                _logger.warning("the issuer does not answer", extra={"reason": str(error)})
                if usable is None:
                    raise
                return usable
            return self._known

    async def _fetched(self) -> _Known:
        issuer = self.config.sso_issuer
        url = issuer.removesuffix("/") + _WELL_KNOWN
        metadata = _decoded(*await _fetch("GET", url), Metadata)
        if metadata.issuer != issuer:
            raise NotAnsweringError("the discovery document is another issuer's")
        listed = _decoded(*await _fetch("GET", metadata.jwks_uri), _Keys)
        keys = [key for one in listed.keys if (key := _signing_key(one)) is not None]
        return _Known(metadata, keys, time.monotonic())


def _find(keys: list[Any], kid: str | None) -> Any:
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.kid == kid), None)


def _signing_key(published: dict[str, Any]) -> Any:
    """A public key for signatures; None for what is none, or of no kind we know."""
    if published.get("use", "sig") != "sig" or published.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    try:
        key: Any = jwk.import_key(published)
        if published["kty"] == "RSA" and key.public_key.key_size < _RSA_BITS_MIN:
            return None
    except _BAD:
        return None
    return key


def _part(token: str, place: int) -> bytes:
    text = token.split(".")[place]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def _fetch(method: str, url: str, **options: Any) -> tuple[int, bytes]:
    """Status and body, bounded in time and size; nowhere but over TLS or to this machine."""
    if not is_safe_url(url):
        raise NotAnsweringError("an address without https")
    body = bytearray()
    try:
        async with (
            asyncio.timeout(_SECONDS),
            httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client,
            client.stream(method, url, **options) as response,
        ):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _BODY_MAX:
                    raise NotAnsweringError("an endless answer")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:  # TimeoutError is an OSError
        raise NotAnsweringError(type(error).__name__) from None
    return response.status_code, bytes(body)


def _decoded(status: int, body: bytes, kind: type[T]) -> T:
    if status != 200:  # noqa: PLR2004 - redirects are not followed
        raise NotAnsweringError(f"status {status}")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NotAnsweringError("not what it should answer") from None
