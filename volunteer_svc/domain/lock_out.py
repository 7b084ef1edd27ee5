"""How long an account waits after failed sign-ins: never for ever."""

WAITS_SECONDS = (0, 0, 0, 0, 30, 60, 120, 240, 480, 900)
"""By the count of failures in a row, from the first; further ones wait as long as the last.

Four slips of the finger cost nothing; guessing costs more each time, up to a quarter of an hour.
"""
FORGOTTEN_HOURS = 24
"""Failures are forgotten when none was added for so long."""
