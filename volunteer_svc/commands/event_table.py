"""The table of events in docs/events.md, made of the schemas."""

from volunteer_svc.domain.event_schema import Schema, schemas
from volunteer_svc.domain.events import EVENTS

_BEGIN = "<!-- events: written by `python -m volunteer_svc openapi` -->\n"
_END = "<!-- end of events -->\n"


def with_table(page: str) -> str:
    """The page with its table as the code has it."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{_table()}{_END}{after}"


def _table() -> str:
    found = schemas()
    lines = ["| event | subject | data |", "| --- | --- | --- |"]
    for name, event in sorted(EVENTS.items()):
        subject = f"{event.SUBJECT.removesuffix('_id')}/…"
        lines.append(f"| `{name}` | `{subject}` | {_fields(found[name], found[name])} |")
    return "\n".join(lines) + "\n"


def _fields(part: Schema, whole: Schema) -> str:
    required = part["required"]
    return ", ".join(
        f"`{name}`{'' if name in required else '?'}{_inside(field, whole)}"
        for name, field in part["properties"].items()
    )


def _inside(field: Schema, whole: Schema) -> str:
    """What a list or a part holds, and the choices where there are only these."""
    if "enum" in field:
        return f" ({', '.join(map(str, field['enum']))})"
    inner = field.get("items", field)
    if "$ref" not in inner:
        return ""
    part: Schema = whole["$defs"][inner["$ref"].removeprefix("#/$defs/")]
    fields = _fields(part, whole)
    return f" [{fields}]" if "items" in field else f" {{{fields}}}"
