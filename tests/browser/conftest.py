"""A real Chromium against the real service, both once a worker; `make browser`.

Every page is watched: a script error, a refused asset or a request to another host fails the test.
"""

import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

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
# Only what is wrong is asked for: telling what is right takes several times as long.
RUN_AXE = """only => axe.run(document, {runOnly: only, resultTypes: ['violations'],
    preload: false, selectors: false, elementRef: false}).then(found => found.violations)"""
RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
BROKEN = """
from litestar import get
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.domain.errors import Fault
from volunteer_svc.web.pages import home
from volunteer_svc.web.visit import page

@get("/broken", **page("open"))
async def broken() -> None:
    raise RuntimeError("on purpose")

@get("/busy", **page("open"))
async def busy() -> None:
    raise EdgeRefusal(429, Fault("rate_limited", None, {"seconds": 30}))

home.router.register(broken)
home.router.register(busy)
"""
"""What nobody reaches on purpose: two pages of the tested service that go wrong."""
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
SWAPPED = bool(os.environ.get("SWAPPED"))
"""Volunteers at a desk, staff on a telephone: every flow has to go on the other width, too."""
T = TypeVar("T")


class Site(msgspec.Struct):
    """The running service: its address, who is there, and a way to do more with its actions."""

    url: str
    there: Seeded
    portal: BlockingPortal
    config: Config
    made: dict[str, Any] = {}

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` makes with actions and builders, on the service's database."""
        return self.portal.call(work)

    def once(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """The same, made when the first asks for it: what several pictures or tests look at."""
        if name not in self.made:
            self.made[name] = self.run(work)
        return self.made[name]

    def sign_in(self, page: Page, who: SignedIn) -> Page:
        """Without the form: `site.there.staff["county"]`, `site.there.volunteers["usual"]`."""
        page.context.add_cookies([{"name": "session", "value": who.token, "url": self.url}])
        return page


@pytest.fixture(scope="session")
def site(own_url: str, own_redis: str, key_file: Path) -> Iterator[Site]:
    config = Config(database_url=own_url, key_file=key_file, data_dir=key_file.parent,
                    cookie_secure=False)  # fmt: skip
    vault.load(key_file)
    files.load(config)
    # Beside Playwright, which has an event loop running in this thread.
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(database.pool(config)),
    ):
        portal.call(keys.prove_ring, call())
        there = portal.call(seed)
        with served(config, own_redis, BROKEN) as (url, _):
            yield Site(url, there, portal, config)


@pytest.fixture(scope="session")
def chromium(site: Site) -> Iterator[Browser]:
    # After the site, whose making wants this thread's event loop, which Playwright takes.
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
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def make(
        size: dict[str, int], *, language: str = "zh-CN", script: bool = True, dark: bool = False
    ) -> Page:
        context = chromium.new_context(
            base_url=site.url, viewport=size, locale=language, java_script_enabled=script,
            color_scheme="dark" if dark else "light", is_mobile=size == PHONE,
            has_touch=size == PHONE,
        )  # fmt: skip
        contexts.append(context)
        return watched(context, site.url, wrong)

    yield make
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


def watched(context: BrowserContext, url: str, wrong: list[str]) -> Page:
    """A page that writes down in `wrong` what nobody should meet."""
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: said.type == "error" and _is_ours(said)
            and wrong.append(said.text))  # fmt: skip
    page.on("request", lambda asked: asked.url.startswith((url, "blob:", "data:"))
            or wrong.append(f"another host: {asked.url}"))  # fmt: skip
    return page


def _is_ours(said: ConsoleMessage) -> bool:
    # Chromium says so of every answer that is no success, as of a form that was refused, and of
    # a connection that a test cut.
    usual = ("status of 4", "net::ERR_INTERNET_DISCONNECTED")
    asked_for = said.location["url"].endswith("/broken")
    return not asked_for and all(one not in said.text for one in usual)


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    return new_page(DESK if SWAPPED else PHONE)


@pytest.fixture
def desk(new_page: Callable[..., Page]) -> Page:
    return new_page(PHONE if SWAPPED else DESK)


@pytest.fixture
def no_script(new_page: Callable[..., Page]) -> Page:
    return new_page(DESK if SWAPPED else PHONE, script=False)


def follow(page: Page, way: str) -> None:
    """The navigation's link of that name, out of the menu it is folded into on a telephone."""
    menu = page.locator("details.menu > summary")
    if menu.is_visible():
        menu.click()
    page.get_by_role("navigation").get_by_role("link", name=way, exact=True).click()


@pytest.fixture(scope="session")
def axe() -> Callable[..., None]:
    """Fails with what a screen reader, a keyboard or weak eyes would stumble over."""
    source = AXE.read_text()

    def check(page: Page) -> None:
        if not page.evaluate("'axe' in window"):
            page.evaluate(source)
        said = [
            f"{one['id']}: {one['help']}\n  {node['html'][:200]}\n  {node['failureSummary'][:300]}"
            for one in page.evaluate(RUN_AXE, RULES)
            for node in one["nodes"][:4]
        ]
        assert not said, f"{page.url}\n" + "\n".join(said)

    return check


@pytest.fixture(scope="session")
def fits() -> Callable[[Page], None]:
    """Fails when the page is wider than its window."""

    def check(page: Page) -> None:
        # Not innerWidth: a telephone zooms out until all of a page that is too wide is in it.
        wide = page.evaluate("document.documentElement.scrollWidth - screen.width")
        assert wide <= 0, f"{page.url} is {wide} px too wide"

    return check
