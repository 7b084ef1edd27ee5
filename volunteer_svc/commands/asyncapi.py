"""The AsyncAPI 3 document of the events: which there are, and the ways on which they go."""

from typing import Any

from volunteer_svc.domain.cloudevent import type_of
from volunteer_svc.domain.event_schema import ENVELOPE, Schema, schemas
from volunteer_svc.domain.events import EVENTS

_JSON = "application/cloudevents+json"
_DESCRIPTION = (
    "CloudEvents 1.0 in structured JSON, the same bytes on every way. Delivery is at least once;"
    " `sequence` is dense within a `source`, `subjectversion` within a `subject`. The list of types"
    " grows: ignore those you do not know, and fields you do not know. Within a major version only"
    " optional fields are added."
)
_WAYS: dict[str, dict[str, Any]] = {
    "stream": {
        "title": "Redis stream",
        "address": "volunteer.events",
        "description": "Entry `<n>-0` is event number n; the field `data` holds the event, `id`,"
        " `type` and `subject` say what it is. Kept to about its configured length.",
        "bindings": {"redis": {}},
    },
    "feed": {
        "title": "Feed",
        "address": "/v1/events",
        "description": "Pages behind a cursor, by GET; each of `events` is an event.",
        "bindings": {"http": {}},
    },
    "sse": {
        "title": "Server-sent events",
        "address": "/v1/events/stream",
        "description": "`data` is the event, `id` the cursor to go on from by Last-Event-ID.",
        "bindings": {"http": {}},
    },
    "webhook": {
        "title": "Webhook",
        "address": None,
        "description": "The body of a POST to the subscriber's address, signed as Standard"
        " Webhooks says: webhook-id, webhook-timestamp, webhook-signature.",
        "bindings": {"http": {}},
    },
    "jetstream": {
        "title": "NATS JetStream",
        "address": "volunteer.events.{type}",
        "description": "Where VOLUNTEER_NATS_SERVERS names servers. Stream VOLUNTEER_EVENTS; the"
        " header Nats-Msg-Id is the event's id, Volunteer-Sequence its number.",
        "parameters": {"type": {"description": "the event's type: volunteer-svc.star.promoted.v1"}},
        "bindings": {"nats": {}},
    },
}


def asyncapi() -> dict[str, Any]:
    """The document, made of the union of events."""
    messages = {name: _message(name, schema) for name, schema in _events()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "volunteer-svc", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": _JSON,
        "channels": {way: _channel(one, messages) for way, one in _WAYS.items()},
        "operations": {
            f"publishTo{way.capitalize()}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{way}"},
                "summary": f"What happened, by {one['title']}",
            }
            for way, one in _WAYS.items()
        },
        "components": {"messages": messages, "schemas": _parts()},
    }


def _events() -> list[tuple[str, Schema]]:
    return [(name, schema) for name, schema in schemas().items() if name in EVENTS]


def _channel(about: dict[str, Any], messages: dict[str, Any]) -> dict[str, Any]:
    listed = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {**about, "messages": listed}


def _message(name: str, schema: Schema) -> dict[str, Any]:
    is_this = {
        "type": "object",
        "properties": {
            "type": {"const": type_of(name)},
            "data": {"$ref": f"#/components/schemas/{name}.v1"},
        },
    }
    about = {"summary": schema["description"].partition("\n")[0]} if "description" in schema else {}
    return {
        "name": type_of(name),
        "title": name,
        **about,
        "contentType": _JSON,
        "payload": {"allOf": [{"$ref": f"#/components/schemas/{ENVELOPE}.v1"}, is_this]},
    }


def _parts() -> dict[str, Schema]:
    """All schemas side by side: what one of them defines for itself, too."""
    parts: dict[str, Schema] = {}
    for name, schema in schemas().items():
        parts |= {part: _referring(one) for part, one in schema.get("$defs", {}).items()}
        own = {key: one for key, one in schema.items() if key not in ("$schema", "$id", "$defs")}
        parts[f"{name}.v1"] = _referring(own)
    return dict(sorted(parts.items()))


def _referring(schema: Any) -> Any:
    """With references to where the parts stand in this document."""
    match schema:
        case {"$ref": str(ref), **rest}:
            return {**rest, "$ref": ref.replace("#/$defs/", "#/components/schemas/")}
        case dict():
            return {key: _referring(one) for key, one in schema.items()}
        case list():
            return [_referring(one) for one in schema]
    return schema
