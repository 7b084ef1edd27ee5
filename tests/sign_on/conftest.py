"""One issuer a run; those that stop it or change its keys start their own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from litestar import Litestar

from tests.builders import UNLIMITED, serving
from tests.sign_on.issuer import AUDIENCE, ORIGIN, SECRET, Issuer, running
from volunteer_svc.app import create_app
from volunteer_svc.config import Config


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    with running() as one:
        yield one


@pytest.fixture
def own_issuer() -> Iterator[Issuer]:
    """To be stopped, and started with other keys."""
    with running() as one:
        yield one


def signing_on(config: Config, issuer: Issuer, **changes) -> Config:
    """The settings of a service that trusts the issuer."""
    trusting = {
        "cookie_secure": False,
        "sso_issuer": issuer.url,
        "sso_client_id": "volunteers",
        "sso_client_secret": SECRET,
        "sso_origin": ORIGIN,
        "sso_roles": ("platform-head=station_head", "platform-county=county"),
        "sso_audience": AUDIENCE,
        "sso_client_scopes": ("records.read=records:read", "volunteers.read=volunteers:read"),
    }
    return msgspec.structs.replace(config, **UNLIMITED | trusting | changes)


@pytest.fixture(scope="session")
def app_that_trusts(own_url: str, key_file: Path, issuer: Issuer) -> Litestar:
    """Building the routes takes longer than most tests do."""
    return create_app(signing_on(Config(database_url=own_url, key_file=key_file), issuer))


@pytest.fixture
async def http(database: Config, app_that_trusts: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """The service under the real clock: the issuer has no other."""
    async with serving(app_that_trusts) as client:
        yield client
