"""Writes the committed contracts in docs/; a test fails when they differ from the code."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from volunteer_svc.api.openapi import document_of
from volunteer_svc.app import create_app
from volunteer_svc.commands.asyncapi import asyncapi
from volunteer_svc.commands.event_table import with_table
from volunteer_svc.config import Config
from volunteer_svc.domain.compatibility import breaks
from volunteer_svc.domain.event_schema import schemas

_DOCS = Path(__file__).parents[2] / "docs"
OPENAPI_FILE = _DOCS / "openapi.json"
ASYNCAPI_FILE = _DOCS / "asyncapi.json"
EVENTS_PAGE = _DOCS / "events.md"
SCHEMAS = _DOCS / "schemas"


def main(_config: Config) -> int:
    """Write what the code says, whatever this machine's settings are.

    Exit code 1, and nothing of the events is written: a change that breaks those who read them.
    """
    OPENAPI_FILE.write_text(openapi())
    print(OPENAPI_FILE)
    if broken := broken_schemas():
        for one in broken:
            print(f"openapi: {one}", file=sys.stderr)
        print("openapi: within a major version only optional fields are added", file=sys.stderr)
        return 1
    for path, text in event_contracts().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    print(ASYNCAPI_FILE, SCHEMAS, EVENTS_PAGE, sep="\n")
    return 0


def openapi() -> str:
    """The API document, in an order that does not depend on chance."""
    return _text(document_of(create_app(Config())), order="deterministic")


def event_contracts() -> dict[Path, str]:
    """The files of the events: a schema per type and version, AsyncAPI, the table of the page."""
    files = {schema_file(name): _text(schema) for name, schema in schemas().items()}
    page = with_table(EVENTS_PAGE.read_text())
    return files | {ASYNCAPI_FILE: _text(asyncapi()), EVENTS_PAGE: page}


def schema_file(name: str) -> Path:
    return SCHEMAS / f"{name}.v1.json"


def broken_schemas() -> list[str]:
    """What the code does to the committed schemas that is not allowed within their version."""
    new = {schema_file(name): schema for name, schema in schemas().items()}
    return [
        f"{path.name}: {one}"
        for path in sorted(SCHEMAS.glob("*.json"))
        for one in _broken(path, new.get(path))
    ]


def _broken(path: Path, new: dict[str, Any] | None) -> list[str]:
    if new is None:
        return ["the event is gone"]
    return breaks(msgspec.json.decode(path.read_bytes()), new)


def _text(document: Any, **options: Any) -> str:
    text = msgspec.json.format(msgspec.json.encode(document, **options), indent=1)
    return text.decode() + "\n"
