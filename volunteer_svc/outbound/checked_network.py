"""Connections for webhooks: only to addresses that were looked at, however a name is answered."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpcore

from volunteer_svc.domain.webhook_url import Rules, is_allowed

CONNECT_SECONDS = 3.0
_RESOLVERS = 64
"""Names that do not resolve hold a thread each until the system gives up on them."""
Resolve = Callable[[str, int], Awaitable[list[str]]]
_threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolve")


class AddressRefusedError(Exception):
    """The name leads to where nothing may be sent."""


class NameUnknownError(Exception):
    """The name leads nowhere."""


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of the name, from the system."""
    found = await asyncio.get_running_loop().run_in_executor(
        _threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _InOnePiece(httpcore.AsyncNetworkStream):
    """Head and body of a request leave together, when its answer is first looked for."""

    def __init__(self, plain: httpcore.AsyncNetworkStream) -> None:
        self._plain = plain
        self._unsent = bytearray()

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's signature
    ) -> None:
        self._unsent += buffer

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> bytes:
        if self._unsent:
            whole, self._unsent = bytes(self._unsent), bytearray()
            with suppress(httpcore.WriteError):  # who hangs up early may have answered before
                await self._plain.write(whole, timeout)
        return await self._plain.read(max_bytes, timeout)

    async def aclose(self) -> None:
        await self._plain.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        return _InOnePiece(await self._plain.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._plain.get_extra_info(info)


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked at."""

    def __init__(self, rules: Rules, resolve: Resolve) -> None:
        self._rules = rules
        self._resolve = resolve
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                return _InOnePiece(
                    await self._connect(host, port, timeout, local_address, socket_options)
                )
        except TimeoutError:
            raise httpcore.ConnectTimeout from None

    async def _connect(
        self,
        host: str,
        port: int,
        seconds: float | None,
        *options: Any,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NameUnknownError from error
        if not addresses:
            raise NameUnknownError
        if not all(is_allowed(one, self._rules.networks) for one in addresses):
            raise AddressRefusedError
        share = (seconds or CONNECT_SECONDS) / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._plain.connect_tcp(address, port, share, *options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._plain.connect_tcp(addresses[-1], port, seconds, *options)

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise AddressRefusedError

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
