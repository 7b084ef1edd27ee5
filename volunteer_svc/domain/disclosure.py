"""Reading what is masked: which fields, and for what."""

from collections.abc import Sequence
from typing import Literal

SecretField = Literal["document_number", "phone", "address", "guardian"]
Purpose = Literal[
    "contact",
    "identity_check",
    "correction",
    "complaint",
    "certificate",
    "own_request",
    "third_party",
    "other",
]
"""`third_party`: for somebody outside the stations, with the head's approval."""


def repeated(values: Sequence[str]) -> bool:
    """Whether something stands twice on the list."""
    return len(set(values)) < len(values)
