"""What every page says to the browser: our one stylesheet, nothing from elsewhere, in no frame."""

from functools import cache

from volunteer_svc.i18n import Language
from volunteer_svc.web.static_files import stylesheet_hashes

HTML = "text/html"


@cache
def content_policy() -> str:
    """`blob:` shows a photo before it is sent."""
    styles = " ".join(f"'{one}'" for one in stylesheet_hashes())
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' {styles};"
        " img-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )


def page_headers(language: Language, *, private: bool = True) -> dict[str, str]:
    """`private`: not even the browser keeps it, as on a station's shared computer."""
    return {
        "Content-Security-Policy": content_policy(),
        "Content-Language": language,
        "Vary": "Accept-Language, Cookie, Accept-Encoding",
        "Cache-Control": "no-store" if private else "private, no-cache",
        # Not `no-referrer`: forms would then be sent with `Origin: null`.
        "Referrer-Policy": "same-origin",
    }
