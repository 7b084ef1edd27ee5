"""An issuer that answers what it must not: nothing of it is believed, and nothing hangs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.builders import serving
from tests.sign_on.conftest import signing_on
from tests.sign_on.issuer import Issuer, new_key
from volunteer_svc.app import create_app
from volunteer_svc.config import Config
from volunteer_svc.identity import issuer as issuer_module
from volunteer_svc.identity import sign_on

KEYS = {"keys": [new_key("first").as_dict(private=False)]}


@contextmanager
def answering(answers) -> Iterator[str]:
    """A server whose answers by path are (status, headers, body); its address, known before."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = answers(url)[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for part in body:
                try:
                    self.wfile.write(part)
                except OSError:  # we have heard enough
                    return

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def document(url, **changes):
    whole = {
        "issuer": url, "authorization_endpoint": f"{url}/auth", "token_endpoint": f"{url}/token",
        "jwks_uri": f"{url}/jwks",
    } | changes  # fmt: skip
    return [json.dumps({name: value for name, value in whole.items() if value}).encode()]


def site(discovery=document, keys=None, status=200, headers=None):
    well_known = "/.well-known/openid-configuration"
    listed = [json.dumps(KEYS).encode()] if keys is None else keys
    return lambda url: {
        well_known: (status, headers or {}, discovery(url)),
        "/elsewhere": (200, {}, document(url)),
        "/jwks": (200, {}, listed),
    }


WRONG = {
    "another issuer's": site(lambda url: document(url, issuer="https://evil.example")),
    "its address with a slash": site(lambda url: document(url, issuer=url + "/")),
    "no keys named": site(lambda url: document(url, jwks_uri=None)),
    "keys on the open road": site(lambda url: document(url, jwks_uri="http://192.0.2.1/jwks")),
    "keys in a file": site(lambda url: document(url, jwks_uri="file:///etc/passwd")),
    "no JSON": site(lambda _: [b"<html>"]),
    "another shape": site(lambda _: [b"[]"]),
    "too deep": site(lambda _: [b"[" * 100_000]),
    "without end": site(lambda _: (b" " * 65_536 for _ in range(10_000))),
    "elsewhere": site(status=302, headers={"Location": "/elsewhere"}),
    "an error": site(status=500),
    "keys without a list": site(keys=[b"{}"]),
    "keys without end": site(keys=[b" " * 300_000]),
}


@pytest.fixture(scope="module")
def app(own_url, key_file):
    """One for all: what it asks is put in its place by each test."""
    return create_app(signing_on(Config(database_url=own_url, key_file=key_file), Issuer()))


@pytest.mark.parametrize("how", WRONG)
async def test_what_is_no_proper_issuer_is_none(app, database, how):
    with answering(WRONG[how]) as url:
        async with serving(app) as http:
            sign_on.load(signing_on(database, Issuer(), sso_issuer=url))
            answer = await http.get("/v1/sign-on")
        assert (answer.status_code, answer.json()["code"]) == (503, "sign_on_unavailable")


async def test_keys_that_are_no_good_are_passed_over(database):
    weak = {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB"}
    odd = [
        weak, {"kty": "oct", "kid": "secret", "k": "AAAA"}, {"kty": "AKP", "kid": "later"}, {},
        {"kty": "RSA"}, {"kty": 1}, {"kty": "EC", "crv": "x", "x": 1, "y": None},
        KEYS["keys"][0] | {"kid": "enc", "use": "enc"},
    ]  # fmt: skip
    listed = [json.dumps({"keys": odd + KEYS["keys"]}).encode()]
    with answering(site(keys=listed)) as url:
        config = signing_on(database, Issuer(), sso_issuer=url)
        async with serving(create_app(config)) as http:
            assert (await http.get("/v1/sign-on")).status_code == 302
            known = (await sign_on.issuer()._published()).keys
            assert [key.kid for key in known] == ["first"]


async def test_a_slow_issuer_is_not_waited_for(database, monkeypatch):
    monkeypatch.setattr(issuer_module, "_SECONDS", 0.2)
    ended = threading.Event()

    def dripping(_url):
        yield b" "
        ended.wait(10)

    with answering(site(dripping)) as url:
        config = signing_on(database, Issuer(), sso_issuer=url)
        async with serving(create_app(config)) as http:
            try:
                assert (await http.get("/v1/sign-on")).status_code == 503
            finally:
                ended.set()
