"""A file to keep: never shown in the browser's own window, never stored on the way."""

from litestar import Response

PDF, ZIP = "application/pdf", "application/zip"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def attached(content: bytes, name: str, media_type: str = PDF) -> Response[bytes]:
    """`name`: of letters that every file system takes."""
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, status_code=200, media_type=media_type, headers=_HEADERS | disposition)
