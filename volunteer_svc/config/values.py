"""What the value of a setting may be."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import get_args
from urllib.parse import urlsplit

from volunteer_svc.domain.actor import Role

PORT_MAX = 65_535
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*")
CHOICES = {
    "log_format": ("json", "text"),
    "log_level": ("debug", "info", "warning", "error"),
    "proxy_header": ("x-forwarded-for", "forwarded"),
}
_HOST = r"([a-z0-9.-]+|\[[0-9a-f:.]+\])"
ORIGIN = re.compile(rf"https?://{_HOST}(:\d{{1,5}})?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:6]) <= PORT_MAX


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


LISTS: dict[str, tuple[Callable[[str], object], str]] = {
    "trusted_proxies": (_is_network, "a network such as 10.0.0.0/8"),
    "webhook_networks": (_is_network, "a network such as 10.20.0.0/16"),
    "webhook_ports": (_is_port, "a port such as 8443"),
    "allowed_hosts": (re.compile(_HOST).fullmatch, "a host in lower case, without a port"),
    "nats_servers": (
        re.compile(r"(nats|tls)://\S+").fullmatch,
        "a server such as nats://host:4222",
    ),
    "cors_origins": (
        ORIGIN.fullmatch,
        "an origin such as https://example.org",
    ),
    "sso_scopes": (
        re.compile(r"[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+").fullmatch,
        "a scope such as openid",
    ),
    "sso_roles": (
        re.compile(rf"[^=]{{1,128}}=({'|'.join(get_args(Role))})").fullmatch,
        "of the form platform-head=station_head",
    ),
    "sso_client_scopes": (
        re.compile(r"[^=]{1,128}=[a-z]+:[a-z]+").fullmatch,
        "of the form platform-scope=records:read",
    ),
    "sso_acr_values": (re.compile(r"\S+").fullmatch, "a value without spaces"),
    "sso_amr_values": (re.compile(r"\S+").fullmatch, "a value without spaces"),
}
"""Settings that are written with commas: what each part must be."""
LEAST = {
    "port": 1,
    "pool_size": 1,
    "pool_wait_seconds": 0.1,
    "statement_timeout_seconds": 1,
    "body_max_bytes": 1,
    "workbook_max_bytes": 1,
    "photo_max_bytes": 1,
    "registrations_per_minute": 1,
    "sign_ins_per_minute": 1,
    "uploads_per_minute": 1,
    "verifications_per_minute": 1,
    "requests_per_minute": 1,
    "account_requests_per_minute": 1,
    "client_requests_per_minute": 1,
    "hsts_seconds": 0,
    "session_hours": 1,
    "sso_session_hours": 1,
    "event_days": 35,
    "stream_maxlen": 1,
    "webhook_endpoints_max": 1,
}


def is_safe_url(text: str) -> bool:
    """Whether nobody on the way can read or change what goes there: https, or this machine."""
    if not is_url(text, "https", "http"):
        return False
    url = urlsplit(text)
    return url.scheme == "https" or url.hostname in _LOOPBACK


def is_url(text: str, *schemes: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in schemes and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
