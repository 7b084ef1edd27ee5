"""Writes the committed contracts in docs/; a test fails when they differ from the code."""

from pathlib import Path
from typing import Any

import msgspec

from volunteer_svc.app import create_app
from volunteer_svc.config import Config

_DOCS = Path(__file__).parents[2] / "docs"
OPENAPI_FILE = _DOCS / "openapi.json"


def main(_config: Config) -> None:
    """Write what the code says, whatever this machine's settings are."""
    OPENAPI_FILE.write_text(openapi())
    print(OPENAPI_FILE)


def openapi() -> str:
    """The API document, in an order that does not depend on chance."""
    schema: dict[str, Any] = create_app(Config()).openapi_schema.to_schema()
    text = msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=1)
    return text.decode() + "\n"
