"""Takes an image in: bytes from outside in, a clean one out."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from volunteer_svc.domain.errors import refuse
from volunteer_svc.images.answers import Picture, unpack

__all__ = ["Picture", "draw_anew", "take_in"]

SECONDS_MAX = 40
AT_ONCE_MAX = 2
"""Each may take a gigabyte of memory."""
WAIT_SECONDS = 60
_APART = "volunteer_svc.images.apart"
_SOURCE_ROOT = Path(__file__).parents[2]
# Threads of their own: those of the event loop check passwords, and are not to wait for images.
_threads = ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="pictures")


async def take_in(content: bytes, *, side_max: int) -> Picture:
    """`draw_anew` when its turn comes. Raises also `busy` (503), after a minute."""
    work = partial(draw_anew, content, side_max=side_max)
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            return await asyncio.get_running_loop().run_in_executor(_threads, work)
    except TimeoutError:
        raise refuse("busy", kind="busy") from None


def draw_anew(content: bytes, *, side_max: int) -> Picture:
    """Blocks while a process of its own draws the image anew.

    A decoder for images is where hostile files aim, so it does not run in the server. Refused with
    `image_type_unsupported`, `image_unreadable`, `image_too_many_pixels`, `image_too_small`; with
    no other exception for a file. `side_max`: pixels of the longer side.
    """
    try:
        done = subprocess.run(  # noqa: S603 - no part of the command comes from outside
            [sys.executable, "-m", _APART, str(side_max)],
            input=content,
            capture_output=True,
            timeout=SECONDS_MAX,
            env={"PYTHONPATH": str(_SOURCE_ROOT)},  # and no secret of the server
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise refuse("image_unreadable", "body") from None
    if done.returncode < 0:  # killed: by a limit of `apart`, by a decoder's abort, or for memory
        raise refuse("image_unreadable", "body")
    if done.returncode > 0:  # no file can do this: the installation is broken
        raise RuntimeError(f"{_APART} did not run: {done.stderr[-500:]!r}")
    return unpack(done.stdout)
