"""Looks into a PDF without a library: its texts are compressed streams."""

import re
import zlib


def streams(pdf: bytes) -> list[bytes]:
    """What is packed in it, opened."""
    found = []
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            found.append(packed)
    return found


def text_of(pdf: bytes) -> str:
    """The letters that its fonts can show, by their tables back to Unicode."""
    codes = re.findall(rb"<[0-9A-Fa-f]{4}> <([0-9A-Fa-f]{4,})>", b"\n".join(streams(pdf)))
    return "".join(bytes.fromhex(code.decode()).decode("utf-16-be") for code in codes)


def pages(pdf: bytes) -> int:
    whole = b"\n".join([pdf, *streams(pdf)])
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", whole))


def fonts(pdf: bytes) -> set[str]:
    whole = b"\n".join([pdf, *streams(pdf)])
    return {one.decode() for one in re.findall(rb"/BaseFont\s*/([A-Za-z0-9+-]+)", whole)}
