"""Asks the web process of this machine whether it is ready: for containers and for `run`."""

import http.client

from volunteer_svc.config import Config

_PROBE_SECONDS = 3.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked, not bound # nosec B104


def main(config: Config) -> int:
    """Exit code 0 when ready."""
    return 0 if is_ready(config) else 1


def is_ready(config: Config) -> bool:
    host = _ANYWHERE.get(config.host, config.host)
    connection = http.client.HTTPConnection(host, config.port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
