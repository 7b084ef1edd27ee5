"""Charts as SVG without script or style of their own: the stylesheet colours them.

pygal writes scripts, styles and tooltips into its pictures, which our content policy refuses.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from math import ceil, floor, log10
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring  # nosec B405 - of pygal's own making

import msgspec

_TICKS = 5
"""So many steps of the scale at most."""
_LETTER, _SIGN = 10, 18
"""Width of a Latin letter and of a Chinese one, as wide as a telephone's stylesheet makes them."""
_SVG = "{http://www.w3.org/2000/svg}"
_REFUSED = {"script", "style", "title", "desc"}
_SCRIPTED = {"tooltip", "tooltip-overlay", "text-overlay"}
_KINDS = {"bars": "Bar", "lines": "Line", "rows": "HorizontalBar", "stacked": "StackedBar"}
"""pygal's names."""
_WIDTH, _HEIGHT = 560, 300


class Chart(msgspec.Struct, frozen=True):
    """A picture, and the same as a table: `ui.chart(made)` shows both."""

    title: str
    svg: str
    series: list[str]
    rows: list[tuple[str, list[str]]]


def chart(
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    kind: Literal["bars", "lines", "rows", "stacked"] = "bars",
    unit: str = "",
) -> Chart:
    """`series`: name → one value for each label. Six colours at most; more is a table's work."""
    pygal = _pygal()
    # Room for the text as a telephone shows it; the sizes themselves stand in the stylesheet.
    style = pygal.style.Style(
        label_font_size=_SIGN, major_label_font_size=_SIGN, legend_font_size=_SIGN
    )
    drawn = getattr(pygal, _KINDS[kind])(
        width=_WIDTH, height=_HEIGHT, js=(), css=(), show_legend=len(series) > 1,
        legend_at_bottom=True, margin=8, spacing=10, include_x_axis=True, show_y_guides=True,
        no_data_text="", disable_xml_declaration=True, print_values=False, rounded_bars=4,
        truncate_label=-1, value_formatter=_number, style=style,
        show_minor_x_labels=False, x_labels_major_every=_every(labels) if kind != "rows" else 1,
    )  # fmt: skip
    drawn.x_labels = list(labels)
    drawn.y_labels = scale(list(series.values()), stacked=kind == "stacked")
    for name, values in series.items():
        drawn.add(name, list(values))
    # As text: pygal's own tree is lxml's where that is installed.
    root = fromstring(drawn.render(is_unicode=True))  # noqa: S314 # nosec B314 - our own picture
    _strip(root)
    root.attrib = {
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
        "role": "img", "aria-label": title,
    }  # fmt: skip
    SubElement(root, "title").text = title
    SubElement(root, "desc").text = _told(labels, series, unit)
    rows = [
        (label, [f"{_number(values[n])}{unit and ' ' + unit}" for values in series.values()])
        for n, label in enumerate(labels)
    ]
    text = tostring(root, encoding="unicode").replace("ns0:", "").replace(":ns0", "")
    return Chart(title, text, list(series), rows)


@cache
def _pygal() -> Any:
    import pygal  # noqa: PLC0415 - 6 MB that only who looks at a chart needs

    # It leaves an importer of the old kind there, for maps, at which every later import stumbles.
    sys.meta_path[:] = [one for one in sys.meta_path if hasattr(one, "find_spec")]
    return pygal


def scale(series: Sequence[Sequence[float]], *, stacked: bool = False) -> list[float]:
    """What stands at the axis: from nought in even steps of 1, 2 or 5, to the largest value or
    just above. Whole numbers where all values are."""
    bars = [sum(bar) for bar in zip(*series, strict=True)] if stacked else [*chain(*series)]
    low, high = min([0, *bars]), max([0, *bars])
    whole = all(value == int(value) for value in bars)
    step = _step((high - low) / _TICKS, whole=whole)
    first, last = floor(low / step), max(ceil(high / step), 1)
    return [n * step for n in range(first, last + 1)]


def _step(at_least: float, *, whole: bool) -> float:
    if at_least <= 0 or (whole and at_least <= 1):
        return 1
    unit = 10.0 ** floor(log10(at_least))
    return next(step * unit for step in (1, 2, 5, 10) if step * unit >= at_least)


def _every(labels: Sequence[str]) -> int:
    """One label in how many is written so that all stand upright and none lies on another. A row
    of months is understood with gaps; names are for `rows`, which writes them all."""
    widest = max((sum(_LETTER if c.isascii() else _SIGN for c in one) for one in labels), default=0)
    return max(1, ceil((widest + _LETTER) * len(labels) / (_WIDTH * 0.9)))


def _strip(element: Element) -> None:
    """Take away what the policy refuses, and what only pygal's own scripts would use."""
    for child in list(element):
        name = str(child.tag).removeprefix(_SVG)
        of = (child.get("class") or "").split()
        if name in _REFUSED or _SCRIPTED & set(of):
            element.remove(child)
            continue
        child.tag = name
        for attribute in list(child.attrib):
            if attribute.startswith(("style", "on", "{")):
                del child.attrib[attribute]
        _strip(child)
    element.tag = str(element.tag).removeprefix(_SVG)


def _told(labels: Sequence[str], series: Mapping[str, Sequence[float]], unit: str) -> str:
    said = []
    for name, values in series.items():
        pairs = zip(labels, values, strict=True)
        said.append(f"{name}: " + ", ".join(f"{a} {_number(b)}{unit}" for a, b in pairs))
    return "; ".join(said)


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
