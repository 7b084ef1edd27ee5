"""A real issuer on this machine (oidc-provider), and a browser that goes through its forms."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import httpx
import msgspec
from joserfc.jwk import RSAKey

from tests import node
from tests.api.test_serve import free_port

SCRIPT = Path(__file__).parent / "provider.mjs"
AUDIENCE = "urn:volunteers"
ORIGIN = "http://localhost"
CALLBACK = f"{ORIGIN}/v1/sign-on/callback"
SECRET = "a secret / with + signs"  # what Basic has to encode
PEOPLE = {
    "head-1": {"name": "站长", "roles": ["platform-user", "platform-head"], "station": "S-SSO"},
    "county-1": {"name": "总站", "roles": ["platform-county"]},
    "guest": {"name": "路人", "roles": ["platform-user"]},
    "homeless": {"name": "无站", "roles": ["platform-head"]},
}
CLIENTS = [
    {"client_id": "volunteers", "client_secret": SECRET, "redirect_uris": [CALLBACK],
     "id_token_signed_response_alg": "RS256"},
    {"client_id": "other-app", "client_secret": SECRET, "redirect_uris": [CALLBACK]},
    {"client_id": "statistics", "client_secret": SECRET, "redirect_uris": [],
     "response_types": [], "grant_types": ["client_credentials"]},
]  # fmt: skip


def new_key(name: str) -> RSAKey:
    """Of the test's own: it signs what the issuer never would."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"}, private=True)


class Issuer:
    """Stopped and started again on the same port, with other keys or other people."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.key = new_key("first")
        self.people = msgspec.json.decode(msgspec.json.encode(PEOPLE))
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [node.NODE, SCRIPT, node.FOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        given = {
            "issuer": self.url,
            "clients": CLIENTS,
            "keys": [self.key.as_dict(private=True)],
            "accounts": self.people,
        }
        self._process.stdin.write(json.dumps(given))
        self._process.stdin.close()
        assert self._process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.stdout.close()
            self._process.wait(10)
            self._process = None

    def access_token(self, scope: str, resource: str = AUDIENCE) -> str:
        """What another service gets for its secret (client_credentials)."""
        form = {"grant_type": "client_credentials", "scope": scope, "resource": resource}
        answer = httpx.post(
            f"{self.url}/token",
            data=form,
            auth=("statistics", quote(SECRET, safe="")),
            trust_env=False,
        )
        return answer.json()["access_token"]


@contextmanager
def running() -> Iterator[Issuer]:
    issuer = Issuer()
    issuer.start()
    try:
        yield issuer
    finally:
        issuer.stop()


async def logged_in(url: str, login: str, **strength: str) -> httpx.URL:
    """Where the issuer sends the browser back to: through its forms, as a person would."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        for _ in range(10):
            answer = await browser.get(url)
            if answer.status_code == 200:  # one of the forms
                fields = {"login": login} | strength if answer.text == "login" else {}
                answer = await browser.post(url, data=fields)
            assert answer.status_code in (302, 303), answer.text
            url = urljoin(str(answer.url), answer.headers["location"])
            if urlsplit(url).path == urlsplit(CALLBACK).path:
                return httpx.URL(url)
    raise AssertionError("no way back from the issuer")
