"""The API reference: the OpenAPI document as a page to read, drawn here, nothing loaded."""

from typing import Any

import msgspec
from litestar import Litestar, Response, Router, get
from litestar.di import NamedDependency

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


def reference_of(app: Litestar) -> Reference:
    document: dict[str, Any] = app.openapi_schema.to_schema()
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


@get("/reference", **page("open"))
async def read_reference(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("reference.html", reference=reference_of(visit.request.app))


router = Router("/", route_handlers=[read_reference])
