"""Telephone numbers: what can be one; ranges are not checked, they change."""

import re
import unicodedata

_MOBILE = re.compile(r"1\d{10}")
_LANDLINE = re.compile(r"0\d{9,11}(-\d{1,6})?|[2-9]\d{6,7}(-\d{1,6})?")
_FOREIGN = re.compile(r"\+\d{6,15}")


def normalise_phone(text: str) -> str | None:
    """The number without blanks and with narrow digits, or None when it cannot be one.

    Eleven digits beginning with 1, a landline with or without its area code, or +country.
    """
    number = unicodedata.normalize("NFKC", text)
    number = "".join(c for c in number if not c.isspace())
    compact = number.replace("-", "")
    if _MOBILE.fullmatch(compact) or _FOREIGN.fullmatch(compact):
        return compact
    landline = re.sub(r"^(0\d{2,3})-", r"\1", number)
    return landline if landline.isascii() and _LANDLINE.fullmatch(landline) else None
