"""Every page of the list at both widths and in both languages: it fits, axe finds nothing, and it
can be read in the dark.

With PICTURES=1 (`make pictures`) each is also taken as a picture into build/pictures, and those
that docs/pages.md shows into docs/pictures.
"""

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.browser.conftest import CONTRAST, DESK, PHONE, watched
from tests.browser.pictures import ROOT, SCALE, TAKEN, TOLD, take
from tests.browser.shots import Shot

HERE = Path(__file__).parent
SHOTS: list[Shot] = [
    shot
    for file in sorted(HERE.glob("test_*_pages.py"))
    for shot in import_module(f"tests.browser.{file.stem}").SHOTS
]


@pytest.fixture(scope="module")
def windows(chromium, site):
    """One a language for the whole list: a new one takes longer than most looks."""
    wrong: list[str] = []
    opened = {}
    for language in ("zh-CN", "en"):
        context = chromium.new_context(
            base_url=site.url, locale=language, device_scale_factor=SCALE if TAKEN else 1,
            reduced_motion="reduce",  # colours are looked at once they have changed
        )  # fmt: skip
        opened[language] = watched(context, site.url, wrong)
    yield opened, wrong
    for page in opened.values():
        page.context.close()


@pytest.fixture
def look(windows, site):
    """Opens a shot at 390 pixels as somebody who has never been here."""
    opened, wrong = windows
    wrong.clear()

    def at(shot, language):
        page = opened[language]
        page.goto("about:blank")
        page.context.clear_cookies()
        told = page.context.new_cdp_session(page)
        told.send("Storage.clearDataForOrigin", {"origin": site.url, "storageTypes": "all"})
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        path = shot.path if isinstance(shot.path, str) else shot.path(site)  # may make who comes
        if shot.who and shot.who.startswith("volunteer/"):
            site.sign_in(page, site.there.volunteers[shot.who.removeprefix("volunteer/")])
        elif shot.who:
            site.sign_in(page, site.there.staff[shot.who])
        page.goto(path)
        if shot.before:
            shot.before(page)
        return page

    yield at
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_page_fits_and_can_be_used_by_everybody(look, axe, fits, shot):
    page = look(shot, "zh-CN")
    fits(page)
    axe(page)
    take(page, shot, "390-zh-CN")
    page.emulate_media(color_scheme="dark")
    axe(page, CONTRAST)
    if shot.dark:
        take(page, shot, "390-dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)
    fits(page)
    take(page, shot, "1440-zh-CN")

    page = look(shot, "en")
    fits(page)
    take(page, shot, "390-en")
    page.set_viewport_size(DESK)
    fits(page)
    axe(page)
    take(page, shot, "1440-en")


def test_the_documentation_shows_what_is_taken():
    told = {f"{shot.name}-{look}.webp" for shot in SHOTS for look in shot.docs}
    shown = set(re.findall(r'[("]pictures/([^)"]+)', (ROOT / "docs" / "pages.md").read_text()))
    assert told == shown
    if not TAKEN:
        assert shown == {one.name for one in TOLD.glob("*")}
    assert sum(one.stat().st_size for one in TOLD.glob("*")) < 1_500_000
