"""Pages over HTTP, without a browser: what they answer, not what they look like."""

import html
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.builders import SignedIn
from volunteer_svc.api.cookies import cookie_name
from volunteer_svc.config import Config
from volunteer_svc.store import event_log, trails

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_FORM = re.compile(r"<form.*?</form>", re.DOTALL)


class Browser:
    """A browser without eyes: keeps cookies, follows redirects, sends forms with what is hidden."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    def signed_in(self, who: SignedIn) -> "Browser":
        self.http.cookies.set(cookie_name(Config()), who.token)
        return self

    async def open(self, path: str, **options) -> httpx.Response:
        return await self.http.get(path, follow_redirects=True, **options)

    async def send(self, path: str, fields: dict | None = None, *, page: str | None = None,
                   form: int = 0, follow: bool = True) -> httpx.Response:  # fmt: skip
        """Open the page, fill in its form (the n-th that goes to `path`) and send it."""
        opened = await self.open(page or path)
        assert opened.status_code == 200, opened.text
        forms = [
            one for one in _FORM.findall(opened.text)
            if f'action="{path}"' in one or ("action=" not in one and (page or path) == path)
        ]  # fmt: skip
        hidden = {k: html.unescape(v) for k, v in _HIDDEN.findall(forms[form])}
        return await self.http.post(path, data=hidden | (fields or {}), follow_redirects=follow)


@pytest.fixture
async def browser(client: httpx.AsyncClient) -> Browser:
    client.base_url = "https://test"
    client.headers["accept"] = "text/html"
    return Browser(client)


@pytest.fixture
async def sequencer(database: Config) -> AsyncIterator[Any]:
    """A connection that may number events, as the relay's own does."""
    connection = await event_log.connect(database)
    yield connection
    await event_log.disconnect(connection)


@pytest.fixture
async def chained(database):
    """Brings what was noted into the trails."""
    connection = await event_log.connect(database)

    async def chain():
        while await trails.move(connection, 1000):
            pass

    yield chain
    await event_log.disconnect(connection)
