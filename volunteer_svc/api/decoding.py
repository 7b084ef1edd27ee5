"""Request bodies: strict JSON into the action's own struct; errors name fields, never values."""

import re
from functools import cache
from typing import Any

import msgspec
from litestar import Request

from volunteer_svc.domain.errors import Fault

# msgspec's messages, most telling first. What stands in `( )` of the first two is a field's
# name, of the others a part of our own schema: nothing that was typed in, except `unknown field`;
# one with digits in it may be somebody's number and is not repeated.
_MEANINGS = (
    (re.compile(r"missing required field `([^`]+)`"), "field_missing", "field"),
    (re.compile(r"contains unknown field `([A-Za-z_-]{1,64})`"), "field_unknown", "field"),
    (re.compile(r"contains unknown field"), "field_unknown", None),
    (re.compile(r"Expected `datetime` with a timezone"), "time_needs_offset", None),
    (re.compile(r"Expected `([^`]+)`, got `[^`]+`$"), "value_wrong_type", "expected"),
    (re.compile(r"Expected `\w+` (of length [<>=]+ \d+)$"), "value_out_of_bounds", "expected"),
    (re.compile(r"Expected `\w+` ([<>=]+ -?\d+)$"), "value_out_of_bounds", "expected"),
    (re.compile(r"Invalid enum value"), "value_not_a_choice", None),
)  # fmt: skip
_PLACE = re.compile(r" - at `(?:key in )?\$([^`]*)`$")


class BodyError(Exception):
    """The body cannot be decoded."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class JsonRequest(Request[Any, Any, Any]):
    """A request whose JSON is decoded straight into the handler's struct.

    Litestar decodes to plain objects first and then converts leniently ("5" for 5), and its
    errors lose the place.
    """

    async def json(self) -> Any:
        """Raises BodyError."""
        field = self.route_handler.parsed_data_field
        return decode(await self.body(), field.annotation if field else Any)


def decode(body: bytes, kind: Any) -> Any:
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        message, place = str(error), _PLACE.search(str(error))
        if place:
            message = message[: place.start()]
        raise BodyError(fault_of(message, field_path(place[1] if place else ""))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BodyError(Fault("json_malformed")) from None
    except RecursionError:
        raise BodyError(Fault("json_too_deep")) from None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def fault_of(message: str, field: str | None) -> Fault:
    """The fault behind a message of msgspec's; a field it names goes into the path."""
    for pattern, code, names in _MEANINGS:
        found = pattern.search(message)
        if found and names == "field":
            return Fault(code, f"{field}.{found[1]}" if field else found[1], {"field": found[1]})
        if found:
            return Fault(code, field, {names: found[1]} if names else {})
    return Fault("value_malformed", field)


def field_path(path: str) -> str | None:
    """msgspec's `.entries[0].minutes` as `entries[0].minutes`; None for the body as a whole.

    A key of a mapping is something typed in: msgspec writes `[...]` for it.
    """
    return path.removeprefix(".") or None
