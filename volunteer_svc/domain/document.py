"""Identity documents: what number is possible, and what it says about its holder."""

import re
import unicodedata
from datetime import date
from typing import Literal

import msgspec

from volunteer_svc.domain.errors import Fault

DocumentKind = Literal[
    "id_card", "household_register", "residence_permit_hmt", "passport",
    "foreign_permanent_residence",
]  # fmt: skip
Sex = Literal["M", "F"]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_CITIZEN_NUMBER = re.compile(r"\d{17}[\dX]")
_OTHER_NUMBER = re.compile(r"[A-Z0-9]{5,20}")
_HMT_PREFIXES = ("81", "82", "83")
_OLD_LENGTH = 15
_LENGTH = 18
_CITIZEN_KINDS = ("id_card", "household_register", "residence_permit_hmt")


class Document(msgspec.Struct, frozen=True):
    """A checked document: the normalised number, and birth date and sex where it states them."""

    kind: DocumentKind
    number: str
    birth_date: date | None = None
    sex: Sex | None = None

    @property
    def identity(self) -> str:
        """What two typings of one person's document have in common.

        An ID card and a household register hold the same 18 digits (户口簿).
        """
        return ("gb11643" if self.kind in _CITIZEN_KINDS else self.kind) + ":" + self.number


def normalise(number: str) -> str:
    """Full-width characters become narrow, blanks and hyphens go, letters become capitals."""
    narrow = unicodedata.normalize("NFKC", number)
    return "".join(c for c in narrow if not c.isspace() and c != "-").upper()


def check_digit(first_17: str) -> str:
    """The 18th character of a citizen number (GB 11643)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17, strict=True))
    return _CHECK_DIGITS[total % 11]


def check_document(kind: DocumentKind, number: str) -> Document | Fault:
    """The document, or what is wrong with its number. The fault never carries the number."""
    number = normalise(number)
    if kind not in _CITIZEN_KINDS:
        if not (number.isascii() and _OTHER_NUMBER.fullmatch(number)):
            return Fault("document_number_invalid", "document_number")
        return Document(kind, number)
    if len(number) == _OLD_LENGTH and number.isascii() and number.isdigit():
        return Fault("id_number_15_digits", "document_number")
    if not (
        number.isascii()
        and _CITIZEN_NUMBER.fullmatch(number)
        and check_digit(number[:17]) == number[17]
        and (kind == "residence_permit_hmt") == number.startswith(_HMT_PREFIXES)
    ):
        return Fault("id_number_invalid", "document_number")
    try:
        birth_date = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return Fault("id_number_invalid", "document_number")
    return Document(kind, number, birth_date, "M" if int(number[16]) % 2 else "F")
