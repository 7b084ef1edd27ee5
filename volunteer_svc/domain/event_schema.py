"""The JSON Schemas (2020-12) of events, made of the structs: what is committed in docs/schemas."""

from inspect import cleandoc
from typing import Any

import msgspec

from volunteer_svc.domain.cloudevent import CloudEvent, schema_id
from volunteer_svc.domain.events import EVENTS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE = "cloudevent"
"""The name under which the attributes of every event are described."""


def schemas() -> dict[str, Schema]:
    """By name: the schema of each event's `data`, and that of the attributes around it."""
    named = {name: _schema(name, kind) for name, kind in EVENTS.items()}
    return {ENVELOPE: _schema(ENVELOPE, CloudEvent)} | named


def _schema(name: str, kind: type) -> Schema:
    ref_template = "#/$defs/{name}"
    (_,), parts = msgspec.json.schema_components([kind], ref_template=ref_template)
    root = _exact(parts.pop(kind.__name__))
    root["title"] = f"{name}.v1"
    head = {"$schema": DIALECT, "$id": schema_id(name)}
    defs = {"$defs": {part: _exact(one) for part, one in parts.items()}} if parts else {}
    return head | root | defs


def _exact(struct: Schema) -> Schema:
    """As it is written: what has no value is left out, and is never null; constants are there."""
    properties = {name: _present(one) for name, one in struct["properties"].items()}
    if "description" in struct:  # as Python 3.13 has it, and 3.11 not yet
        struct = struct | {"description": cleandoc(struct["description"])}
    constants = [name for name, one in properties.items() if "const" in one]
    required = [name for name in properties if name in {*struct["required"], *constants}]
    return struct | {"properties": properties, "required": required}


def _present(given: Schema) -> Schema:
    field = {key: value for key, value in given.items() if key != "default"}
    choices = [one for one in field.pop("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:
        field.update(choices[0])
    elif choices:
        field["anyOf"] = choices
    if len(field.get("enum", ())) == 1:
        field["const"] = field.pop("enum")[0]
    return field
