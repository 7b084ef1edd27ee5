"""Real receivers of what is sent: an SMTP server and an SMS gateway, on this machine."""

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.api.test_serve import free_port


class Mailbox:
    """Keeps what is mailed."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.mails.append(envelope)
        return "250 OK"


def _authenticate(server, session, envelope, mechanism, given):
    right = isinstance(given, LoginPassword) and given == LoginPassword(b"user", b"pass/word")
    return AuthResult(success=right, handled=False)  # then the server says 535 by itself


@contextmanager
def mail_server(*, tls=None, implicit=False, signed_in=False) -> Iterator[tuple[Mailbox, int]]:
    """An SMTP server and its port."""
    box, port = Mailbox(), free_port()
    options = {}
    if tls and not implicit:
        options |= {"tls_context": tls, "require_starttls": True}
    if signed_in:
        options |= {"authenticator": _authenticate, "auth_required": True}
    controller = Controller(
        box, hostname="127.0.0.1", port=port, ssl_context=tls if implicit else None, **options
    )
    # aiosmtpd's own knock speaks TLS with the server's context, which no client can.
    controller._trigger_server = lambda: socket.create_connection(("127.0.0.1", port)).close()
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


class Gateway:
    """An SMS gateway: keeps what is posted; answers as told, once released."""

    def __init__(self):
        self.posts = []
        self.statuses = []
        self.arrived = threading.Event()
        self.released = threading.Event()
        self.released.set()


@contextmanager
def sms_gateway() -> Iterator[tuple[Gateway, str]]:
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gateway.posts.append((dict(self.headers), json.loads(body)))
            gateway.arrived.set()
            gateway.released.wait(30)
            self.send_response(gateway.statuses.pop(0) if gateway.statuses else 202)
            self.send_header("Content-Length", "0")
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield gateway, f"http://127.0.0.1:{server.server_address[1]}/sms"
    finally:
        gateway.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(folder):
    """A self-signed certificate for this machine: the server's context, and the file to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, private)
    return context, pem


async def eventually(condition, seconds=15):
    """Until it holds; fails when it does not in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for is elsewhere
            await asyncio.sleep(0.02)
