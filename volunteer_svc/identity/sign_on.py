"""Whether there is single sign-on: the issuer that the settings name, and what comes of asking."""

from typing import TYPE_CHECKING, Any

import msgspec

from volunteer_svc.config import Config, ConfigError
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.domain.sign_on import Claims

if TYPE_CHECKING:
    from volunteer_svc.identity.issuer import Issuer


class NotAnsweringError(Exception):
    """The issuer is away, or answers what it must not. Says nothing of what it said."""


class BadTokenError(Exception):
    """A token is not the issuer's, not for us, or over."""


class Checked(msgspec.Struct, frozen=True):
    """A token whose signature, issuer, audience and times are right; `every`: all its claims."""

    claims: Claims
    every: dict[str, Any]


_issuer: "Issuer | None" = None


def load(config: Config) -> None:
    """Use the issuer of the settings from now on; asks it nothing yet.

    Raises ConfigError: the file of the client's secret cannot be read.
    """
    global _issuer  # noqa: PLW0603 - one issuer a process
    secret = config.sso_client_secret
    if config.sso_client_secret_file is not None:
        try:
            secret = config.sso_client_secret_file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"VOLUNTEER_SSO_CLIENT_SECRET_FILE cannot be read: {type(error).__name__}"
            ) from None
    _issuer = None
    if config.sso_issuer:
        from volunteer_svc.identity.issuer import Issuer  # noqa: PLC0415 - its libraries take 12 MB

        _issuer = Issuer(config, secret)


def issuer() -> "Issuer":
    """Raises `sign_on_off` (404) where the settings name none."""
    if _issuer is None:
        raise refuse("sign_on_off", kind="not_found")
    return _issuer


def is_on() -> bool:
    return _issuer is not None


def unavailable() -> Refusal:
    """The issuer is away (503); passwords and sessions go on."""
    return refuse("sign_on_unavailable", kind="busy")
