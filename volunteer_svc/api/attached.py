"""A file to keep: never shown in the browser's own window, never stored on the way."""

import re
from urllib.parse import quote

from litestar import Response

from volunteer_svc.i18n import Language

JPEG = "image/jpeg"
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]+')
"""What one file system or another does not take."""


def attached(
    content: bytes, name: str, media_type: str = PDF, language: Language | None = None
) -> Response[bytes]:
    """`name`: how the file is called where it is kept, in any script.

    `language`: of the words in the file, where that is not the same for everybody.
    """
    headers = _HEADERS | {"Content-Disposition": _disposition(name)}
    if language is not None:
        headers["Content-Language"] = language
    return Response(content, status_code=200, media_type=media_type, headers=headers)


def _disposition(name: str) -> str:
    """RFC 6266: a header speaks ASCII; the name as it is follows for whoever can read it."""
    name = _NOT_IN_NAMES.sub("_", name)
    plain = re.sub(r"[^\x20-\x7e]+", "_", name)
    first = f'attachment; filename="{plain}"'
    return first if plain == name else f"{first}; filename*=UTF-8''{quote(name, safe='')}"
