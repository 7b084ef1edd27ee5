"""Opaque tokens: 256 random bits, shown once, stored as a hash. Those of the issuer are JWT."""

import hashlib


def token_hash(token: str) -> bytes:
    """What is stored of a token. A plain hash is enough: a token is random, not guessable."""
    return hashlib.sha256(token.encode()).digest()


def is_access_token(token: str) -> bool:
    """Whether this is a JWT of the issuer by its form: ours, tokens and keys, have no dots."""
    return "." in token
