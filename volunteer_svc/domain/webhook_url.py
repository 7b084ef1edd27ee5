"""Where webhooks may go: the form of an address at registration, its numbers at every attempt.

What a name resolves to is decided when a connection is made, never before: it may change. Python's
own `is_global` lets multicast, NAT64 and `::127.0.0.1` through, hence the lists.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

import msgspec

from volunteer_svc.domain.errors import refuse

LENGTH_MAX = 2048
HTTPS_PORT = 443
_PORT_MAX = 65_535
_HOST_MAX = 253

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,255})"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?)"
)
_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label by which resolvers take the whole for a number: 2130706433, 0x7f000001, 127.1."""
_INSIDE = frozenset(
    {"local", "internal", "lan", "localdomain", "intranet", "corp", "home", "private", "arpa"}
)
"""Last labels of names that only private networks know."""

# IANA's special-purpose registries, multicast, and where clouds answer their guests.
_REFUSED_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32",
        "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
        "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_GLOBAL_6 = IPv6Network("2000::/3")
# Within it: tunnels that carry an IPv4 address (Teredo, 6to4), benchmarks, documentation.
_REFUSED_6 = tuple(
    IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)

Network = IPv4Network | IPv6Network


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator allows. `networks`: reachable besides the open internet."""

    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({HTTPS_PORT})
    http: bool = False


class Target(msgspec.Struct, frozen=True):
    """An address taken apart. `target` is path and query, never empty."""

    scheme: str
    host: str
    port: int
    target: str


def rules_of(networks: Sequence[str], ports: Sequence[str], *, http: bool) -> Rules:
    """The rules as settings say them; port 443 is always open."""
    return Rules(
        networks=tuple(ip_network(one) for one in networks),
        ports=frozenset({HTTPS_PORT, *map(int, ports)}),
        http=http,
    )


def target_of(url: str, rules: Rules) -> Target:
    """Raises `webhook_url_malformed`, `_scheme`, `_host`, `_port`, `_inside` for the field url."""
    found = _URL.fullmatch(url) if len(url) <= LENGTH_MAX else None
    if found is None:
        raise refuse("webhook_url_malformed", "url", most=LENGTH_MAX)
    scheme, host = found["scheme"].lower(), found["host"].lower()
    if scheme != "https" and not (scheme == "http" and rules.http):
        raise refuse("webhook_url_scheme", "url")
    port = int(found["port"] or (HTTPS_PORT if scheme == "https" else 80))
    if port not in rules.ports or not 0 < port <= _PORT_MAX:
        raise refuse("webhook_url_port", "url", known=", ".join(map(str, sorted(rules.ports))))
    _check_host(host, rules)
    path = found["target"]
    return Target(scheme, host.strip("[]"), port, path if path.startswith("/") else f"/{path}")


def _check_host(host: str, rules: Rules) -> None:
    address = _literal(host)
    if address is not None:
        if not is_allowed(address, rules.networks):
            raise refuse("webhook_url_inside", "url")
        return
    labels = host.split(".")
    if len(host) > _HOST_MAX or not _NAME.fullmatch(host) or _NUMBER.fullmatch(labels[-1]):
        raise refuse("webhook_url_host", "url")
    if labels[-1] == "localhost" or (not rules.networks and labels[-1] in _INSIDE):
        raise refuse("webhook_url_inside", "url")


def _literal(host: str) -> str | None:
    """The address when the host is one, in its one plain form."""
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return str(address) if host.startswith("[") is not isinstance(address, IPv4Address) else None


def is_allowed(address: str, networks: Sequence[Network]) -> bool:
    """Whether a connection to this address may be made; False for what is no address at all."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if getattr(parsed, "scope_id", None):
        return False
    if any(parsed in network for network in networks):
        return True
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _REFUSED_4)
    return parsed in _GLOBAL_6 and not any(parsed in network for network in _REFUSED_6)
