"""The OWASP API top ten (2023): none is let in, none is a 5xx, none leaves a trace.

The hostile requests are data: `access`, `input`, `wire`. What they cannot show has a test here.
"""

import io
import json
import socket
import zipfile

import msgspec
import pytest

from tests.actions.test_county_import import NUMBER, PERSON, workbook
from tests.builders import PASSWORD, form, serving, staff
from tests.hostile import access, input, wire  # noqa: A004 - the corpus is named so
from tests.hostile.attack import XLSX
from tests.places import SECRET, a_world
from volunteer_svc import store
from volunteer_svc.api.rate_limit import RULES
from volunteer_svc.app import create_app
from volunteer_svc.config import Config
from volunteer_svc.identity.client_keys import new_key
from volunteer_svc.identity.tokens import token_hash
from volunteer_svc.store.database import fetch
from volunteer_svc.workbooks.problems import Problem, write_problems

CORPUS = {
    "API1 object level authorisation": access.OBJECT_LEVEL,
    "API2 authentication": access.AUTHENTICATION,
    "API3 object property level authorisation": access.PROPERTIES,
    "API4 resource consumption": input.RESOURCES,
    "API5 function level authorisation": access.FUNCTION_LEVEL,
    "API6 sensitive business flows": access.FLOWS,
    "API8 misconfiguration": input.MISCONFIGURATION,
    "injection": input.INJECTION,
}


@pytest.fixture
async def world(client):
    return await a_world()


async def places_of(world):
    """What the placeholders stand for."""
    county = world.actors["county"]
    account = await store.accounts.find(county.actor.id)
    token = county.token
    known = {"run": world.run, "account": world.account, "client": world.client, "token": token,
             "name": account.username, "hash": token_hash(token).hex(),
             "token.upper": token.swapcase(), "token.cut": token[:-1]}  # fmt: skip
    for name, place in world.places.items():
        known |= {f"{name}.{field}": value for field, value in msgspec.to_builtins(place).items()}
    return known


def filled(value, known):
    """The value with its placeholders replaced, whatever it is."""
    if isinstance(value, bytes):
        for name, text in known.items():
            value = value.replace(f"<{name}>".encode(), text.encode())
        return value
    if isinstance(value, str):
        return filled(value.encode("utf-8", "surrogatepass"), known).decode(
            "utf-8", "surrogatepass"
        )
    if isinstance(value, list):
        return [filled(one, known) for one in value]
    if isinstance(value, dict):
        return {name: filled(one, known) for name, one in value.items()}
    return value


async def fingerprint():
    """Every row of every table, but the last use of keys, failed sign-ins, and what was read."""
    rows = await fetch(
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename NOT IN ('client_key', 'sign_in_attempt')"
    )
    return {
        row["name"]: (
            await fetch(
                f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM"
                f' "{row["name"]}" t'
                " WHERE t::text NOT LIKE '%,access,%' AND t::text NOT LIKE '%,fail_sign_in,%'"
            )
        )[0][0]
        for row in rows
    }


async def send(client, world, attack, known):
    one = world.actors[attack.who]
    headers = (one.auth if attack.who != "nobody" else {}) | filled(attack.headers, known)
    body = filled(attack.body, known)
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    if content is not None and "Content-Type" not in headers:
        headers["Content-Type"] = "application/json"
    path = filled(attack.path, known)
    return await client.request(attack.method, path, content=content, headers=headers)


def complaint(attack, response):
    """How the answer differs from how the attack must end; None: not at all."""
    ends = attack.ends if isinstance(attack.ends, int) else 200
    if response.status_code != ends:
        return f"{response.status_code} {response.text[:120]}"
    if ends >= 400:
        if response.headers["content-type"] != "application/problem+json":
            return f"no problem document: {response.text[:120]}"
        problem = response.json()
        if "Traceback" in response.text or not problem["code"]:
            return response.text[:120]
    if attack.ends == "refused" and {o["outcome"] for o in response.json()["outcomes"]} != {
        "refused"
    }:
        return response.text[:200]
    if attack.ends == "empty" and response.json()["items"]:
        return response.text[:120]
    if SECRET in response.text:
        return "shows whom it must not"
    if "set-cookie" in response.headers or "access-control-allow-origin" in response.headers:
        return "a header that is not ours"
    if response.headers["x-content-type-options"] != "nosniff":
        return "without our headers"
    return None


