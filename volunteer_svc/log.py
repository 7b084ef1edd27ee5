"""Sets up the logs: one JSON object (or one line of text) per record on standard output.

Texts of exceptions are written only for the kinds that cannot quote what somebody typed:
PostgreSQL's and msgspec's messages repeat values, and logs hold no personal data.
"""

import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec

from volunteer_svc.config import Config

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request being answered; every record written meanwhile carries it."""

_TEXT_IS_SAFE = (OSError, RuntimeError, AssertionError, KeyboardInterrupt)
_OUR_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "taskName",
    "color_message",  # uvicorn's, for terminals
}


def setup(config: Config) -> None:
    """Send everything to standard output in the configured form."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines() if config.log_format == "json" else TextLines())
    logging.basicConfig(level=config.log_level.upper(), handlers=[handler], force=True)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a record says: its message, what was given as `extra`, and where an error came from."""
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    if current := request_id.get():
        fields["request_id"] = current
    fields |= {k: v for k, v in vars(record).items() if k not in _OUR_OWN_FIELDS}
    if record.exc_info and record.exc_info[1] is not None:
        fields |= error_fields(record.exc_info[1])
    return fields


def error_fields(error: BaseException) -> dict[str, Any]:
    """The kind of an error, its place, and its text where that cannot hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    fields: dict[str, Any] = {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, _TEXT_IS_SAFE):
        fields["error_text"] = str(error)
    if error.__cause__ is not None:
        fields["cause"] = error_fields(error.__cause__)
    return fields


class JsonLines(logging.Formatter):
    """For machines."""

    def format(self, record: logging.LogRecord) -> str:
        return msgspec.json.encode(fields_of(record), enc_hook=str).decode()


class TextLines(logging.Formatter):
    """For people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        fields = fields_of(record)
        time, level, _, message = (fields.pop(n) for n in ("time", "level", "logger", "message"))
        trace = "".join(f"\n    {line}" for line in fields.pop("trace", ()))
        rest = "".join(f" {name}={value}" for name, value in fields.items())
        return f"{time} {level.upper():<7} {message}{rest}{trace}"
