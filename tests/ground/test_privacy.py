"""Marked persons go through every door while things break; then every output is searched."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio.to_thread
import asyncpg
import httpx
import msgspec
import psutil
import pytest
from redis import Redis

from tests.actions.test_county_import import PERSON, served, workbook
from tests.api.test_serve import free_port
from tests.builders import form
from tests.commands import command
from tests.ground.conftest import ROOT, family
from volunteer_svc import clock
from volunteer_svc.config import Config, environment
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.registration import Guardian

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAME, OTHER_NAME = "標記姓名", "標記別名"
DOCUMENT, OTHER, THIRD = "10000019520704012X", "10000019900501006X", "100000198001010033"
PHONE, ADDRESS = "10077665544", "標記地址七號樓"
GUARDIAN, GUARDIAN_PHONE = "標記監護人", "10066554433"
PASSWORD = "marked-password-hlmpq"
LISTED = "標記名冊"
NAMES = [NAME, OTHER_NAME, LISTED]
SECRETS = [DOCUMENT, OTHER, THIRD, PHONE, ADDRESS, GUARDIAN, GUARDIAN_PHONE, PASSWORD]
PERMITTED = "person.name"
"""Names are plain there: search needs them."""


class Run(msgspec.Struct):
    config: Config
    url: str
    database: str
    redis: str
    process: Any
    log: Path
    passwords: dict[str, str]
    tokens: list[str] = []
    problems: list[str] = []


@pytest.fixture
def run(data_dir: Path, tmp_path: Path) -> Iterator[Run]:
    config = Config(
        data_dir=data_dir,
        key_file=data_dir / "keys.json",
        port=free_port(),
        log_level="debug",
        registrations_per_minute=1_000,
        sign_ins_per_minute=1_000,
    )
    log = tmp_path / "run.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "volunteer_svc", "run"],
            cwd=ROOT, env=environment(config), stdout=output, stderr=subprocess.STDOUT,
        ) as process,
    ):  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while "Ctrl-C to stop" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            first = (data_dir / "first-accounts.txt").read_text().splitlines()
            sockets = next(
                line.split("host=")[1] for line in log.read_text().splitlines() if "host=" in line
            ).strip()
            yield Run(
                config=config,
                url=f"http://127.0.0.1:{config.port}",
                database=f"postgresql://postgres@/volunteer?host={sockets}",
                redis=f"unix://{sockets}/valkey.sock",
                process=process,
                log=log,
                passwords={line.split("\t")[0]: line.split("\t")[1] for line in first},
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


class Door:
    """A client that keeps every refusal it gets."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.auth: dict[str, str] = {}

    def __call__(self, method: str, path: str, *statuses: int, **options: Any) -> Any:
        options.setdefault("headers", {})
        options["headers"] = self.auth | options["headers"]
        try:
            answer = httpx.request(method, f"{self.run.url}{path}", timeout=30, **options)
        except httpx.TransportError:
            assert 0 in statuses, path
            return None
        if answer.status_code >= 400:
            self.run.problems.append(f"{answer.headers} {answer.text}")
        assert not statuses or answer.status_code in statuses, answer.text
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer

    def sign_in(self, name: str, password: str, kind: str = "staff") -> "Door":
        door = Door(self.run)
        body = {"kind": kind, "name": name, "password": password}
        token = door("POST", "/v1/sessions", 201, json=body)["token"]
        self.run.tokens.append(token)
        door.auth = {"Authorization": f"Bearer {token}"}
        return door


def today() -> date:
    return local_date(clock.now())


def marked(**changes: Any) -> dict[str, Any]:
    """The form of the marked person as JSON; sex and birth date fit the number."""
    born = {"sex": "F", "birth_date": date(1952, 7, 4), "document_number": DOCUMENT}
    guardian = Guardian(GUARDIAN, "母亲", GUARDIAN_PHONE, today(), "2026")
    plain = born | {"name": NAME, "phone": PHONE, "address": ADDRESS, "applied_on": today()}
    filled = form(**plain | {"guardian": guardian})
    return msgspec.to_builtins(filled) | changes


