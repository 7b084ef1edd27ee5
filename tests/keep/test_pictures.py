"""Images from outside: drawn anew without what they hold besides, or refused with a word."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from volunteer_svc.domain.errors import Refusal
from volunteer_svc.images.pictures import Picture, draw_anew

SECRET = "39.123456N 昌平某小区"


def image(kind: str = "JPEG", size: tuple[int, int] = (300, 200), **options: object) -> bytes:
    """An image that is red in its upper left corner and blue elsewhere."""
    drawn = Image.new(str(options.pop("mode", "RGB")), size, "blue")
    drawn.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    out = BytesIO()
    drawn.save(out, kind, **options)
    return out.getvalue()


def opened(picture: Picture) -> Image.Image:
    found = Image.open(BytesIO(picture.content))
    assert (found.format, found.size) == ("JPEG", (picture.width, picture.height))
    assert found.mode == "RGB"
    return found


def is_red(found: Image.Image, x: float, y: float) -> bool:
    red, _, blue = found.getpixel((int(x * found.width), int(y * found.height)))
    return red > 200 and blue < 60


def png(width: int, height: int, body: bytes) -> bytes:
    """A PNG whose header says that size, whatever its pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "P"), ("PNG", "RGBA"),
     ("PNG", "I;16"), ("WEBP", "RGB"), ("WEBP", "RGBA")],
)  # fmt: skip
def test_what_cameras_and_scanners_write_is_taken(kind: str, mode: str) -> None:
    drawn = Image.new("RGB", (300, 200), "red")
    plain = Image.new("I;16", (300, 200)) if mode == "I;16" else drawn.convert(mode)
    out = BytesIO()
    plain.save(out, kind)
    assert opened(draw_anew(out.getvalue(), side_max=640)).size == (300, 200)


def test_metadata_and_comments_are_gone() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = SECRET
    exif[ExifTags.Base.Make] = "a camera of mine"
    jpeg = image(exif=exif, comment=SECRET.encode(), icc_profile=b"\0" * 300)
    notes = PngInfo()
    notes.add_text("Comment", SECRET)
    for content in (jpeg, image("PNG", pnginfo=notes, exif=exif), image("WEBP", exif=exif)):
        assert SECRET.encode() in content or b"a camera of mine" in content
        picture = draw_anew(content, side_max=640)
        assert SECRET.encode() not in picture.content
        assert b"a camera" not in picture.content
        assert not opened(picture).getexif()
        assert not {"exif", "icc_profile", "comment"} & opened(picture).info.keys()


def test_a_photo_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # turn it a quarter to the right
    picture = opened(draw_anew(image(exif=exif), side_max=640))
    assert picture.size == (200, 300)
    assert is_red(picture, 0.75, 0.25)
    assert not is_red(picture, 0.25, 0.25)


def test_what_is_transparent_becomes_white() -> None:
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    out = BytesIO()
    clear.save(out, "PNG")
    assert opened(draw_anew(out.getvalue(), side_max=640)).getpixel((50, 50)) == (255, 255, 255)


def test_a_large_image_is_made_smaller_and_keeps_its_shape() -> None:
    assert opened(draw_anew(image(size=(6000, 4000)), side_max=1280)).size == (1280, 853)


def test_a_second_file_behind_or_inside_the_image_is_gone() -> None:
    script = b"<script>alert(1)</script>PK\x03\x04%PDF-1.7"
    picture = draw_anew(image() + script, side_max=640)
    assert b"script" not in picture.content
    assert b"PK\x03\x04" not in picture.content
    assert picture.content.endswith(b"\xff\xd9")


WHOLE = image()
BAD = {
    "empty": (b"", "image_type_unsupported"),
    "text": ("身份证".encode(), "image_type_unsupported"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_type_unsupported"),
    "pdf": (b"%PDF-1.7\n", "image_type_unsupported"),
    "gif": (image("GIF"), "image_type_unsupported"),
    "bmp": (image("BMP"), "image_type_unsupported"),
    "tiff": (image("TIFF"), "image_type_unsupported"),
    "zip": (b"PK\x03\x04" + b"\0" * 50, "image_type_unsupported"),
    "html_before_jpeg": (b"<html>" + WHOLE, "image_type_unsupported"),
    "magic_only": (b"\xff\xd8\xff", "image_unreadable"),
    "jpeg_named_html": (b"\xff\xd8\xff<html><script>", "image_unreadable"),
    "truncated": (WHOLE[: len(WHOLE) // 2], "image_unreadable"),
    "truncated_png": (image("PNG")[:200], "image_unreadable"),
    "truncated_webp": (image("WEBP")[:60], "image_unreadable"),
    "noise": (WHOLE[:100] + bytes(range(256)) * 8, "image_unreadable"),
    "png_without_pixels": (png(200, 200, b""), "image_unreadable"),
    "too_small": (image(size=(20, 20)), "image_too_small"),
    "header_bomb": (png(100_000, 100_000, b"x"), "image_too_many_pixels"),
    "one_row": (png(2**31 - 1, 64, b"x"), "image_too_many_pixels"),
    # 81 million pixels in 80 kB.
    "bomb": (
        png(9_000, 9_000, zlib.compress(b"\0" * (9_000 * 27_001), 9)),
        "image_too_many_pixels",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_fit_image_is_refused(name: str) -> None:
    content, code = BAD[name]
    with pytest.raises(Refusal) as refusal:
        draw_anew(content, side_max=640)
    assert refusal.value.code == code


def test_an_image_at_the_limit_is_taken_and_one_that_unpacks_to_more_is_not() -> None:
    packed = zlib.compress(b"\0" * (8_000 * 24_001), 9)
    assert opened(draw_anew(png(8_000, 8_000, packed), side_max=640)).size == (640, 640)


def test_more_behind_the_pixels_than_the_header_says_does_no_harm() -> None:
    more = zlib.compress(b"\0" * 400_000_000, 9)
    assert draw_anew(png(200, 200, more), side_max=640).width == 200
