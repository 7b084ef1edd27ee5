"""The process that opens an image from outside: `python -m`, bytes in, a clean image out.

What comes out is drawn anew as JPEG: no metadata, no second file behind or inside it.
"""

import sys
import warnings
from io import BytesIO

import msgspec
from PIL import Image, ImageOps

from volunteer_svc.confined import Refused, confine
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.images.picture import Picture

MEMORY_BYTES_MAX = 1 << 30  # the largest image that is let in takes about half of it
CPU_SECONDS_MAX = 20
PIXELS_MAX = 64_000_000
SIDE_MIN = 64
_QUALITY = 85
_MAGIC = (
    (b"\xff\xd8\xff", 0, "JPEG"),
    (b"\x89PNG\r\n\x1a\n", 0, "PNG"),
    (b"WEBP", 8, "WEBP"),
)


def redraw(content: bytes, *, side_max: int) -> Picture:
    """In this process, which hostile bytes may end. Raises also Pillow's errors."""
    kind = _kind(content)
    with Image.open(BytesIO(content), formats=[kind]) as image:
        if image.width * image.height > PIXELS_MAX:
            raise refuse("image_too_many_pixels", "body", max=PIXELS_MAX // 1_000_000)
        if min(image.size) < SIDE_MIN:
            raise refuse("image_too_small", "body", min=SIDE_MIN)
        image.draft("RGB", (2 * side_max, 2 * side_max))  # JPEG only: decodes fewer pixels
        ImageOps.exif_transpose(image, in_place=True)
        shown = _on_white(image)
    shown.thumbnail((side_max, side_max), reducing_gap=3)
    drawn = Image.new("RGB", shown.size)
    drawn.paste(shown)  # the pixels alone, without what the file said of itself
    out = BytesIO()
    drawn.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return Picture(drawn.width, drawn.height, out.getvalue())


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    shown = Image.new("RGB", image.size, "white")
    clear = image.convert("RGBA")
    shown.paste(clear, mask=clear)
    return shown


def _kind(content: bytes) -> str:
    for magic, place, kind in _MAGIC:
        if content[place : place + len(magic)] == magic:
            return kind
    raise refuse("image_type_unsupported", "body")


def _answer(side_max: int) -> bytes:
    answer: Picture | Refused
    try:
        return msgspec.msgpack.encode(redraw(sys.stdin.buffer.read(), side_max=side_max))
    except Refusal as refusal:
        answer = Refused(refusal.faults)
    except (MemoryError, Image.DecompressionBombError):
        answer = Refused(
            refuse("image_too_many_pixels", "body", max=PIXELS_MAX // 1_000_000).faults
        )
    except BaseException:  # noqa: BLE001 - whatever Pillow raises, the file is the reason
        answer = Refused(refuse("image_unreadable", "body").faults)
    return msgspec.msgpack.encode(answer)


def _main() -> None:
    confine(MEMORY_BYTES_MAX, CPU_SECONDS_MAX)
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    warnings.simplefilter("ignore")
    sys.stdout.buffer.write(_answer(side_max=int(sys.argv[1])))


if __name__ == "__main__":
    _main()
