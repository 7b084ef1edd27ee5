"""What goes to the process that draws documents, and what comes back."""

from typing import Literal

import msgspec

Template = Literal["service_time", "star", "file"]


class Request(msgspec.Struct, frozen=True):
    """`data`: JSON for the template. `stamp`: seconds since 1970, so that the same document is the
    same bytes whenever it is drawn. `png`: pixels per inch of a picture instead of a PDF. `tagged`:
    the PDF can be read aloud."""

    template: Template
    data: str
    stamp: int
    png: int | None = None
    tagged: bool = True


class Drawn(msgspec.Struct, frozen=True, tag=True):
    content: bytes


class Failed(msgspec.Struct, frozen=True, tag=True):
    """typst's own words, which quote templates and never data."""

    message: str


Answer = Drawn | Failed