@pytest.mark.parametrize("item", CORPUS)
async def test_no_hostile_request_is_let_in_or_leaves_a_trace(client, world, item):
    known, before = await places_of(world), await fingerprint()
    wrong = []
    for attack in CORPUS[item]:
        said = complaint(attack, await send(client, world, attack, known))
        if said:
            wrong.append((attack.who, attack.method, attack.path[:80], str(attack.body)[:80],
                          str(attack.headers)[:60], attack.ends, said))  # fmt: skip
    assert not wrong, "\n".join(map(str, wrong))
    assert await fingerprint() == before


def test_the_corpus_is_as_large_as_it_is_said_to_be():
    assert sum(map(len, CORPUS.values())) + len(wire.HEADS) >= 400
    assert all(len(attacks) >= 10 for attacks in CORPUS.values())


async def test_api2_a_session_that_is_over_opens_nothing(client):
    leaver = await staff("county")
    assert (await client.get("/v1/me", headers=leaver.auth)).status_code == 200
    admin = await staff("admin")
    await client.post(f"/v1/accounts/{leaver.actor.id}/close", headers=admin.auth)
    assert (await client.get("/v1/me", headers=leaver.auth)).status_code == 401
    await client.delete("/v1/sessions/current", headers=admin.auth)
    assert (await client.get("/v1/me", headers=admin.auth)).status_code == 401
    stranger = {"Authorization": f"Bearer {new_key()}"}
    assert (await client.get("/v1/me", headers=stranger)).status_code == 401


@pytest.mark.usefixtures("pinned_clock")
async def test_api4_guessing_and_flooding_come_to_an_end(database):
    config = msgspec.structs.replace(database, **{rule.setting: 5 for rule in RULES.values()})
    guess = {"kind": "staff", "name": "root", "password": PASSWORD}
    async with serving(create_app(config)) as client:
        statuses = [(await client.post("/v1/sessions", json=guess)).status_code for _ in range(9)]
        assert statuses == [401] * 5 + [429] * 4
        assert (await client.get("/v1/stations")).status_code == 429, "the address as a whole"


async def test_api7_nothing_we_are_told_makes_us_call_anybody(client, world):
    """No field holds an address to call; texts that look like one are kept as text."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        here, worker = world.places["here"], world.actors["station_head"]
        for url in (f"http://127.0.0.1:{port}/", f"http://localhost:{port}", f"//127.0.0.1:{port}",
                    f"http://2130706433:{port}", f"http://[::ffff:127.0.0.1]:{port}",
                    f"file://127.0.0.1:{port}/etc/passwd", f"\\\\127.0.0.1@{port}\\x",
                    f"gopher://127.0.0.1:{port}/_x"):  # fmt: skip
            entry = {"volunteer_id": here.volunteer, "served_on": "2026-11-19", "minutes": 1}
            entry |= dict.fromkeys(("content", "place", "external_ref", "title"), url)
            sheet = {"station_id": here.station, "entries": [entry]}
            edit = {"skills": url, "area": url, "address": url}
            plan = {"station_id": here.station, "held_on": "2026-11-19", "place": url}
            headers = worker.auth | {"Referer": url, "Origin": url, "Forwarded": f"host={url}",
                                     "X-Forwarded-Host": f"127.0.0.1:{port}"}  # fmt: skip
            for method, path, body in (
                ("POST", "/v1/service-records", sheet),
                ("PATCH", f"/v1/volunteers/{here.volunteer}", edit),
                ("POST", "/v1/induction-sessions", plan),
                ("POST", "/v1/volunteers/search", {"name": url[:64]}),
            ):
                response = await client.request(method, path, json=body, headers=headers)
                assert response.status_code < 300, response.text
        entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:{port}/">]><x>&e;</x>'
        link = ('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                '<Relationship Id="rId1" TargetMode="External" Type="http://schemas.openxmlformats.org'
                f'/officeDocument/2006/relationships/externalLinkPath" Target="http://127.0.0.1:{port}/"'
                '/></Relationships>')  # fmt: skip
        linked = hostile_book(link, "xl/externalLinks/_rels/externalLink1.xml.rels")
        for book, status in ((hostile_book(entity), 422), (linked, 202)):
            response = await upload(client, world, book)
            assert response.status_code == status, "read, and nobody called"
        with pytest.raises(TimeoutError):
            listener.accept()


async def test_api9_there_is_no_route_beside_the_document(client, world):
    document = (await client.get("/schema/openapi.json")).json()["paths"]
    known = await places_of(world)
    for path, operations in document.items():
        url = path.replace("{year}", "2025")
        for name in (
            "volunteer", "station", "record", "registration", "claim", "session", "disclosure",
            "delegation",
        ):  # fmt: skip
            url = url.replace(f"{{{name}_id}}", known[f"here.{name}"])
        for name in ("run", "account", "client"):
            url = url.replace(f"{{{'import' if name == 'run' else name}_id}}", known[name])
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"} - {
            one.upper() for one in operations
        }:
            response = await client.request(method, url, headers=world.actors["admin"].auth)
            assert response.status_code == 405, (method, path)
    for old in ("/v0", "/v2", "/v1.0", "/api/v1", "/internal", "/v1/internal", "/v1/test", "/beta"):
        for one in ("accounts", "volunteers", "stations", ""):
            response = await client.get(f"{old}/{one}", headers=world.actors["admin"].auth)
            assert response.status_code == 404, (old, one)


def hostile_book(xml, name="xl/workbook.xml"):
    """A workbook with one of its parts replaced."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as whole, zipfile.ZipFile(content, "w") as copy:
        for part in whole.namelist():
            copy.writestr(part, xml if part == name else whole.read(part))
        if name not in whole.namelist():
            copy.writestr(name, xml)
    return content.getvalue()


