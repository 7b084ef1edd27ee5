"""Columns that say what they mean: required unless `optional`, and no silent defaults.

Piccolo's own defaults are nullable foreign keys that cascade, and '' or 0 for a missing value.
"""

from typing import Any

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete, OnUpdate

_NO_DEFAULT: dict[str, Any] = {"default": None}


class Reference(ForeignKey[Any]):
    """A foreign key alone. Piccolo's own carries a copy of every column of the table it refers to,
    for joins that are SQL here: 3 MB in each process."""

    def set_proxy_columns(self) -> None:
        """None."""


def _settings(optional: bool, settings: dict[str, Any]) -> dict[str, Any]:
    return {"null": optional, **_NO_DEFAULT, **settings}


def key() -> UUID:
    """A primary key made by the service (UUIDv7)."""
    return UUID(primary_key=True, **_NO_DEFAULT)


def uuid(*, optional: bool = False, **settings: Any) -> UUID:
    """An identifier without a foreign key."""
    return UUID(**_settings(optional, settings))


def reference(table: Any, *, optional: bool = False, **settings: Any) -> Reference:
    """A foreign key; what is referred to is never deleted by it."""
    return Reference(
        references=table,
        null=optional,
        on_delete=OnDelete.restrict,
        on_update=OnUpdate.restrict,
        **_NO_DEFAULT,
        **settings,
    )


def text(length: int, *, optional: bool = False, **settings: Any) -> Varchar:
    return Varchar(length=length, **_settings(optional, settings))


def long_text(*, optional: bool = False, **settings: Any) -> Text:
    return Text(**_settings(optional, settings))


def integer(*, optional: bool = False, **settings: Any) -> Integer:
    return Integer(**_settings(optional, settings))


def big_integer(*, optional: bool = False, **settings: Any) -> BigInt:
    return BigInt(**_settings(optional, settings))


def instant(*, optional: bool = False, **settings: Any) -> Timestamptz:
    return Timestamptz(**_settings(optional, settings))


def day(*, optional: bool = False, **settings: Any) -> Date:
    return Date(**_settings(optional, settings))


def flag(*, optional: bool = False, **settings: Any) -> Boolean:
    return Boolean(**_settings(optional, settings))


def sealed(*, optional: bool = False, **settings: Any) -> Bytea:
    """Bytes: ciphertext or a hash."""
    return Bytea(**_settings(optional, settings))


def json(*, optional: bool = False, **settings: Any) -> JSONB:
    return JSONB(**_settings(optional, settings))


def integers(**settings: Any) -> Array:
    return Array(base_column=Integer(), **_settings(False, settings))


def texts(**settings: Any) -> Array:
    return Array(base_column=Text(), **_settings(False, settings))


def uuids(**settings: Any) -> Array:
    return Array(base_column=UUID(), **_settings(False, settings))


__all__ = [
    "big_integer", "day", "flag", "instant", "integer", "integers", "json", "key", "long_text",
    "reference", "sealed", "text", "texts", "uuid", "uuids",
]  # fmt: skip
