"""Opaque tokens: 256 random bits, shown once, stored as a hash."""

import hashlib


def token_hash(token: str) -> bytes:
    """What is stored of a token. A plain hash is enough: a token is random, not guessable."""
    return hashlib.sha256(token.encode()).digest()