def through_every_door(door: Door) -> dict[str, Any]:
    """What works: the open form, the desk, contacts, slips, passwords, keys, a workbook."""
    county, second = (
        door.sign_in(name, door.run.passwords[name]) for name in ("county1", "county2")
    )
    admin = door.sign_in("admin", door.run.passwords["admin"])
    station = county("POST", "/v1/stations", 201,
                     json={"code": "P1", "name": "一站", "kind": "station"})["id"]  # fmt: skip
    account = {"username": "desk", "display_name": "社工", "password": PASSWORD,
               "role": "station_head", "station_id": station}  # fmt: skip
    admin("POST", "/v1/accounts", 201, json=account)
    desk = door.sign_in("desk", PASSWORD)
    body = {"station_id": station, "form": marked()}
    for _ in range(2):  # the second becomes a claim
        once = {"Idempotency-Key": f"{PHONE}-{time.monotonic_ns()}"}
        door("POST", "/v1/registrations", 202, json=body, headers=once)
    enrol = {
        "station_id": station,
        "form": marked(name=OTHER_NAME, document_number=OTHER, birth_date="1990-05-01"),
        "materials": [
            {"item": "id_document", "original_seen": True, "copy_received": True},
            {"item": "photo", "copy_received": True},
        ],
    }
    made = desk("POST", "/v1/volunteers", 201, json=enrol, headers={"Idempotency-Key": OTHER})
    path = f"/v1/volunteers/{made['volunteer_id']}"
    desk("PATCH", path, 200, json={"phone": PHONE, "address": ADDRESS})
    deadline = time.monotonic() + 30
    while not (items := desk("GET", "/v1/claims", 200)["items"]):  # the worker makes it
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert items[0]["phone"] == PHONE
    for search in ({"name": NAME}, {"document_number": DOCUMENT}):
        assert desk("POST", "/v1/volunteers/search", 200, json=search)["items"]
    slip = desk("POST", f"{path}/slip", 201)["slip"]
    use = {"member_no": made["member_no"], "slip": slip, "password": PASSWORD}
    door.run.tokens += [slip, door("POST", "/v1/sessions/slip", 201, json=use)["token"]]
    me = door.sign_in(made["member_no"], PASSWORD, "volunteer")
    wish = {"text": f"{NAME}，{ADDRESS}，{DOCUMENT}"}
    asked = me("POST", f"{path}/correction-requests", 201, json=wish)
    desk("POST", f"/v1/correction-requests/{asked['id']}/resolve", 200,
         json={"outcome": "refused", "reason": "无误"})  # fmt: skip
    me("POST", f"{path}/export", 200, json={})
    mend = {"name": f"{OTHER_NAME}二", "reason": "身份证"}
    county("POST", f"{path}/identity", 200, json=mend, headers={"Idempotency-Key": PHONE})
    key = admin("POST", "/v1/clients", 201, json={"name": "平台", "scopes": ["volunteers:read"]})
    door.run.tokens.append(key["key"])
    bring_in(county, second)
    return {"station": station, "path": path, "desk": desk, "county": county, "body": body}


