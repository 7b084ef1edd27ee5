"""What every page says to the browser: nothing inline, nothing from elsewhere, in no frame."""

from volunteer_svc.i18n import Language

HTML = "text/html"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""`blob:` shows a photo before it is sent."""


def page_headers(language: Language, *, private: bool = True) -> dict[str, str]:
    """`private`: not even the browser keeps it, as on a station's shared computer."""
    return {
        "Content-Security-Policy": _POLICY,
        "Content-Language": language,
        "Vary": "Accept-Language, Cookie, Accept-Encoding",
        "Cache-Control": "no-store" if private else "private, no-cache",
        # Not `no-referrer`: forms would then be sent with `Origin: null`.
        "Referrer-Policy": "same-origin",
    }
