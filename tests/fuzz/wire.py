"""Requests byte by byte, as no client library would send them, and what comes back."""

import json
import socket
import struct
from contextlib import contextmanager


@contextmanager
def connection(url, seconds=10):
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as open_:
        yield open_


def post(path, *headers, token=""):
    """The head of a request that posts JSON, up to the empty line."""
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *headers]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", ""]).encode()


def answers(url, *parts):
    """Status, headers and content of the answer; (0, {}, b"") where the connection just ends."""
    with connection(url) as open_:
        try:
            for part in parts:
                open_.sendall(part)
        except OSError:
            pass  # answered and closed before everything was read
        return read(open_)


def read(open_):
    received = b""
    try:
        while True:
            head, found, content = received.partition(b"\r\n\r\n")
            length = length_of(head)
            if found and length is not None and len(content) >= length:
                break
            more = open_.recv(65_536)
            if not more:
                break
            received += more
    except ConnectionError:
        pass
    if not received:
        return 0, {}, b""
    head, _, content = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, content


def length_of(head):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return None


def code_of(answer):
    """The problem's code; fails when it is no problem of ours."""
    status, headers, content = answer
    assert headers["content-type"] == "application/problem+json", answer
    problem = json.loads(content)
    assert problem["status"] == status
    return problem["code"]


def cut(open_):
    """End the connection with a reset, as a pulled cable's router would."""
    open_.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    open_.close()
