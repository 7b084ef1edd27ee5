"""One-time codes: the samples of RFC 6238, and what an app reads."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from volunteer_svc.domain.one_time_code import (
    code_at,
    matching_step,
    otpauth_uri,
    secret_text,
    step_of,
)

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds, code):
    step = step_of(datetime.fromtimestamp(seconds, UTC))
    assert code_at(SECRET, step) == code[-6:]


def test_a_code_is_good_a_step_early_or_late_and_not_further():
    now = datetime.fromtimestamp(1111111111, UTC)
    here = step_of(now)
    for off in (-2, -1, 0, 1, 2):
        step = matching_step(SECRET, code_at(SECRET, here + off), now, 0)
        assert step == (here + off if abs(off) <= 1 else None)
    assert matching_step(SECRET, "123 456", now, 0) is None
    spaced = code_at(SECRET, here)
    assert matching_step(SECRET, f"{spaced[:3]} {spaced[3:]}", now, 0) == here
    assert matching_step(SECRET, "１２３４５６", now, 0) is None


def test_a_code_is_not_good_again_nor_one_before_it():
    now = datetime.fromtimestamp(1111111111, UTC)
    here = step_of(now)
    assert matching_step(SECRET, code_at(SECRET, here), now, here) is None
    assert matching_step(SECRET, code_at(SECRET, here - 1), now, here) is None
    assert matching_step(SECRET, code_at(SECRET, here + 1), now, here) == here + 1


def test_the_uri_is_what_apps_read():
    uri = urlsplit(otpauth_uri(SECRET, "county/1"))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    issuer, _, name = unquote(uri.path).removeprefix("/").partition(":")
    asked = {key: value for key, (value,) in parse_qs(uri.query).items()}
    assert name == "county/1"
    assert asked == {"secret": secret_text(SECRET), "issuer": issuer, "algorithm": "SHA1",
                     "digits": "6", "period": "30"}  # fmt: skip
    assert asked["secret"] == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
