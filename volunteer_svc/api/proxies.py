"""Who is calling, when proxies of ours stand in front: only what they say is believed."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
_FORWARDED_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^;]*)', re.IGNORECASE)
_HOPS_MAX = 32


class Proxies:
    """The networks our proxies are in, and the one header they write.

    The other header is never read: a proxy passes on what it does not know, so whoever calls could
    write it himself. Raises ValueError for a network that is none.
    """

    def __init__(self, networks: Iterable[str], header: str) -> None:
        self._networks = tuple(ip_network(network) for network in networks)
        self._header = header.encode()
        self._trusted = lru_cache(maxsize=1024)(self._is_trusted)

    def is_trusted(self, scope: Any) -> bool:
        """Whether the request was handed in by a proxy of ours."""
        return bool(self._networks) and self._trusted(_peer(scope))

    def address(self, scope: Any) -> str:
        """The address that called our outermost proxy: the right-most hop that is not ours."""
        nearest = _peer(scope)
        if not self.is_trusted(scope):
            return nearest
        for hop in reversed(self._hops(scope["headers"])):
            address = _address(hop)
            if address is None:  # `unknown`, or nonsense: whoever reported it is all we know
                return nearest
            nearest = str(address)
            if not self._trusted(nearest):
                return nearest
        return nearest

    def _hops(self, headers: Iterable[tuple[bytes, bytes]]) -> Sequence[str]:
        """What the header says of each hop, the nearest last."""
        values = [value.decode("latin-1") for name, value in headers if name == self._header]
        hops = ",".join(values).split(",")[-_HOPS_MAX:] if values else []
        if self._header == b"forwarded":
            found = [_FORWARDED_FOR.search(hop) for hop in hops]
            return [one[1].strip().strip('"') if one else "" for one in found]
        return [hop.strip() for hop in hops]

    def _is_trusted(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self._networks)


def _peer(scope: Any) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _address(text: str) -> Address | None:
    """An address with or without a port: `192.0.2.1:80`, `[2001:db8::1]:80`."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
