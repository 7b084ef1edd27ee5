"""One thing that is wrong, with its sentence in the caller's language."""

from collections.abc import Iterable

import msgspec

from volunteer_svc.domain.errors import Fault, Param
from volunteer_svc.i18n import Language, words


class ErrorItem(msgspec.Struct, frozen=True, kw_only=True):
    """`code` is stable, `detail` is for people.

    `field`: a JSON pointer where the body could not be read, a parameter's or header's name, or
    the field a rule is about (`form.phone`; within an entry just `minutes`).
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
