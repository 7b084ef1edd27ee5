"""Whether a schema may take another's place within a major version: only optional fields come."""

from collections.abc import Iterator
from typing import Any

from volunteer_svc.domain.event_schema import Schema

_WORDS = frozenset({"$schema", "title", "description", "examples", "$comment"})
"""What is said of a field and demands nothing."""
_OBJECT = frozenset({"properties", "required", "$defs", "$ref"})


def breaks(old: Schema, new: Schema) -> list[str]:
    """What a reader of `old` could stumble over, and a text of its time under `new`; in words.

    A rename is a field that is gone and one that is new. A wider type breaks as well as a
    narrower one: who checks by the old schema would refuse the new events.
    """
    return list(_breaks("data", old, new, old, new))


def _breaks(place: str, old: Schema, new: Schema, whole: Schema, later: Schema) -> Iterator[str]:
    old, new = _followed(old, whole), _followed(new, later)
    yield from _broken_fields(place, old, new)
    fields, now = old.get("properties", {}), new.get("properties", {})
    for name in (name for name in fields if name in now):
        yield from _breaks(f"{place}.{name}", fields[name], now[name], whole, later)
    inside = "items" in old and "items" in new
    if inside:
        yield from _breaks(f"{place}[]", old["items"], new["items"], whole, later)
    compared = (old.keys() | new.keys()) - _WORDS - _OBJECT - ({"items"} if inside else set())
    for key in sorted(compared):
        if _plain(old.get(key)) != _plain(new.get(key)):
            yield f"{place}: {key} was {old.get(key)!r} and is {new.get(key)!r}"


def _broken_fields(place: str, old: Schema, new: Schema) -> Iterator[str]:
    """What became of the fields as such, whatever they hold."""
    fields, now = old.get("properties", {}), new.get("properties", {})
    demanded, required = set(old.get("required", ())), set(new.get("required", ()))
    for name in fields:
        if name not in now:
            yield f"{place}.{name} is gone"
        elif name in demanded - required:
            yield f"{place}.{name} may be left out now"
        elif name in required - demanded:
            yield f"{place}.{name} is demanded now"
    for name in now:
        if name not in fields and name in required:
            yield f"{place}.{name} is new and demanded"


def _followed(schema: Schema, whole: Schema) -> Schema:
    """What a reference stands for, with what is said beside it."""
    if "$ref" not in schema:
        return schema
    part: Schema = whole["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return {**part, **{key: value for key, value in schema.items() if key != "$ref"}}


def _plain(value: Any) -> Any:
    """An order that means nothing is none: the choices of an enum."""
    return sorted(value, key=repr) if isinstance(value, list) else value
