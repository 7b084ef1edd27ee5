"""Every field of every body, with everything it should not be: never a 5xx."""

import copy
import re

from tests.builders import active, registered, staff, station
from volunteer_svc.identity.permissions import OPERATIONS, TABLE

NASTY = [
    None, True, -1, 2**31, 2**63, 10**40, 1.5, 1e308, "", "\0", "x" * 3000, "²", "1E+999999999",
    "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00",
    "00000000-0000-0000-0000-000000000000", [], {}, [None], {"a": 1},
]  # fmt: skip


class Sample:
    """Bodies that fit the API document, and what becomes of them field by field."""

    def __init__(self, schemas, ids):
        self._schemas = schemas
        self._ids = ids

    def value(self, schema, name=""):
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if "oneOf" in schema:
            return self.value(schema["oneOf"][0], name)
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("type") == "object":
            return {key: self.value(one, key) for key, one in schema["properties"].items()}
        if schema.get("type") == "array":
            return [self.value(schema["items"], name)]
        given = {"uuid": self._ids.get(name, "01890000-0000-7000-8000-000000000000"),
                 "date": "2026-11-19", "date-time": "2026-11-19T08:00:00Z"}  # fmt: skip
        plain = {"integer": 5, "number": 2, "boolean": True, "string": "12345678901"}
        return given.get(schema.get("format")) or plain.get(schema.get("type"), "1")

    def spoiled(self, body):
        """The body with each of its fields made nasty in turn."""
        for place in list(places(body)):
            for nasty in NASTY:
                changed = copy.deepcopy(body)
                inner = changed
                for step in place[:-1]:
                    inner = inner[step]
                inner[place[-1]] = nasty
                yield changed


def places(value, path=()):
    if path:
        yield path
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    else:
        return
    for key, one in steps:
        yield from places(one, (*path, key))


def may(role, operation_id):
    entry = OPERATIONS[operation_id]
    return getattr(entry, "permission", None) in TABLE[role]


async def test_no_body_makes_a_5xx(client):
    """Sent by whom the table lets in, so that it gets further than the door."""
    home = await station()
    person, due = await active(home.id), await registered(home.id)
    county, admin = await staff("county"), await staff("admin")
    document = (await client.get("/schema/openapi.json")).json()
    ids = {"station_id": str(home.id), "volunteer_id": str(person.id)}
    sample = Sample(document["components"]["schemas"], ids)
    known = {"station_id": home.id, "volunteer_id": person.id, "year": 2025,
             "registration_id": due.registration_id}  # fmt: skip
    failures, sent = [], 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None or "sessions" in path:
                continue
            url = re.sub(r"\{(\w+)\}", lambda m: str(known.get(m[1], ids["station_id"])), path)
            actor = admin if may("admin", operation["operationId"]) else county
            for body in sample.spoiled(sample.value(content["schema"])):
                response = await client.request(method, url, json=body, headers=actor.auth)
                sent += 1
                if response.status_code >= 500:
                    failures.append((method, path, body, response.text))
    assert failures == []
    assert sent > 500
