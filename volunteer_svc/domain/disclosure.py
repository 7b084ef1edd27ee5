"""Reading what is masked: which fields, and for what."""

from collections.abc import Sequence
from datetime import datetime, timedelta
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
VALID_DAYS = 30
"""So long after its approval a disclosure may be used."""


def usable_until(approved_at: datetime) -> datetime:
    """The last moment at which a disclosure approved then may be used."""
    return approved_at + timedelta(days=VALID_DAYS)


def repeated(values: Sequence[str]) -> bool:
    """Whether something stands twice on the list."""
    return len(set(values)) < len(values)
