"""The API reference: the OpenAPI document as a page to read, drawn here, nothing loaded."""

import asyncio
import gzip
from functools import lru_cache
from typing import Any, get_args

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from markupsafe import Markup

from volunteer_svc.i18n import Language
from volunteer_svc.web.rendering import render
from volunteer_svc.web.visit import Visit, page


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One request as the page shows it."""

    name: str
    method: str
    path: str
    summary: str
    is_open: bool
    parameters: list[dict[str, Any]]
    takes: str | None
    answers: list[tuple[str, str, str | None]]


class Field(msgspec.Struct, frozen=True):
    name: str
    kind: str
    needed: bool


class Reference(msgspec.Struct, frozen=True):
    """Operations by tag, and the fields of each structure."""

    tags: dict[str, list[Operation]]
    structures: dict[str, list[Field]]


def reference_of(document: dict[str, Any]) -> Reference:
    tags: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            tags.setdefault((one.get("tags") or ["other"])[0], []).append(
                Operation(
                    name=one["operationId"], method=method.upper(), path=path,
                    summary=one["summary"], is_open=one.get("security") == [{}],
                    parameters=[p | {"kind": _kind(p.get("schema", {}))}
                                for p in one.get("parameters", ())],
                    takes=_content(one.get("requestBody", {})),
                    answers=[(status, said.get("description", ""), _content(said))
                             for status, said in sorted(one["responses"].items())],
                )
            )  # fmt: skip
    structures = {
        name: [
            Field(field, _kind(schema), field in shape.get("required", ()))
            for field, schema in shape.get("properties", {}).items()
        ]
        for name, shape in sorted(document["components"]["schemas"].items())
    }
    return Reference(dict(sorted(tags.items())), structures)


def _content(message: dict[str, Any]) -> str | None:
    for kind, body in message.get("content", {}).items():
        return _kind(body.get("schema", {})) or str(kind)
    return None


def _kind(schema: dict[str, Any]) -> str:
    """`string (date)`, `array of RecordRow`, `integer | null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for many in ("oneOf", "anyOf"):
        if many in schema:
            return " | ".join(_kind(one) for one in schema[many])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return f"array of {_kind(schema.get('items', {}))}"
    kind = schema.get("type", "")
    plain = " | ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{plain} ({schema['format']})" if "format" in schema else plain


@lru_cache(maxsize=len(get_args(Language)))
def _drawn(document: bytes, language: Language) -> bytes:
    """What everybody sees of it, drawn once and kept packed, as the document is: of 640 kB 40."""
    reference = reference_of(msgspec.json.decode(gzip.decompress(document)))
    html = render("reference_operations.html", language, {"reference": reference})
    return gzip.compress(html, mtime=0)


@get("/reference", **page("open"))
async def read_reference(visit: NamedDependency[Visit]) -> Response[bytes]:
    app = visit.request.app
    document = await app.state.document.packed(app)
    drawn = await asyncio.to_thread(_drawn, document, visit.language)
    text = gzip.decompress(drawn).decode()
    return visit.page("reference.html", operations=Markup(text))  # noqa: S704 # nosec B704 - our own template's


router = Router("/", route_handlers=[read_reference])
