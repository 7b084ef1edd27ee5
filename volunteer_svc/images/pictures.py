"""Takes an image in: bytes from outside in, a clean one out."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from volunteer_svc.confined import ask
from volunteer_svc.domain.errors import refuse
from volunteer_svc.images.picture import Picture

__all__ = ["Picture", "draw_anew", "take_in"]

SECONDS_MAX = 40
AT_ONCE_MAX = 2
"""Each may take a gigabyte of memory."""
WAIT_SECONDS = 60
_APART = "volunteer_svc.images.apart"
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
    unreadable = refuse("image_unreadable", "body")
    return ask(_APART, side_max, content, Picture, seconds=SECONDS_MAX, killed=unreadable)
