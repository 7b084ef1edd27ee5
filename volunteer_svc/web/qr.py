"""QR codes as pictures inside a page: dark on white in every theme, or no camera reads them."""

from markupsafe import Markup


def qr_picture(text: str) -> Markup:
    """An SVG with its quiet zone; what it is for is said beside it."""
    import segno  # noqa: PLC0415 - 1 MB that only who shows a code needs

    code = segno.make_qr(text, error="m")
    drawn = code.svg_inline(
        svgclass="qr", lineclass=None, omitsize=True, dark="#000", light="#fff"
    )  # fmt: skip
    return Markup(drawn)  # noqa: S704 # nosec B704 - modules drawn, no text
