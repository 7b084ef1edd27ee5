"""A real Chromium against the real service, once a run; `make browser`.

Every page is watched: a script error, a refused asset or a request to another host fails the test.
"""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.seed import Seeded, seed
from tests.builders import SignedIn, call
from tests.fuzz.served import served
from tests.node import FOLDER
from volunteer_svc.actions import keys
from volunteer_svc.config import Config
from volunteer_svc.identity import files, vault
from volunteer_svc.store import database

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = FOLDER / "node_modules/axe-core/axe.min.js"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
T = TypeVar("T")


class Site(msgspec.Struct):
    """The running service: its address, who is there, and a way to do more with its actions."""

    url: str
    there: Seeded
    config: Config

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` makes with actions and builders, on the service's database."""
        return _apart(lambda: _with_pool(self.config, work))

    def sign_in(self, page: Page, who: SignedIn) -> Page:
        """Without the form: `site.there.staff["county"]`, `site.there.volunteers["usual"]`."""
        page.context.add_cookies([{"name": "session", "value": who.token, "url": self.url}])
        return page


async def _with_pool(config: Config, work: Callable[[], Awaitable[T]]) -> T:
    vault.load(config.key_file)
    files.load(config)
    async with database.pool(config):
        await keys.prove_ring(call())
        return await work()


def _apart(work: Callable[[], Any]) -> Any:
    """In a thread of its own: Playwright has an event loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


@pytest.fixture(scope="session")
def site(own_url: str, own_redis: str, key_file: Path) -> Iterator[Site]:
    config = Config(database_url=own_url, key_file=key_file, data_dir=key_file.parent,
                    cookie_secure=False)  # fmt: skip
    there = _apart(lambda: _with_pool(config, seed))
    with served(config, own_redis) as (url, _):
        yield Site(url, there, config)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, f"no browser: install one of {', '.join(NAMES)}"
    with sync_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=root)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Makes pages: `new_page(PHONE, language="en", script=False, dark=True)`."""
    contexts, wrong = [], []

    def make(
        size: dict[str, int], *, language: str = "zh-CN", script: bool = True, dark: bool = False
    ) -> Page:
        context = chromium.new_context(
            base_url=site.url, viewport=size, locale=language, java_script_enabled=script,
            color_scheme="dark" if dark else "light", is_mobile=size == PHONE,
            has_touch=size == PHONE,
        )  # fmt: skip
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and _is_ours(said.text)
                and wrong.append(said.text))  # fmt: skip
        page.on("request", lambda asked: asked.url.startswith((site.url, "blob:", "data:"))
                or wrong.append(f"another host: {asked.url}"))  # fmt: skip
        return page

    yield make
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


def _is_ours(text: str) -> bool:
    # Chromium says so of every answer that is no success, as of a form that was refused, and of
    # a connection that a test cut.
    return "status of 4" not in text and "net::ERR_INTERNET_DISCONNECTED" not in text


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    return new_page(PHONE)


@pytest.fixture
def desk(new_page: Callable[..., Page]) -> Page:
    return new_page(DESK)


@pytest.fixture
def no_script(new_page: Callable[..., Page]) -> Page:
    return new_page(PHONE, script=False)


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fails with what a screen reader, a keyboard or weak eyes would stumble over."""
    source = AXE.read_text()

    def check(page: Page) -> None:
        page.evaluate(source)
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", rules
        )
        said = [
            f"{one['id']}: {one['help']}\n  {node['html'][:200]}\n  {node['failureSummary'][:300]}"
            for one in found["violations"]
            for node in one["nodes"][:4]
        ]
        assert not said, f"{page.url}\n" + "\n".join(said)

    return check


@pytest.fixture
def fits() -> Callable[[Page], None]:
    """Fails when the page is wider than its window."""

    def check(page: Page) -> None:
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{page.url} is {wide} px too wide"

    return check
