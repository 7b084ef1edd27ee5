"""Pictures of pages: all into build/pictures, those that docs/pages.md shows into docs/pictures."""

import os
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.browser.shots import Shot

ROOT = Path(__file__).parents[2]
ALL = ROOT / "build" / "pictures"
TOLD = ROOT / "docs" / "pictures"
TAKEN = bool(os.environ.get("PICTURES"))
SCALE = 2
"""Points of a picture for one of the page, as on present screens."""
_HIGH_MAX = 1_100
_WIDE_MAX = 1_440
_QUALITY = 72


def take(page: Page, shot: Shot, look: str) -> None:
    """`look`: `390-zh-CN`, `1440-en`, `390-dark`, …; nothing unless pictures are asked for."""
    if not TAKEN:
        return
    ALL.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ALL / f"{shot.name}-{look}.png", full_page=True, scale="css")
    if look in shot.docs:
        TOLD.mkdir(parents=True, exist_ok=True)
        size = page.viewport_size
        high = page.evaluate("document.documentElement.scrollHeight")
        part = {"x": 0, "y": 0, "width": size["width"], "height": min(high, _HIGH_MAX)}
        raw = page.screenshot(full_page=True, clip=part, scale="device")
        with Image.open(BytesIO(raw)) as picture:
            if picture.width > _WIDE_MAX:
                picture.thumbnail((_WIDE_MAX, picture.height), Image.Resampling.LANCZOS)
            picture.convert("RGB").save(
                TOLD / f"{shot.name}-{look}.webp", quality=_QUALITY, method=6
            )
