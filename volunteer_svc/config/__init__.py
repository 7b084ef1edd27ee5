"""The only reader of the environment: one frozen struct, checked before anything starts."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from volunteer_svc.config import values
from volunteer_svc.config.settings import PREFIX, variable
from volunteer_svc.config.settings import Config as Config

_WANTED = {
    "Expected `int`": "a whole number",
    "Expected `float`": "a number",
    "Expected `bool`": "true or false",
    "Invalid RFC3339 encoded datetime": "an instant such as 2026-11-22T12:00:00+08:00",
}


class ConfigError(Exception):
    """A variable is unknown, missing or wrong; the message names it and says what it may be."""


def load(
    environ: Mapping[str, str] = os.environ, *, defaults: Mapping[str, str] | None = None
) -> Config:
    """Read the settings. Raises ConfigError that names the variable.

    `defaults` are fields for which one command has another default than the rest.
    """
    fields = {variable(field): field for field in Config.__struct_fields__}
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in fields)
    if unknown:
        raise ConfigError(f"unknown variable {unknown[0]}; known are {', '.join(sorted(fields))}")
    given = {field: environ[name] for name, field in fields.items() if environ.get(name)}
    given = {**(defaults or {}), **given}
    lists = {
        field: tuple(part for one in given[field].split(",") if (part := one.strip()))
        for field in values.LISTS
        if field in given
    }
    if "data_dir" in given:
        given.setdefault("key_file", str(Path(given["data_dir"], "keys.json")))
        given.setdefault("signing_key_file", str(Path(given["data_dir"], "signing-key.pem")))
    try:
        return msgspec.convert({**given, **lists}, Config, strict=False, dec_hook=_to_path)
    except msgspec.ValidationError as error:
        raise ConfigError(_sentence(str(error), given)) from None


def environment(config: Config) -> dict[str, str]:
    """Our environment with these settings in it: what a child process loads again."""
    settings = {
        variable(field): _written(value)
        for field, value in msgspec.structs.asdict(config).items()
        if value is not None
    }
    return {**os.environ, **settings}


def _written(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat()
        case tuple():
            return ",".join(value)
    return str(value)


def _to_path(kind: type, text: object) -> Path:
    if kind is not Path:
        raise NotImplementedError(kind)
    return Path(str(text))


def _sentence(error: str, given: Mapping[str, str]) -> str:
    """msgspec's message ("Expected `int`, got `str` - at `$.port`") with the variable's name."""
    reason, _, field = error.rstrip("`").partition(" - at `$.")
    if not field:
        return reason
    wanted = _WANTED.get(reason.partition(",")[0], reason)
    return f"{variable(field)} is {given[field]!r} and not {wanted}"