def bring_in(county: Door, second: Door) -> None:
    """A workbook with a good row, a number a spreadsheet has destroyed, and a child."""
    good = list(PERSON)
    good[2], good[6], good[4], good[9] = LISTED, THIRD, "1980-01-01", PHONE
    good[3], good[12], good[13], good[14] = "男", GUARDIAN, "母亲", GUARDIAN_PHONE
    numeric, child, wrong = list(good), list(good), list(good)
    numeric[0], numeric[6] = 2, 100000198001010033
    child[0], child[6], child[4] = 3, "100000201509010011", "2015-09-01"
    wrong[0], wrong[4], wrong[9] = 4, "1980-13-01", f"{PHONE}x{ADDRESS}"
    rows = [served(1, hours=PHONE, number=THIRD), served(2, hours="2", number=DOCUMENT + "9")]
    content = workbook(roster=[good, numeric, child, wrong], services=rows)
    upload = county("POST", "/v1/imports?filename=a.xlsx&reason=x", 202, content=content,
                    headers={"Content-Type": XLSX})  # fmt: skip
    for state, then in (("previewed", second), ("done", None)):
        deadline = time.monotonic() + 60
        while (run := county("GET", f"/v1/imports/{upload['id']}", 200))["state"] != state:
            assert time.monotonic() < deadline, run
            time.sleep(0.2)
        items = county("GET", f"/v1/imports/{upload['id']}/problems", 200)["items"]
        county.run.problems.append(str(items))
        if then:
            then("POST", f"/v1/imports/{upload['id']}/commit", 202)
    assert len(items) >= 4, items
    broken = content[: len(content) // 2] + PHONE.encode()
    for bad in (broken, PHONE.encode()):
        county("POST", "/v1/imports?filename=a.xlsx", 422, content=bad,
               headers={"Content-Type": XLSX})  # fmt: skip


def refused_in_every_way(door: Door, seen: dict[str, Any]) -> None:
    desk, body = seen["desk"], seen["body"]
    path = "/v1/registrations"
    for changes in (
        {"birth_date": "1952-07-05"}, {"document_number": DOCUMENT[:-1] + "1"},
        {"birth_date": "2015-09-01", "document_number": "100000201509010011"},
        {"phone": f"x{PHONE}"}, {"guardian": None, "birth_date": "2010-01-01"},
    ):  # fmt: skip
        door("POST", path, 422, json=body | {"form": body["form"] | changes})
    for changes in ({DOCUMENT: 1},
        {PHONE: 1}, {NAME: NAME}, {"birth_date": PHONE}, {"sex": NAME},
                    {"guardian": PHONE}, {"phone": [PHONE]}, {"name": NAME * 40}):  # fmt: skip
        door("POST", path, 400, json=body | {"form": body["form"] | changes})
    door("POST", path, 400, content=f'{{"form": "{DOCUMENT}{NAME}'.encode())
    door("POST", path, 415, content=DOCUMENT, headers={"Content-Type": "text/plain"})
    desk("POST", "/v1/volunteers", 409, json=body | {"materials": []})
    for place in (DOCUMENT, quote(NAME), f"search?name={quote(NAME)}&phone={PHONE}"):
        desk("GET", f"/v1/volunteers/{place}", 404, 405)
    desk("GET", f"/v1/stations?limit={PHONE}", 400)
    desk("GET", f"/v1/stations?cursor={DOCUMENT}", 400)
    desk("PATCH", seen["path"], 422, json={"phone": f"{PHONE}00000"})
    desk("PATCH", seen["path"], 412, json={"phone": PHONE}, headers={"If-Match": '"99"'})
    desk("POST", "/v1/volunteers/search", 400, json={"name": [NAME]})
    for name, password in ((PHONE, PASSWORD), ("desk", f"{PASSWORD}!"), (DOCUMENT, PASSWORD)):
        for kind in ("staff", "volunteer"):
            who = {"kind": kind, "name": name, "password": password}
            door("POST", "/v1/sessions", 401, json=who)
    door("GET", "/v1/me", 401, headers={"Authorization": f"Bearer {PASSWORD}"})
    slip = {"member_no": PHONE, "slip": PASSWORD[:20], "password": PASSWORD}
    door("POST", "/v1/sessions/slip", 422, json=slip)


async def broken_below(run: Run, door: Door, seen: dict[str, Any]) -> list[str]:
    """Constraints that fail, sessions that are ended or waited for, and what the server shows."""
    shown = []
    connection = await asyncpg.connect(run.database)
    await connection.execute("SET application_name = 'tests'")
    try:
        for number, constraint in enumerate(
            (f"name <> '{NAME}新'", "document_kind <> 'id_card'", "length(name) < 3")
        ):
            await connection.execute(
                f"ALTER TABLE person ADD CONSTRAINT broken CHECK ({constraint}) NOT VALID"
            )
            fresh = msgspec.to_builtins(
                # Of another day than the numbers above, whatever was counted before.
                form(
                    date(1971, 3, 4),
                    name=f"{NAME}新",
                    phone=PHONE,
                    address=ADDRESS,
                    applied_on=today(),
                )
            )
            body = seen["body"] | {"form": fresh}
            await in_thread(seen["desk"], "POST", "/v1/volunteers", 500, json=body)
            failures = run.log.read_text().count("a job failed")
            await in_thread(door, "POST", "/v1/registrations", 202, json=body)
            deadline = time.monotonic() + 30
            while run.log.read_text().count("a job failed") == failures:
                assert time.monotonic() < deadline
                await anyio.sleep(0.1)
            await connection.execute("ALTER TABLE person DROP CONSTRAINT broken")
            assert number < 3
        for end in ("pg_cancel_backend", "pg_terminate_backend"):
            async with connection.transaction():
                await connection.execute("LOCK TABLE person, person_key")
                asked = threading.Thread(
                    target=door, args=("POST", "/v1/registrations", 202, 500, 503),
                    kwargs={"json": seen["body"]},
                )  # fmt: skip
                asked.start()
                waiting = []
                while not waiting:
                    waiting = await connection.fetch(
                        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    )
                shown += map(str, await connection.fetch("SELECT * FROM pg_stat_activity"))
                await connection.fetch(
                    f"SELECT {end}(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                )
            asked.join()
    finally:
        await connection.close()
    assert any("INSERT" in one or "SELECT" in one for one in shown)
    return shown


async def in_thread(call: Any, *args: Any, **kwargs: Any) -> Any:
    return await anyio.to_thread.run_sync(lambda: call(*args, **kwargs))


def killed(run: Run, door: Door, seen: dict[str, Any]) -> None:
    """Every process of ours in the middle of its work; the supervisor starts them again."""
    for name in ("serve", "work", "relay"):
        victims = [p for p in family(run.process.pid) if name in command_of(p)]
        assert victims, name
        with ThreadPoolExecutor(4) as pool:
            asked = [
                pool.submit(door, "POST", "/v1/registrations", 202, 503, 0, json=seen["body"])
                for _ in range(8)
            ]
            for victim in victims:
                victim.kill()
            for one in asked:
                one.result()
        until_ready(run)


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def until_ready(run: Run) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{run.url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come back")


def commands(run: Run, tmp_path: Path) -> str:
    """The commands that take personal data, with all they say."""
    book = tmp_path / "a.xlsx"
    row = list(PERSON)
    row[2], row[9], row[4] = NAME, f"{PHONE}x", DOCUMENT
    book.write_bytes(workbook(roster=[row], services=[served(1, hours="x", number=DOCUMENT)]))
    config = msgspec.structs.replace(run.config, database_url=run.database, redis_url=run.redis)
    said = []
    for words, typed in (
        (["import", str(book), "--as", "county1"], ""),
        (["admin", "create", "marked", "--role", "county"], f"{PASSWORD}\n"),
        (["admin", "create", "marked", "--role", "county"], "short"),
        (["keys", "rotate"], ""),
        (["keys", "rewrap"], ""),
    ):
        done = command(config, *words, typed=typed)
        assert "Traceback" not in done.stderr
        said.append(done.stdout + done.stderr)
    return "\n".join(said)


async def stored(run: Run) -> dict[tuple[str, str], str]:
    """Every column of every table as text."""
    connection = await asyncpg.connect(run.database)
    try:
        columns = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
        return {
            (table, column): "\n".join(
                str(row[0]) for row in await connection.fetch(f'SELECT "{column}" FROM "{table}"')
            )
            for table, column in columns
        }
    finally:
        await connection.close()


def in_redis(run: Run) -> str:
    with Redis.from_url(run.redis) as redis:
        keys = redis.keys("*")
        return f"{keys} {[redis.dump(key) for key in keys]} {redis.xrange('volunteer.events')}"


def forms_of(secret: str) -> set[bytes]:
    """How a value may stand in an output: as it is, escaped, quoted, as bytes in hexadecimal."""
    plain = secret.encode()
    escaped = secret.encode("ascii", "backslashreplace")
    return {
        plain,
        escaped,
        quote(secret).encode(),
        repr(plain)[2:-1].encode(),
        plain.hex().encode(),
    }


def found(text: bytes, wanted: list[str]) -> list[str]:
    return [secret for secret in wanted if any(one in text for one in forms_of(secret))]


async def test_what_is_personal_stands_nowhere_but_sealed(run: Run, tmp_path: Path) -> None:
    door = Door(run)
    seen = await in_thread(through_every_door, door)
    await in_thread(refused_in_every_way, door, seen)
    outputs = {"pg_stat_activity": "\n".join(await broken_below(run, door, seen)).encode()}
    await in_thread(killed, run, door, seen)
    outputs["commands"] = (await in_thread(commands, run, tmp_path)).encode()
    everything = [*NAMES, *SECRETS, *run.tokens, *run.passwords.values()]
    columns = await stored(run)
    outputs |= {".".join(place): text.encode() for place, text in columns.items()}
    assert NAME in columns["person", "name"]
    assert "volunteer.applied" in columns["event_log", "body"]
    outputs["redis"] = in_redis(run).encode()
    outputs["problems"] = "\n".join(run.problems).encode()
    outputs["log"] = run.log.read_bytes()
    for log in (run.config.data_dir / "log").iterdir():
        outputs[log.name] = log.read_bytes()
    assert b"registrations" in outputs["log"]
    assert b"ERROR" in outputs["postgres.log"]
    assert len(run.problems) > 30
    first = set(run.passwords.values())
    leaks = {
        place: where
        for place, text in outputs.items()
        if (
            where := [
                one
                for one in found(text, everything)
                if not (place == PERMITTED and one in NAMES)
                # `make run` shows the first passwords once, to whoever started it.
                and not (place == "log" and one in first)
            ]
        )
    }
    assert leaks == {}
    # On the disk, too, none but names is in the clear.
    on_disk = b"".join(
        path.read_bytes()
        for folder in ("postgres", "valkey")
        for path in sorted((run.config.data_dir / folder).rglob("*"))
        if path.is_file()
    )
    assert NAME.encode() in on_disk
    assert found(on_disk, [*SECRETS, *run.tokens]) == []
