"""Every page of the list at both widths and in both languages: it fits, axe finds nothing, in the
light and in the dark; one for volunteers is light and quick at the first visit.

With PICTURES=1 (`make pictures`) each is also taken as a picture into build/pictures, and those
that docs/pages.md shows into docs/pictures.
"""

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.browser.conftest import DESK, PHONE, watched
from tests.browser.first_visit import visited
from tests.browser.pictures import ROOT, SCALE, TAKEN, TOLD, take
from tests.browser.shots import Shot

HERE = Path(__file__).parent
SHOTS: list[Shot] = [
    shot
    for file in sorted(HERE.glob("test_*_pages.py"))
    for shot in import_module(f"tests.browser.{file.stem}").SHOTS
]


class Window:
    """One a language for the whole list: a new one takes longer than most looks."""

    def __init__(self, chromium, site, language):
        self.site, self.wrong, self.told = site, [], []
        context = chromium.new_context(
            base_url=site.url, locale=language, device_scale_factor=SCALE if TAKEN else 1,
            reduced_motion="reduce",  # colours are looked at once they have changed
        )  # fmt: skip
        self.page = watched(context, site.url, self.wrong)
        self.wire = context.new_cdp_session(self.page)

    def open(self, shot, *, slowly=False):
        """At 390 pixels, as somebody who has never been here."""
        page, site = self.page, self.site
        self.wrong.clear()
        page.goto("about:blank")
        page.context.clear_cookies()
        here = {"origin": site.url, "storageTypes": "local_storage,session_storage"}
        self.wire.send("Storage.clearDataForOrigin", here)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        path = shot.path if isinstance(shot.path, str) else shot.path(site)  # may make who comes
        if shot.who and shot.who.startswith("volunteer/"):
            site.sign_in(page, site.there.volunteers[shot.who.removeprefix("volunteer/")])
        elif shot.who:
            site.sign_in(page, site.there.staff[shot.who])
        if slowly:
            self.told.append((shot.name, *visited(page, self.wire, path)))
        else:
            page.goto(path)
        if shot.before:
            shot.before(page)
        return page


@pytest.fixture(scope="module")
def windows(chromium, site, pytestconfig):
    opened = {language: Window(chromium, site, language) for language in ("zh-CN", "en")}
    yield opened
    if told := opened["zh-CN"].told:
        heavy, late = max(told, key=lambda one: one[1]), max(told, key=lambda one: one[2])
        capture = pytestconfig.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            print(f"\n{len(told)} first visits: at most {heavy[1]} bytes ({heavy[0]}),"  # noqa: T201
                  f" {late[2]:.0f} ms ({late[0]})")  # fmt: skip
    for one in opened.values():
        one.page.context.close()


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_page_fits_and_can_be_used_by_everybody(windows, axe, fits, shot):
    here, there = windows["zh-CN"], windows["en"]
    page = here.open(shot, slowly=shot.for_volunteers)
    fits(page)
    take(page, shot, "390-zh-CN")
    page.emulate_media(color_scheme="dark")
    axe(page)
    if shot.dark:
        take(page, shot, "390-dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)
    fits(page)
    take(page, shot, "1440-zh-CN")

    page = there.open(shot)
    fits(page)
    take(page, shot, "390-en")
    page.set_viewport_size(DESK)
    fits(page)
    axe(page)
    take(page, shot, "1440-en")
    assert not here.wrong + there.wrong, "\n".join(here.wrong + there.wrong)


def test_the_documentation_shows_what_is_taken():
    told = {f"{shot.name}-{look}.webp" for shot in SHOTS for look in shot.docs}
    shown = set(re.findall(r'[("]pictures/([^)"]+)', (ROOT / "docs" / "pages.md").read_text()))
    assert told == shown
    if not TAKEN:
        assert shown == {one.name for one in TOLD.glob("*")}
    assert sum(one.stat().st_size for one in TOLD.glob("*")) < 1_200_000
