"""A real S3-compatible server for the tests: SeaweedFS from its package."""

import json
import signal
import socket
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError

import msgspec

from volunteer_svc import processes

ACCESS_KEY, SECRET_KEY, BUCKET = "testkey", "testsecret", "volunteers"
_PORTS = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port",
    "filer.port.grpc", "admin.port", "admin.port.grpc", "s3.port", "s3.port.grpc",
)  # fmt: skip


class S3(msgspec.Struct, frozen=True):
    endpoint: str
    server: processes.Child


@contextmanager
def s3_server() -> Iterator[S3]:
    program = Path(sys.executable).with_name("weed")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="volunteer-s3-")))
        with ExitStack() as taken:
            free = [taken.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in _PORTS]
            ports = {n: one.getsockname()[1] for n, one in zip(_PORTS, free, strict=True)}
        identity = {
            "name": "volunteer",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        options = {"dir": folder, "ip": "127.0.0.1", "bucket": BUCKET} | ports
        options |= {"s3.config": folder / "s3.json", "s3.port.iceberg": 0, "s3.port.lance": 0}
        options |= {"webdav": "false", "admin.ui": "false"}
        log = stack.enter_context((folder / "log").open("wb"))
        server = processes.spawn(
            [program, "mini", *(f"-{name}={value}" for name, value in options.items())],
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
            output=log,
        )
        stack.callback(processes.stop, [server], signal.SIGKILL)  # nothing in it is kept
        endpoint = f"http://127.0.0.1:{ports['s3.port']}"
        ready = processes.poll_until(lambda: _answers(f"{endpoint}/{BUCKET}"), 60)
        assert ready, (folder / "log").read_text()[-3000:]
        yield S3(endpoint, server)


def _answers(url: str) -> bool:
    """Whether the bucket is there, though not for a stranger."""
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - ours
    except HTTPError as error:
        return error.code == 403
    except OSError:
        return False
    return True
