"""The list of pages: every area's test file adds its own with `SHOTS = [Shot(…)]`."""

from collections.abc import Callable
from typing import Any

import msgspec


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """A page to look at. `who`: a role of staff, `volunteer/<name>` of the seed, or nobody.

    `path` may be a function of the site, for addresses with ids. `before` does something first
    (send a form with errors, open a detail), in either language. `dark`: a picture in the dark,
    too. `docs`: the looks that docs/pages.md shows, as `390-zh-CN`, `1440-en`, `390-dark`.
    """

    name: str
    path: str | Callable[[Any], str]
    who: str | None = None
    before: Callable[[Any], None] | None = None
    dark: bool = False
    docs: tuple[str, ...] = ()

    @property
    def for_volunteers(self) -> bool:
        """Whether people come to it with a telephone of their own."""
        open_to_all = self.who is None and self.path not in ("/reference", "/staff/sign-in")
        return open_to_all or bool(self.who and self.who.startswith("volunteer/"))
