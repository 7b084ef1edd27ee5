"""The main job on real input: a county's workbook in, promotions out, all over the real services.

    make demo
    make demo COUNTY=<workbook> EXPECTED=<json>

Starts embedded servers and `python -m volunteer_svc run` on a fresh data folder, imports the
workbook over HTTP, compares with what must come of it, lets a second person approve what waits,
publishes last year's lists, and has `main_platform.py` consume every event, killed once on the
way. Exits with 1 at any difference.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from volunteer_svc.embedded import Servers, servers  # noqa: E402 - from a clone, not installed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROSTER, SERVICES = "会员登记表", "服务记录"
LEVELS = {"waiting": "station", "waiting_county": "county"}
PATIENCE_SECONDS = 300


class Difference(Exception):  # noqa: N818 - what the demonstration looks for
    """Something is not as expected."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--county", type=Path, default=ROOT / "examples/county/county.xlsx")
    parser.add_argument(
        "--expected", type=Path, default=ROOT / "examples/county/county-expected.json"
    )
    arguments = parser.parse_args()
    expected = json.loads(arguments.expected.read_text())
    folder = Path(tempfile.mkdtemp(prefix="volunteer-demo-"))
    try:
        with servers(folder / "data") as embedded, running(folder, embedded, expected) as web:
            line = Demonstration(web, folder, embedded, expected).run(arguments.county)
    except Difference as difference:
        print(f"demo: DIFFERENT: {difference}", file=sys.stderr)
        print(f"demo: the log is {folder / 'run.log'}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    print(line)
    return 0


@contextmanager
def running(folder: Path, embedded: Servers, expected: dict[str, Any]) -> Iterator[str]:
    """`python -m volunteer_svc run` with its clock on the county's day; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "DATABASE_URL": embedded.database_url,
        "REDIS_URL": embedded.redis_url,
        "VOLUNTEER_DATA_DIR": str(folder / "data"),
        "VOLUNTEER_PORT": str(port),
        "VOLUNTEER_ACCOUNT_REQUESTS_PER_MINUTE": "6000",  # the progress bar asks often
        "VOLUNTEER_CLOCK_START": f"{expected['as_of']}T09:00:00+08:00",
    }
    with (folder / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "volunteer_svc", "run"],
            cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log, process_group=0,
        )  # fmt: skip
        try:
            web = f"http://127.0.0.1:{port}"
            wait_for(lambda: is_ready(web), "the services", process)
            yield web
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def is_ready(web: str) -> bool:
    try:
        return httpx.get(f"{web}/health/ready").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def wait_for(
    condition: Callable[[], bool], what: str, process: subprocess.Popen[bytes] | None = None
) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline or (process is not None and process.poll() is not None):
            raise Difference(f"{what} did not get ready")
        time.sleep(0.05)


class Demonstration:
    """The story, step by step; every figure comes from the services themselves."""

    def __init__(self, web: str, folder: Path, embedded: Servers, expected: dict[str, Any]) -> None:
        self.folder = folder
        self.embedded = embedded
        self.expected = expected
        self.started = time.monotonic()
        passwords = dict(
            line.split("\t")[:2]
            for line in (folder / "data/first-accounts.txt").read_text().splitlines()
        )
        self.first, self.second = (
            self.sign_in(web, name, passwords[name]) for name in ("county1", "county2")
        )
        self.ids: dict[str, str] = {}

    def sign_in(self, web: str, name: str, password: str) -> httpx.Client:
        client = httpx.Client(base_url=web, timeout=60)
        answer = ok(
            client.post("/v1/sessions", json={"kind": "staff", "name": name, "password": password})
        )
        client.headers["Authorization"] = f"Bearer {answer['token']}"
        return client

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self.started:6.1f} s  {text}", flush=True)

    def run(self, county: Path) -> str:
        platform = self.platform()
        try:
            summary = self.import_county(county)
            self.compare_people()
            self.compare_lists()
        finally:
            platform.kill()  # in the middle of its work, as by a power cut
            platform.wait()
        self.say("the main platform, which was reading along, is killed")
        approved = self.approve()
        self.publish()
        figures = self.consume()
        promotions = self.sql("SELECT count(*) FROM star_change WHERE to_star > from_star")
        waiting = self.sql("SELECT count(*) FROM service_record WHERE state = $1", "waiting")
        same("promotions", promotions, self.expected["promotions_after_all_approvals"])
        same("promotions at the platform", figures["promotions"], promotions)
        return (
            f"demo: volunteers={summary[ROSTER]['accepted']}"
            f" counted={summary[SERVICES]['counted'] + approved}"
            f" waiting={waiting}"
            f" refused={summary[ROSTER].get('refused', 0) + summary[SERVICES].get('refused', 0)}"
            f" promotions={promotions} consumed={figures['consumed']}"
            f" missing={figures['missing']} duplicates={figures['duplicates']}"
        )

    def import_county(self, county: Path) -> dict[str, dict[str, int]]:
        self.say(f"{county.name} is uploaded by county1")
        run = ok(
            self.first.post(
                "/v1/imports",
                params={"filename": county.name, "reason": "服务上线时补录纸质台账"},
                content=county.read_bytes(),
                headers={"Content-Type": XLSX},
            )
        )
        run = self.until(run["id"], "previewed")
        self.say(f"previewed, nothing written: {run['summary']}")
        previewed = run["summary"]
        ok(self.second.post(f"/v1/imports/{run['id']}/commit"))
        run = self.until(run["id"], "done")
        self.say(f"approved by county2 and committed: {run['rows_total']} rows")
        same("what the commit did and the preview said", run["summary"], previewed)
        self.compare_rows(run["id"])
        summary: dict[str, dict[str, int]] = run["summary"]
        same(
            "refused rows",
            summary[ROSTER].get("refused", 0) + summary[SERVICES].get("refused", 0),
            self.expected["refused"],
        )
        return summary

    def until(self, run_id: str, state: str) -> dict[str, Any]:
        run: dict[str, Any] = {}

        def there() -> bool:
            nonlocal run
            run = ok(self.first.get(f"/v1/imports/{run_id}"))
            bar(run["rows_done"], run["rows_total"])
            if run["state"] == "failed":
                raise Difference(f"the import failed: {run['failure']}")
            return bool(run["state"] == state)

        wait_for(there, f"the import ({state})")
        print("\r", end="", file=sys.stderr, flush=True)
        return run

    def compare_rows(self, run_id: str) -> None:
        refused: dict[tuple[str, int], str] = {}
        waiting: dict[int, str] = {}
        for problem in pages(self.first, f"/v1/imports/{run_id}/problems"):
            if problem["outcome"] == "refused":
                refused.setdefault((problem["sheet"], problem["row"]), problem["code"])
            elif problem["outcome"] == "waiting":
                waiting[problem["row"]] = problem["params"]["level"]
        exceptional = self.expected["exceptional_record_rows"]
        same(
            "refused rows and their codes",
            refused,
            {(ROSTER, r["row"]): r["code"] for r in self.expected["refused_roster_rows"]}
            | {(SERVICES, r["row"]): r["code"] for r in exceptional if r["code"] not in LEVELS},
        )
        same(
            "waiting rows and their level",
            waiting,
            {r["row"]: LEVELS[r["code"]] for r in exceptional if r["code"] in LEVELS},
        )

    def compare_people(self) -> None:
        waits: Counter[str] = Counter()
        for item in pages(self.second, "/v1/approvals"):
            waits[item["record"]["volunteer_id"]] += item["record"]["minutes"]
        for person in self.expected["volunteers"]:
            found = ok(
                self.first.post(
                    "/v1/volunteers/search", json={"document_number": person["id_number"]}
                )
            )["items"]
            same("volunteers with one document", len(found), 1)
            self.ids[person["id_number"]] = found[0]["id"]
            same(
                f"volunteer {found[0]['id']}",
                (found[0]["state"], found[0]["counted_minutes"], found[0]["star"],
                 waits[found[0]["id"]]),
                (person["status"], person["minutes"], person["star"],
                 person["waiting_minutes"]),
            )  # fmt: skip
        promotions = self.sql("SELECT count(*) FROM star_change")
        same("promotions before the approvals", promotions, self.expected["promotions"])
        self.say(f"{len(self.ids)} volunteers: states, minutes and stars as expected")

    def compare_lists(self) -> None:
        stations = {s["code"]: s["id"] for s in pages(self.first, "/v1/stations")}
        lists = {(None, year): entries for year, entries in self.expected["county_top"].items()} | {
            (code, year): entries
            for code, years in self.expected["station_top"].items()
            for year, entries in years.items()
        }
        for (code, year), entries in lists.items():
            params = {"station_id": stations[code]} if code else {}
            answer = ok(self.first.get(f"/v1/recognitions/{year}", params=params))
            same(
                f"the list of {code or 'the county'} {year}",
                {(e["volunteer_id"], e["rank"], e["minutes"]) for e in answer["entries"]},
                {(self.ids[e["id_number"]], e["rank"], e["minutes"]) for e in entries},
            )
        self.say(f"{len(lists)} annual lists as expected")

    def approve(self) -> int:
        waiting = list(pages(self.second, "/v1/approvals"))
        if not waiting:
            return 0
        outcomes = ok(
            self.second.post(
                "/v1/approvals",
                json={
                    "decisions": [
                        {"kind": item["kind"], "id": item["id"], "decision": "approve"}
                        for item in waiting
                    ]
                },
            )
        )["outcomes"]
        same("approvals", Counter(o["outcome"] for o in outcomes), {"approved": len(waiting)})
        self.say(f"{len(waiting)} waiting records approved by county2")
        return len(waiting)

    def publish(self) -> None:
        year = int(self.expected["as_of"][:4]) - 1
        stations = [s["id"] for s in pages(self.second, "/v1/stations")]
        for station_id in (None, *stations):
            ok(
                self.second.post(
                    f"/v1/recognitions/{year}/publications",
                    json={"station_id": station_id} if station_id else {},
                )
            )
        self.say(f"{len(stations) + 1} annual lists of {year} published")

    def platform(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, ROOT / "examples/main_platform.py", "--quiet",
             "--redis", self.embedded.redis_url, "--db", self.folder / "platform.db", *arguments],
            stdout=subprocess.PIPE,
        )  # fmt: skip

    def consume(self) -> dict[str, int]:
        """Let the platform go on where it was killed, to the last event; its own figures."""
        wait_for(lambda: self.sql("SELECT count(*) FROM outbox") == 0, "the event log")
        head = self.sql("SELECT last_seq FROM event_head")
        platform = self.platform("--until-sequence", str(head))
        output, _ = platform.communicate(timeout=PATIENCE_SECONDS)
        last = output.decode().strip().splitlines()[-1]
        figures = defaultdict(int, {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", last)})
        same("events consumed", figures["consumed"], head)
        same("events missing", figures["missing"], 0)
        same("events doubled", figures["duplicates"], 0)
        self.say(f"main platform went on and consumed {head} events")
        return figures

    def sql(self, statement: str, *arguments: str) -> int:
        """A figure from the database, to hold against what the services say."""

        async def ask() -> int:
            connection = await asyncpg.connect(self.embedded.database_url)
            try:
                return int(await connection.fetchval(statement, *arguments))
            finally:
                await connection.close()

        return asyncio.run(ask())


def ok(response: httpx.Response) -> Any:
    """The body of a successful answer."""
    if not response.is_success:
        raise Difference(f"{response.request.method} {response.request.url}: {response.text}")
    return response.json()


def pages(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    """Every item of a listing."""
    cursor = None
    while True:
        page = ok(client.get(path, params={"limit": 100} | ({"cursor": cursor} if cursor else {})))
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return


def same(what: str, got: Any, wanted: Any) -> None:
    if got != wanted:
        raise Difference(f"{what}: got {got}, expected {wanted}")


def bar(done: int, total: int, width: int = 40) -> None:
    filled = width * done // max(total, 1)
    print(f"\r{'█' * filled}{'░' * (width - filled)} {done}/{total}", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
