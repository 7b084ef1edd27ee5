"""The process that draws documents: `python -m`, requests in, PDF out, until there are no more.

What people typed reaches typst as JSON alone, never as a part of the template.
"""

import struct
import sys
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

import manimgx_fonts_cjk
import msgspec
import typst

from volunteer_svc.confined import confine
from volunteer_svc.printing.messages import Answer, Drawn, Failed, Request

MEMORY_BYTES_MAX = 2 << 30  # of addresses; what is resident is a tenth of it
CPU_SECONDS_MAX = 600
FRAME_BYTES_MAX = 64 << 20
_LENGTH = struct.Struct(">I")


def read_frame(source: BinaryIO) -> bytes | None:
    """None: there are no more."""
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > FRAME_BYTES_MAX:
        raise ValueError("frame too large")
    body = source.read(length)
    return body if len(body) == length else None


def write_frame(target: BinaryIO, body: bytes) -> None:
    target.write(_LENGTH.pack(len(body)) + body)
    target.flush()


class Press:
    """The compiler with its font; the first document takes longer than all that follow."""

    def __init__(self) -> None:
        folder = Path(str(files("volunteer_svc.printing").joinpath("templates")))
        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(Path(manimgx_fonts_cjk.__file__).parent)],
        )
        self._of = {
            name: typst.Compiler(
                str(folder / f"{name}.typ"),
                root=str(folder),
                font_paths=fonts,
                ignore_system_fonts=True,
            )
            for name in ("service_time", "star", "file")
        }

    def draw(self, request: Request) -> bytes:
        compiler = self._of[request.template]
        inputs = {"data": request.data}
        if request.png is not None:
            pages = compiler.compile(format="png", ppi=request.png, sys_inputs=inputs)
            return pages[0] if isinstance(pages, list) else pages or b""
        made = compiler.compile(
            format="pdf", sys_inputs=inputs, timestamp=request.stamp, pdf_tags=request.tagged
        )
        if not isinstance(made, bytes):
            raise TypeError("a PDF is one file")
        return made


def _main() -> None:
    confine(MEMORY_BYTES_MAX, CPU_SECONDS_MAX)
    press = Press()
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        answer: Answer
        try:
            answer = Drawn(press.draw(msgspec.msgpack.decode(frame, type=Request)))
        except (typst.TypstError, MemoryError) as error:
            answer = Failed(str(error)[:500])
        write_frame(sys.stdout.buffer, msgspec.msgpack.encode(answer))


if __name__ == "__main__":
    _main()
