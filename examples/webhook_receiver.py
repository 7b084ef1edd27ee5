"""A webhook receiver with nothing but Python: checks signatures, takes each event once.

    WEBHOOK_SECRET=whsec_… python examples/webhook_receiver.py --port 8088 --db received.db

Behind a proxy that speaks TLS. Answers 2xx only when the event is stored: what is not stored comes
again. `--also whsec_…` takes a second secret while the first one is rotated.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import sqlite3
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE_SECONDS = 300
BODY_BYTES_MAX = 1_048_576
TABLE = """
CREATE TABLE IF NOT EXISTS event (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, subject TEXT NOT NULL, version INTEGER,
    data TEXT NOT NULL
)
"""


def is_ours(headers: Mapping[str, str], body: bytes, secrets: list[str], now: float) -> bool:
    """Whether one of the secrets has signed this id, this time and this body, and just now."""
    event_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(now - int(stamp)) > TOLERANCE_SECONDS:
        return False
    content = f"{event_id}.{stamp}.".encode() + body
    given = headers.get("webhook-signature", "").split(" ")
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
        if any(hmac.compare_digest(expected.encode(), one.encode()) for one in given):
            return True
    return False


class Receiver(BaseHTTPRequestHandler):
    secrets: list[str]
    database: sqlite3.Connection

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            self._answer(413, {})
            self.close_connection = True
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not is_ours(headers, body, self.secrets, time.time()):
            self._answer(401, {"error": "signature"})
            return
        event = json.loads(body)
        if "challenge" in event["data"]:
            self._answer(200, {"challenge": event["data"]["challenge"]})
            return
        self._store(event)
        self._answer(204, {})

    def _store(self, event: dict[str, object]) -> None:
        """Once, however often it comes; a type that is not known is kept all the same."""
        with self.database:
            taken = self.database.execute(
                "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?)",
                (event["id"], event["type"], event["subject"], event.get("subjectversion"),
                 json.dumps(event["data"])),
            )  # fmt: skip
        if taken.rowcount:
            print(event["type"], event["subject"], flush=True)

    def _answer(self, status: int, content: dict[str, str]) -> None:
        text = json.dumps(content).encode() if content else b""
        self.send_response(status)
        if text:
            self.send_header("Content-Type", "application/json")
        if status != 204:  # noqa: PLR2004 - it has no body
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Quiet: what was taken is printed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--db", default="received.db")
    parser.add_argument("--also", default="", help="a second secret, during a rotation")
    options = parser.parse_args()
    secret = os.environ.get("WEBHOOK_SECRET", "")
    if not secret.startswith("whsec_"):
        sys.exit("WEBHOOK_SECRET is not set to the whsec_… that was shown once")
    Receiver.secrets = [secret, *([options.also] if options.also else [])]
    Receiver.database = sqlite3.connect(options.db)
    Receiver.database.execute(TABLE)
    with HTTPServer(("127.0.0.1", options.port), Receiver) as server:
        print(f"listening on {server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
