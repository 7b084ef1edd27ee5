"""The bare HTTP client: posts the same bytes to the same receiver, and does nothing else.

`python -m bench.posting <url> <count> <at once>`; the body on standard input.
"""

import asyncio
import sys

import httpcore
import uvloop


async def _main(url: str, count: int, at_once: int, body: bytes) -> None:
    headers = {"Content-Type": "application/cloudevents+json", "Content-Length": str(len(body))}
    left = iter(range(count))
    async with httpcore.AsyncConnectionPool(max_connections=at_once) as pool:

        async def post() -> None:
            for _ in left:
                await pool.request("POST", url, headers=headers, content=body)

        await asyncio.gather(*(post() for _ in range(at_once)))


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.stdin.buffer.read()))
