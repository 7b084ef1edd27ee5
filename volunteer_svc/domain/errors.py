"""Every refusal of a rule: a stable code, a kind, and the parameters its words need.

The domain knows kinds, never an HTTP status; `api.problems` maps kinds to statuses and
`i18n` turns codes into sentences.
"""

from typing import Literal

import msgspec

Kind = Literal[
    "rule", "conflict", "not_found", "unauthenticated", "forbidden", "stale", "gone", "busy"
]
Param = str | int | bool


class Fault(msgspec.Struct, frozen=True, gc=False):
    """One thing that is wrong: its code, the field it stands in, what its sentence needs.

    `params` never hold personal data: they are shown, stored and logged.
    """

    code: str
    field: str | None = None
    params: dict[str, Param] = {}


class Refusal(Exception):  # noqa: N818 - the domain's word; a refusal is an answer, not a failure
    """A whole command is refused. `faults` has at least one entry; the first is the main one."""

    def __init__(self, *faults: Fault, kind: Kind = "rule") -> None:
        super().__init__(faults[0].code)
        self.faults = faults
        self.kind: Kind = kind

    @property
    def code(self) -> str:
        return self.faults[0].code


def refuse(code: str, field: str | None = None, *, kind: Kind = "rule", **params: Param) -> Refusal:
    """The refusal with a single fault, ready to raise."""
    return Refusal(Fault(code, field, params), kind=kind)


def not_found(what: str) -> Refusal:
    """`what` is the noun in code: `volunteer`, `station`, `service_record` …"""
    return refuse("not_found", kind="not_found", what=what)
