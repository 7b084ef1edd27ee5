"""The list of pages: every area's test file adds its own with `SHOTS = [Shot(…)]`."""

from collections.abc import Callable
from typing import Any

import msgspec


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """A page to look at. `who`: a role of staff, `volunteer/<name>` of the seed, or nobody.

    `path` may be a function of the site, for addresses with ids. `before` does something first
    (send a form with errors, open a detail). `dark`: also in dark.
    """

    name: str
    path: str | Callable[[Any], str]
    who: str | None = None
    before: Callable[[Any], None] | None = None
    dark: bool = False
