"""Every page of the list at both widths and in both languages: it fits, and axe finds nothing.

With PICTURES=1 (`make pictures`) each is also taken as a picture into build/pictures.
"""

import os
from importlib import import_module
from pathlib import Path

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.shots import Shot

HERE = Path(__file__).parent
PICTURES = HERE.parents[1] / "build" / "pictures"
SHOTS: list[Shot] = [
    shot
    for file in sorted(HERE.glob("test_*_pages.py"))
    for shot in import_module(f"tests.browser.{file.stem}").SHOTS
]


def opened(site, page, shot):
    if shot.who and shot.who.startswith("volunteer/"):
        site.sign_in(page, site.there.volunteers[shot.who.removeprefix("volunteer/")])
    elif shot.who:
        site.sign_in(page, site.there.staff[shot.who])
    page.goto(shot.path if isinstance(shot.path, str) else shot.path(site))
    if shot.before:
        shot.before(page)
    return page


def picture(page, name):
    if os.environ.get("PICTURES"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("width", ["390", "1440"])
@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_page_fits_and_can_be_used_by_everybody(site, new_page, axe, fits, shot, width, language):
    size = PHONE if width == "390" else DESK
    page = opened(site, new_page(size, language=language), shot)
    picture(page, f"{shot.name}-{width}-{language}")
    fits(page)
    axe(page)


@pytest.mark.parametrize("shot", [s for s in SHOTS if s.dark], ids=lambda shot: shot.name)
def test_a_page_can_be_read_in_the_dark(site, new_page, axe, shot):
    page = opened(site, new_page(PHONE, dark=True), shot)
    picture(page, f"{shot.name}-390-dark")
    axe(page)
