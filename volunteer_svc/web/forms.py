"""Forms: what was typed becomes an action's own struct; what is wrong stands at its field.

A field of a form is named as the API names it in `errors`: `phone`, `form.phone`,
`entries[0].minutes`. So a fault of any rule finds its field without a table.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from markupsafe import escape

from volunteer_svc import ids
from volunteer_svc.api.decoding import BodyError, fault_of
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.domain.errors import Fault, Kind, Param, Refusal
from volunteer_svc.domain.text import Secret
from volunteer_svc.i18n import Language, words
from volunteer_svc.i18n.pages import say

FIELDS_MAX = 10_000
CSRF = "_csrf"
ONCE = "_once"
_ON_THE_FORM: frozenset[Kind] = frozenset({"rule", "conflict", "stale", "unauthenticated"})
"""Kinds of refusals that somebody can mend on the form; others end in a page of their own."""
_LENGTH = re.compile(r"length <= (\d+)")
_ABSENT: Any = object()
T = TypeVar("T")


class Form:
    """What somebody typed into a form, or is about to."""

    def __init__(
        self,
        values: Mapping[str, Sequence[str]] | None = None,
        files: Mapping[str, UploadFile] | None = None,
    ) -> None:
        self.values = values or {}
        self.files = files or {}
        self.faults: tuple[Fault, ...] = ()
        self._labels: dict[str, str] = {}
        self.once = str(ids.uuid7())
        """Stands in the form as hidden field: sent twice, it has one effect."""

    @classmethod
    def showing(cls, **values: object) -> "Form":
        """A form to fill in that shows `values` already; names with dots go in as `**{…}`."""
        shown = {k: v if isinstance(v, list | tuple) else [v] for k, v in values.items()}
        return cls({k: ["" if one is None else str(one) for one in v] for k, v in shown.items()})

    def value(self, name: str) -> str:
        """The (last) text of a field as it was typed; '' when it was not."""
        given = self.values.get(name)
        return given[-1] if given else ""

    def has(self, name: str, value: str) -> bool:
        """Whether a box or choice is ticked."""
        return value in self.values.get(name, ())

    def set(self, **values: str) -> None:
        """Fill in what was not typed but follows; names with dots go in as `**{…}`."""
        self.values = {**self.values, **{name: [text] for name, text in values.items()}}

    def labelled(self, name: str, label: str) -> str:
        """A template puts a field on the page: the list of what is wrong above calls it so."""
        self._labels[name] = label
        return ""

    def place_of_label(self, name: str) -> str:
        """Where that list names a field, whose label the template comes to only later."""
        return f"{self.once}:{name}:"

    def with_labels(self, page: bytes) -> bytes:
        """The page with its labels in their places."""
        for fault in self.faults:
            label = escape(self._labels.get(fault.field or "", ""))
            place = str(escape(self.place_of_label(fault.field or ""))).encode()
            page = page.replace(place, f"<strong>{label}</strong> ".encode() if label else b"")
        return page

    def into(self, kind: type[T], /, **given: object) -> T:
        """The action's struct. `given` are fields that do not stand in the form.

        Raises Refusal with a fault for each field that cannot be read.
        """
        faults: list[Fault] = []
        made = self._struct(kind, "", faults, given)
        if faults:
            raise Refusal(*faults)
        result: T = made
        return result

    def refused(self, refusal: Refusal | BodyError) -> "Form":
        """The same form with what is wrong. Raises the refusal again if no form can mend it."""
        if isinstance(refusal, Refusal):
            if refusal.kind not in _ON_THE_FORM:
                raise refusal
            self.faults = refusal.faults
        else:
            self.faults = (refusal.fault,)
        self.once = str(ids.uuid7())
        return self

    def errors(self, name: str, language: Language) -> list[str]:
        """The sentences that stand at a field."""
        return [sentence(fault, language) for fault in self.faults if fault.field == name]

    def _struct(
        self, kind: Any, prefix: str, faults: list[Fault], given: Mapping[str, object]
    ) -> Any:
        made: dict[str, Any] = dict(given)
        before = len(faults)
        for field in msgspec.structs.fields(kind):
            if field.name in given:
                continue
            name = f"{prefix}{field.encode_name}"
            value = self._value(field.type, name, faults)
            if value is not _ABSENT:
                made[field.name] = value
            elif field.required and not any(_within(fault.field, name) for fault in faults):
                if _allows_none(field.type):
                    made[field.name] = None
                elif _plain(field.type) is bool:
                    made[field.name] = False
                else:
                    faults.append(Fault("field_missing", name, {"field": field.encode_name}))
        return kind(**made) if len(faults) == before else _ABSENT

    def _value(self, kind: Any, name: str, faults: list[Fault]) -> Any:
        plain = _plain(kind)
        if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
            filled = any(k.startswith(f"{name}.") and any(v) for k, v in self.values.items())
            if not filled and _allows_none(kind):
                return _ABSENT
            return self._struct(plain, f"{name}.", faults, {})
        if get_origin(plain) in (list, tuple, set, frozenset):
            return self._many(plain, name, faults)
        text = self.value(name)
        text = text if kind == Secret else text.strip()
        if not text:
            return _ABSENT
        if plain is bool:
            return text in ("on", "true", "1")
        return self._converted(text, kind, name, faults)

    def _many(self, kind: Any, name: str, faults: list[Fault]) -> Any:
        inner = get_args(kind)[0]
        plain = _plain(inner)
        if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
            pattern = re.compile(rf"{re.escape(name)}\[(\d{{1,4}})\]\.")
            found = {int(m[1]) for k in self.values if (m := pattern.match(k))}
            made = [self._struct(plain, f"{name}[{n}].", faults, {}) for n in sorted(found)]
            return _ABSENT if any(one is _ABSENT for one in made) else get_origin(kind)(made)
        given = [one for one in self.values.get(name, ()) if one]
        return self._converted(given, kind, name, faults) if given else _ABSENT

    @staticmethod
    def _converted(value: Any, kind: Any, name: str, faults: list[Fault]) -> Any:
        try:
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            message = str(error).partition(" - at `")[0]
            faults.append(fault_of(message, name))
            return _ABSENT


async def typed(request: Request[Any, Any, Any]) -> Form:
    """The form that was sent. Raises EdgeRefusal (400, 413, 415) for what is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        try:
            parts = await request.form()
        except HTTPException:
            raise
        except (ValueError, LookupError, UnicodeError):
            raise EdgeRefusal(400, Fault("request_malformed")) from None
        items = list(parts.multi_items())  # read twice
        files = {k: v for k, v in items if isinstance(v, UploadFile) and v.filename}
        return Form(_gathered((k, v) for k, v in items if isinstance(v, str)), files)
    body = await request.body()
    if body and kind != "application/x-www-form-urlencoded":
        expected: dict[str, Param] = {"expected": "application/x-www-form-urlencoded"}
        raise EdgeRefusal(415, Fault("media_type_unsupported", "Content-Type", expected))
    try:
        pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise EdgeRefusal(400, Fault("request_malformed")) from None
    return Form(_gathered(pairs))


def sentence(fault: Fault, language: Language) -> str:
    """What stands at a field: shorter than what a program is told, and without its names."""
    expected = str(fault.params.get("expected", ""))
    longest = _LENGTH.search(expected)
    if fault.code == "field_missing":
        return say("form.missing", language)
    if longest:
        return say("form.too_long", language, {"max": longest[1]})
    if fault.code == "value_out_of_bounds":
        return say("form.out_of_bounds", language, {"expected": expected})
    if fault.code in ("value_malformed", "value_wrong_type", "value_not_a_choice"):
        return say("form.unreadable", language)
    return words(fault.code, fault.params, language).detail


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        # Browsers send line ends as CR LF.
        values.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return values


def _plain(kind: Any) -> Any:
    """A field's type without `| None` and without its bounds."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, UnionType):
            kind = next(one for one in get_args(kind) if one is not type(None))
        elif get_origin(kind) is Literal:
            return str
        else:
            return kind


def _within(field: str | None, name: str) -> bool:
    """Whether a fault's field is `name` or a part of it."""
    return field is not None and (field == name or field.startswith((f"{name}.", f"{name}[")))


def _allows_none(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType) and type(None) in get_args(kind)
