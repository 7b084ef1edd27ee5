"""Scripts and pictures: read once, named by their content, compressed beforehand."""

import base64
import gzip
import hashlib
import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath
from markupsafe import Markup

from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.domain.errors import Fault

_KINDS = {
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "png": "image/png",
}
_NAME = re.compile(r"([a-z0-9-]{1,64})\.([0-9a-f]{12})\.([a-z0-9]{1,5})")
_FOR_EVER = "public, max-age=31536000, immutable"


class StaticFile(msgspec.Struct, frozen=True):
    content: bytes
    packed: bytes
    digest: str
    media_type: str


@cache
def _all() -> dict[str, StaticFile]:
    """By plain name."""
    found = _folder().iterdir()
    return {
        one.name: _made(one.name, one.read_bytes())
        for one in found
        if one.name.rpartition(".")[2] in _KINDS
    }


def static_url(name: str) -> str:
    """Where a file is served: its name changes with its content. Raises KeyError."""
    stem, _, kind = name.rpartition(".")
    return f"/static/{stem}.{_all()[name].digest}.{kind}"


@cache
def stylesheet(*, staff: bool = False) -> Markup:
    """The parts `*.css` in the order of their names; those of staff (`*-staff-*`) for staff alone.
    It stands in every page: on a slow line a second request costs more than its few kilobytes."""
    parts = sorted(one.name for one in _folder().iterdir() if one.name.endswith(".css"))
    shown = [name for name in parts if staff or "-staff-" not in name]
    text = "".join(_smaller(_folder().joinpath(name).read_text("utf-8")) for name in shown)
    if "</" in text:
        raise ValueError("a stylesheet cannot end its own element")
    return Markup(text)  # noqa: S704 # nosec B704 - our own files


@cache
def stylesheet_hashes() -> list[str]:
    """What the content policy lets through: these two texts and no other style."""
    digests = [hashlib.sha256(stylesheet(staff=one).encode()).digest() for one in (False, True)]
    return [f"sha256-{base64.b64encode(one).decode()}" for one in digests]


def _folder() -> Traversable:
    return files("volunteer_svc.web").joinpath("static")


@get("/static/{name:str}", include_in_schema=False, sync_to_thread=False)
def read_static(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """Raises EdgeRefusal (404). Under an old name the present file, which nobody keeps then."""
    asked = _NAME.fullmatch(name)
    file = _all().get(f"{asked[1]}.{asked[3]}") if asked else None
    if asked is None or file is None:
        raise EdgeRefusal(404, Fault("route_not_found"))
    packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "Cache-Control": _FOR_EVER if asked[2] == file.digest else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(
        file.packed if packed else file.content, media_type=file.media_type, headers=headers
    )


def _made(name: str, content: bytes) -> StaticFile:
    packed = gzip.compress(content, 9, mtime=0)
    digest = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(content, packed, digest, _KINDS[name.rpartition(".")[2]])


def _smaller(css: str) -> str:
    """Without comments and indentation; nothing that changes what it says."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", css).strip() + "\n"
