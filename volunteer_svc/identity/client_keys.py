"""Keys of other services: 256 random bits that can be told from anything else when they leak.

`vsk_`, 43 characters of randomness, 6 of a checksum; all letters and digits. Who scans code, logs
or mail for `vsk_[0-9A-Za-z]{49}` knows by the checksum whether a find is ours, without asking.
"""

import secrets
import zlib

PREFIX = "vsk_"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_BITS = 256
_RANDOM_LENGTH = 43
_CHECK_LENGTH = 6
_HINT_LENGTH = 8


def new_key() -> str:
    """A fresh key, to be shown once."""
    random = _written(secrets.randbits(_RANDOM_BITS), _RANDOM_LENGTH)
    return PREFIX + random + _checksum(random)


def is_key(text: str) -> bool:
    """Whether this is a key of ours by its form and checksum; not whether it opens anything."""
    random, check = text[len(PREFIX) : -_CHECK_LENGTH], text[-_CHECK_LENGTH:]
    return text.startswith(PREFIX) and len(random) == _RANDOM_LENGTH and check == _checksum(random)


def hint(key: str) -> str:
    """The start of a key: enough for a person to tell two apart."""
    return key[:_HINT_LENGTH]


def _checksum(random: str) -> str:
    return _written(zlib.crc32(random.encode()), _CHECK_LENGTH)


def _written(number: int, length: int) -> str:
    """The number to base 62."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
