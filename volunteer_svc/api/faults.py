"""One thing that is wrong, with its sentence in the caller's language."""

from collections.abc import Iterable

import msgspec

from volunteer_svc.domain.errors import Fault, Param
from volunteer_svc.i18n import Language, words


class ErrorItem(msgspec.Struct, frozen=True, kw_only=True):
    """`code` is stable, `detail` is for people.

    `field`: the body's field as a path (`form.phone`, `entries[0].minutes`; within an outcome
    just `minutes`), or the name of a parameter or header.
    """

    code: str
    field: str | None = None
    detail: str
    params: dict[str, Param] = {}


def error_items(faults: Iterable[Fault], language: Language) -> list[ErrorItem]:
    return [
        ErrorItem(
            code=fault.code,
            field=fault.field,
            detail=words(fault.code, fault.params, language).detail,
            params=fault.params,
        )
        for fault in faults
    ]
