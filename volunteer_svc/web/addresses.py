"""Whole addresses, for what leaves the page: a QR code, a calendar to subscribe to."""

from volunteer_svc.web.visit import Visit


def whole_address(visit: Visit, path: str) -> str:
    """`path` on the host that this very page was asked from; cookies tell whether by TLS."""
    scheme = "https" if visit.config.cookie_secure else visit.request.url.scheme
    return f"{scheme}://{visit.request.url.netloc}{path}"