async def upload(client, world, content, who="county"):
    return await client.post(
        "/v1/imports?filename=a.xlsx",
        content=content,
        headers=world.actors[who].auth | {"Content-Type": XLSX},
    )


async def test_api10_what_others_made_is_not_believed(client, world):
    """A workbook is the only thing made elsewhere that is taken in."""
    before = await fingerprint()
    laughs = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", b"0" * 300_000_000)
    for content in (
        b"", b"PK", b"PK\x03\x04" + b"\0" * 1000, b"\xd0\xcf\x11\xe0" + b"\0" * 1000, b"%PDF-1.7",
        b"<html></html>", b"a,b\n=cmd()", workbook()[:-200], workbook()[100:], bomb.getvalue(),
        hostile_book(laughs + "]><x>&j;</x>"), hostile_book("<x>" * 100_000),
        hostile_book('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
        hostile_book(b"\xff\xfe\x00"),
    ):  # fmt: skip
        response = await upload(client, world, content)
        assert response.status_code == 422, (content[:60], response.text)
        assert "root:" not in response.text
    assert await fingerprint() == before


async def test_injection_a_formula_in_a_name_stays_text_in_a_workbook(client, world):
    formulas = ["=1+1", "+1", "-1", "@SUM(1)", "=cmd|'/c calc'!A1", "\t=1", "{=1}", "http://x"]
    rows = [Problem(sheet=one, row=1, line=1, column=one, code=one, sentence=one)
            for one in formulas]  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(write_problems(rows, ["x"] * 6))) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if "sheet" in name.lower()]
    assert sheets
    assert not [text for text in sheets if "<f>" in text or "<hyperlink" in text]
    hostile = [list(PERSON)]
    hostile[0][2] = "=HYPERLINK(1)"
    response = await upload(client, world, workbook(roster=hostile))
    assert response.status_code in (202, 422)
    assert NUMBER not in response.text


async def test_injection_nothing_typed_in_reaches_the_log(client, world, caplog):
    for attack in input.INJECTION:
        caplog.clear()
        with caplog.at_level("DEBUG", "volunteer_svc"):
            await send(client, world, attack, await places_of(world))
        text = " ".join(record.getMessage() + str(vars(record)) for record in caplog.records)
        for mark in ("Set-Cookie", "jndi", "signed in", "DROP TABLE", "__class__", "\x1b"):
            assert mark not in text, (mark, attack.path)


async def test_the_open_form_tells_nobody_who_is_a_volunteer(client, world):
    """Item 6, too: the same answer, whether somebody is known or not."""
    (sealed,) = await fetch(
        "SELECT document_hash FROM person WHERE volunteer_id = $1",
        world.actors["volunteer"].actor.id,
    )
    assert sealed
    fresh = {"station_id": world.places["here"].station, "form": msgspec.to_builtins(form())}
    first, again = [await client.post("/v1/registrations", json=fresh) for _ in range(2)]
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json().keys() == again.json().keys() == {"receipt"}
    assert {len(one.json()["receipt"]) for one in (first, again)} == {14}


def test_the_default_settings_open_nothing():
    config = Config()
    assert (config.host, config.cors_origins, config.trusted_proxies) == ("127.0.0.1", (), ())
