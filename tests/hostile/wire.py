"""Requests that two servers may read differently: what one of them passes, the other runs."""

SMUGGLED = b"GET /v1/policy HTTP/1.1\r\nHost: x\r\n\r\n"
_POST = b"POST /v1/volunteers/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_GET = b"GET /v1/stations HTTP/1.1\r\nHost: x\r\n"
_LENGTH = b"Content-Length: %d\r\n" % (5 + len(SMUGGLED))
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_END = b"\r\n0\r\n\r\n" + SMUGGLED

HEADS: dict[str, bytes] = {
    "CL.TE": _POST + _LENGTH + _CHUNKED + _END,
    "TE.CL": _POST + _CHUNKED + b"Content-Length: 4\r\n" + b"\r\n5c\r\n" + SMUGGLED,
    "two lengths": _POST + b"Content-Length: 0\r\n" + _LENGTH + b"\r\n" + SMUGGLED,
    "a list of lengths": _POST + b"Content-Length: 0, 44\r\n\r\n" + SMUGGLED,
    "a signed length": _POST + b"Content-Length: +0\r\n\r\n" + SMUGGLED,
    "a negative length": _POST + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "a length in hex": _POST + b"Content-Length: 0x0\r\n\r\n" + SMUGGLED,
    "a length with an underscore": _POST + b"Content-Length: 0_0\r\n\r\n" + SMUGGLED,
    "a length of thousands of digits": _POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "no length at all": _POST + b"Content-Length: \r\n\r\n" + SMUGGLED,
    "a coding twice": _POST + _CHUNKED + _CHUNKED + _END,
    "a coding in disguise": _POST + b"Transfer-Encoding: xchunked\r\n" + _END,
    "two codings": _POST + b"Transfer-Encoding: gzip, chunked\r\n" + _END,
    "chunked first": _POST + b"Transfer-Encoding: chunked, identity\r\n" + _END,
    "a quoted coding": _POST + b'Transfer-Encoding: "chunked"\r\n' + _END,
    "a coding behind a tab": _POST + b"Transfer-Encoding:\x0bchunked\r\n" + _END,
    "a blank before the colon": _POST + b"Transfer-Encoding : chunked\r\n" + _END,
    "a blank before the length's colon": _POST + b"Content-Length : 44\r\n\r\n" + SMUGGLED,
    "a header that begins with a blank": _GET[:-9] + b" Host: x\r\n\r\n",
    "a bare CR": _GET + b"X: y\rContent-Length: 44\r\n\r\n" + SMUGGLED,
    "a NUL in a header": _GET + b"X: y\x00\r\n\r\n" + SMUGGLED,
    "a NUL in a name": _GET + b"X\x00: y\r\n\r\n" + SMUGGLED,
    "a chunk too long": _POST + _CHUNKED + b"\r\n" + b"f" * 40 + b"\r\n" + SMUGGLED,
    "a negative chunk": _POST + _CHUNKED + b"\r\n-1\r\n" + SMUGGLED,
    "a chunk in hex with 0x": _POST + _CHUNKED + b"\r\n0x0\r\n\r\n" + SMUGGLED,
    "a chunk without its end": _POST + _CHUNKED + b"\r\n1\r\nZZ\r\n0\r\n\r\n" + SMUGGLED,
    "two hosts": _GET + b"Host: evil.example\r\n\r\n" + SMUGGLED,
    "no host": b"GET /v1/stations HTTP/1.1\r\n\r\n" + SMUGGLED,
    "HTTP/0.9": b"GET /v1/stations\r\n" + SMUGGLED,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n" + SMUGGLED,
    "a blank in the target": b"GET /v1/stations /x HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED,
    "a method that is none": b"GET\x00 /v1/stations HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED,
}
"""By name, the bytes of a request with another one hidden behind it."""
