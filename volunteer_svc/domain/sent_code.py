"""One-time codes sent to volunteers' telephones: their limits, and the message."""

from uuid import UUID

import msgspec

DIGITS = 6
GOOD_MINUTES = 10
TRIES = 5
"""Wrong codes until a new one must be asked for."""
PAUSE_SECONDS = 60
"""Between two codes to one telephone."""
CODES_PER_DAY = 10
"""To one telephone; with the tries of each, 50 guesses a day at one in a million."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel sends. `id` stays the same when it is sent again; a reminder has no code."""

    id: UUID
    phone: str
    code: str
    title: str
    text: str
