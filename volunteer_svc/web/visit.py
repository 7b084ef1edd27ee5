"""One request to a page: who comes, what was typed, and the three ways to answer it."""

import base64
import binascii
import contextlib
import gzip
import hmac
import re
import secrets
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import Provide

from volunteer_svc import ids
from volunteer_svc.actions.accounts import caller_of
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.api.calls import BEFORE_BOTH, BEFORE_ENROLMENT, call_of, once_key
from volunteer_svc.api.cookies import cookie_name, cookie_token, csrf_token, require_own_site
from volunteer_svc.api.decoding import BodyError
from volunteer_svc.api.pages import Asked
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Actor, Anyone, Self, Staff
from volunteer_svc.domain.errors import Fault, Refusal, refuse
from volunteer_svc.domain.sign_on import is_own_path
from volunteer_svc.i18n import Language
from volunteer_svc.i18n.pages import say
from volunteer_svc.identity.permissions import OPEN, OPERATIONS
from volunteer_svc.web import navigation
from volunteer_svc.web.forms import CSRF, ONCE, Form, sentence, typed
from volunteer_svc.web.headers import HTML, page_headers
from volunteer_svc.web.preferences import chosen, preferences
from volunteer_svc.web.rendering import render

_SAFE = frozenset({"GET", "HEAD"})
_PACK_FROM_BYTES = 1_000
_PACK_LEVEL = 6
_ONCE_KEY = re.compile(r"[0-9a-f-]{1,64}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HOMES = ("/me", "/staff")
"""Above everything, so no page below belongs to them."""
_TONES = frozenset({"good", "info", "warn", "bad"})
T = TypeVar("T", bound=msgspec.Struct)


class Flash(msgspec.Struct, frozen=True):
    """What the next page says first: a key of the page words, with what its places need.

    It travels in a cookie: never anything personal.
    """

    key: str
    params: dict[str, str | int] = {}
    tone: str = "good"


class Visit:
    """What a page's handler works with. `call` goes to the action, `form` is what was typed."""

    def __init__(
        self, request: Request[Any, Any, Any], call: Call, form: Form, session: str | None
    ) -> None:
        self.request = request
        self.call = call
        self.form = form
        self.config: Config = request.app.state.config
        self.preferred = preferences(request)
        self.language = self.preferred.language
        self._session = session
        self._visitor = _visitor(request, self.config)
        self._new_visitor = ids.token() if session is None and not self._visitor else None

    @property
    def actor(self) -> Actor:
        return self.call.actor

    @property
    def is_staff(self) -> bool:
        return isinstance(self.actor, Staff)

    @property
    def path(self) -> str:
        return self.request.url.path

    def once(self) -> OnceKey | None:
        """For actions with `.once(…)`: the form sent twice has one effect and one answer."""
        key = self.form.value(ONCE)
        if not _ONCE_KEY.fullmatch(key):
            return None
        told = {k: list(v) for k, v in self.form.values.items() if k not in (CSRF, ONCE)}
        body = msgspec.json.encode(told, order="sorted")
        return once_key(self.call, f"{self.request.method} {self.path}", key, body)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        form: Form | None = None,
        **context: Any,
    ) -> Response[bytes]:
        """A page. `context` is what the template needs besides what all of them have."""
        flash = _flash(self.request, self.config, self.language)
        form = form or Form()
        body = render(
            template,
            self.language,
            {
                "visit": self,
                "form": form,
                "csrf": self._csrf(),
                "csrf_name": CSRF,
                "once_name": ONCE,
                "flash": flash,
                "theme": self.preferred.theme,
                "size": self.preferred.size,
                "path": self.path,
                "query": {k: v for k, v in self.request.query_params.items() if k != "next"},
            }
            | context,
        )
        body = form.with_labels(body)
        headers = page_headers(self.language, private=self._session is not None)
        if len(body) > _PACK_FROM_BYTES and "gzip" in self.request.headers.get(
            "accept-encoding", ""
        ):
            body = gzip.compress(body, _PACK_LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
        cookies = chosen(self.request)
        if _flash_name(self.config) in self.request.cookies:
            cookies.append(_flash_cookie("", 0, self.config))
        if self._new_visitor:
            cookies.append(_visitor_cookie(self._new_visitor, self.config))
        return Response(body, status_code=status, media_type=HTML, headers=headers, cookies=cookies)

    def again(
        self, template: str, error: Refusal | BodyError, *, form: Form | None = None, **context: Any
    ) -> Response[bytes]:
        """The form once more, as it was typed, with what is wrong at each field.

        Raises the refusal again when no form can mend it (unknown, forbidden, busy).
        """
        shown = (form or self.form).refused(error)
        return self.page(template, status=422, form=shown, **context)

    def done(
        self,
        path: str,
        said: str | None = None,
        *,
        tone: str = "good",
        cookies: list[Cookie] | None = None,
        **params: str | int,
    ) -> Response[bytes]:
        """After a change: go to `path` (303), which says `said` (a key of the page words)."""
        kept = list(cookies or [])
        if said is not None:
            kept.append(_flash_cookie(_packed(Flash(said, params, tone)), 60, self.config))
        headers = {"Location": path, "Cache-Control": "no-store"}
        return Response(b"", status_code=303, headers=headers, cookies=kept)

    def link(self, **changes: object) -> str:
        """This page's address with parameters changed; None takes one away."""
        query = {**self.request.query_params, **changes}
        kept = {k: str(v) for k, v in query.items() if v is not None and v != ""}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def query(self, kind: type[T]) -> T:
        """The parameters of the address as a struct of filters. What cannot be read is left out:
        an address that somebody shortened still shows a list."""
        found: dict[str, Any] = {}
        for field in msgspec.structs.fields(kind):
            text = self.request.query_params.get(field.encode_name, "").strip()
            with contextlib.suppress(msgspec.ValidationError):
                if text:
                    found[field.name] = msgspec.convert(text, field.type, strict=False)
        return kind(**found)

    def asked(self, limit: int) -> Asked:
        """Which part of a list: give `asked.fetch` to the action and its rows to `asked.page`."""
        return Asked(self.request.query_params.get("cursor"), limit)

    def sentence(self, fault: Fault) -> str:
        """A fault in the words of forms."""
        return sentence(fault, self.language)

    def may(self, operation: str) -> bool:
        """Whether to show a link or button: the permission table says."""
        return navigation.may(self.actor, operation)

    def entries(self, frame: navigation.Frame) -> list[navigation.Entry]:
        return navigation.entries(frame, self.actor)

    def is_at(self, entry: navigation.Entry) -> bool:
        """Whether this page belongs to an entry of the navigation: the longest that fits."""
        fitting = [
            one.path
            for one in self.entries(entry.frame)
            if self.path == one.path
            or (self.path.startswith(f"{one.path}/") and one.path not in _HOMES)
        ]
        return bool(fitting) and entry.path == max(fitting, key=len)

    async def somebody(self) -> Actor:
        """On an open page: who is signed in, if anybody is."""
        token = cookie_token(self.request, self.config)
        try:
            return (await caller_of(token, self.call.now)).actor
        except Refusal:
            return Anyone()

    def _csrf(self) -> str:
        """Masked anew on every page: compressed pages tell by their length what repeats."""
        secret = bytes.fromhex(
            csrf_token(self._session or self._visitor or self._new_visitor or "")
        )
        mask = secrets.token_bytes(len(secret))
        return mask.hex() + bytes(a ^ b for a, b in zip(mask, secret, strict=True)).hex()


def page(operation: str) -> dict[str, Any]:
    """Keyword arguments of a page's route: the operation of the permission table it performs, or
    `open` or `signed_in`."""
    return {"opt": {"page": operation}, "include_in_schema": False, "media_type": HTML}


def enrolling_page(operation: str) -> dict[str, Any]:
    """Of the few pages for staff who must enrol an authenticator app and have not yet."""
    made = page(operation)
    return made | {"opt": made["opt"] | BEFORE_ENROLMENT}


def always_page(operation: str) -> dict[str, Any]:
    """Of those for staff who must do that, or change a password that was given out, as well."""
    made = page(operation)
    return made | {"opt": made["opt"] | BEFORE_BOTH}


async def provide_visit(request: Request[Any, Any, Any]) -> Visit:
    """Raises what keeps somebody from a page: `sign_in_required`, `forbidden`, a forged form."""
    config: Config = request.app.state.config
    operation = str(request.route_handler.opt["page"])
    is_open = operation == OPEN or OPERATIONS.get(operation) == OPEN
    session = None if is_open else cookie_token(request, config)
    call = await call_of(request, session, operation)
    if not is_open and not isinstance(call.actor, Staff | Self):
        raise refuse("sign_in_required", kind="unauthenticated")
    form = Form()
    if request.method not in _SAFE:
        require_own_site(request)
        form = await typed(request)
        _require_token(form, session or _visitor(request, config))
    return Visit(request, call, form, session)


def here_only(path: str, otherwise: str) -> str:
    """A way back that stays on this site: no other host, no scheme, no control characters."""
    return path if is_own_path(path) else otherwise


def _require_token(form: Form, source: str | None) -> None:
    given = form.value(CSRF)
    try:
        raw = bytes.fromhex(given)
    except ValueError:
        raw = b""
    half = len(raw) // 2
    plain = bytes(a ^ b for a, b in zip(raw[:half], raw[half:], strict=False))
    if not source or not hmac.compare_digest(plain.hex(), csrf_token(source)):
        raise refuse("page_too_old", kind="forbidden")


def _visitor(request: Request[Any, Any, Any], config: Config) -> str | None:
    token = request.cookies.get(_visitor_name(config), "")
    return token if _TOKEN.fullmatch(token) else None


def _visitor_name(config: Config) -> str:
    return cookie_name(config).replace("session", "visitor")


def _visitor_cookie(token: str, config: Config) -> Cookie:
    return Cookie(key=_visitor_name(config), value=token, path="/", secure=config.cookie_secure,
                  httponly=True, samesite="lax")  # fmt: skip


def _flash_name(config: Config) -> str:
    """Like the session's: no neighbouring host can put words into the mouth of our pages."""
    return cookie_name(config).replace("session", "flash")


def _flash_cookie(value: str, seconds: int, config: Config) -> Cookie:
    return Cookie(key=_flash_name(config), value=value, max_age=seconds, path="/",
                  secure=config.cookie_secure, httponly=True, samesite="lax")  # fmt: skip


def _packed(flash: Flash) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(flash)).decode().rstrip("=")


def _flash(request: Request[Any, Any, Any], config: Config, language: Language) -> Flash | None:
    """What the page before wanted said; None for a cookie that we did not write."""
    text = request.cookies.get(_flash_name(config))
    if not text:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        flash = msgspec.json.decode(raw, type=Flash)
        say(flash.key, language, flash.params)  # a key of another version, or of nobody's
    except (ValueError, KeyError, binascii.Error, msgspec.MsgspecError):
        return None
    return flash if flash.tone in _TONES else None


DEPENDENCIES = {"visit": Provide(provide_visit)}
