"""Member numbers: seven running digits and a check digit that catches a mistyped one."""

import unicodedata

_LENGTH = 8


def member_number(serial: int) -> str:
    """The number of the `serial`-th member, 1 to 9 999 999 (ISO 7064, MOD 11,10)."""
    digits = f"{serial:07d}"
    return digits + str(_check(digits))


def normalise_member_number(text: str) -> str | None:
    """The number as stored, or None when it cannot be one (a digit wrong, two exchanged)."""
    digits = unicodedata.normalize("NFKC", text).replace(" ", "").replace("-", "")
    if len(digits) != _LENGTH or not (digits.isascii() and digits.isdigit()):
        return None
    return digits if str(_check(digits[:-1])) == digits[-1] else None


def _check(digits: str) -> int:
    product = 10
    for digit in digits:
        product = 2 * ((product + int(digit)) % 10 or 10) % 11
    return (11 - product) % 10
