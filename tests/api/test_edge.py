"""Around every request: its id, headers, log line, metrics, patience, health."""

import json
import logging
import sys
from uuid import UUID

import anyio
import msgspec
import pytest

from tests.builders import serving, staff, station
from volunteer_svc import log
from volunteer_svc.api import edge
from volunteer_svc.app import create_app
from volunteer_svc.config import Config
from volunteer_svc.store.database import execute, fetch_row


@pytest.mark.parametrize("path", ["/v1/stations", "/v1/nowhere", "/v1/me", "/health/live"])
async def test_every_answer_carries_the_request_id(client, path):
    response = await client.get(path, headers={"X-Request-Id": "case-42_a.b"})
    assert response.headers["x-request-id"] == "case-42_a.b"
    for given in ("", "a b", "x" * 65, "\xe9".encode("latin-1")):
        response = await client.get(path, headers={"X-Request-Id": given})
        assert UUID(response.headers["x-request-id"]).version == 7


async def test_the_request_id_and_trace_follow_into_the_events(client):
    county = await staff("county")
    body = {"code": "E1", "name": "x", "kind": "station"}
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = county.auth | {"X-Request-Id": "r-1", "traceparent": trace}
    await client.post("/v1/stations", json=body, headers=headers)
    row = await fetch_row("SELECT correlation_id, traceparent FROM outbox ORDER BY id DESC")
    assert (row["correlation_id"], row["traceparent"]) == ("r-1", trace)
    for bad in ("00-" + "0" * 32 + "-b7ad6b7169203331-01", trace.upper(), "x" * 500):
        body["code"] += "x"
        await client.post("/v1/stations", json=body, headers=county.auth | {"traceparent": bad})
        row = await fetch_row("SELECT traceparent FROM outbox ORDER BY id DESC")
        assert row["traceparent"] is None


async def test_the_audit_trail_says_where_a_request_came_from(client):
    county = await staff("county")
    headers = county.auth | {"X-Request-Id": "r-2"}
    body = {"code": "E2", "name": "x", "kind": "station"}
    await client.post("/v1/stations", json=body, headers=headers)
    row = await fetch_row("SELECT * FROM audit_outbox ORDER BY outbox_id DESC")
    assert (row["action"], row["actor_id"]) == ("add_station", county.actor.id)
    assert (row["channel"], row["address"], row["request_id"]) == ("api", "127.0.0.1", "r-2")


async def test_a_request_is_one_line_without_what_was_asked(client, caplog):
    place = await station()
    with caplog.at_level(logging.INFO, "volunteer_svc.access"):
        await client.get(f"/v1/stations/{place.id}?name=王小明", headers={"X-Request-Id": "r-1"})
        await client.get("/v1/王小明")
    lines = [json.loads(log.JsonLines().format(record)) for record in caplog.records]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/v1/stations/{station_id}", 200),
        ("GET", "unmatched", 404),
    ]
    assert all(line["ms"] >= 0 and "王小明" not in str(line) for line in lines)
    assert str(place.id) not in str(lines)


def test_an_errors_text_is_logged_only_where_it_cannot_quote(caplog):
    restore = log.request_id.set("r-1")
    logger = logging.getLogger("test")
    for error in (ValueError("王小明"), OSError("no space left")):
        try:
            raise RuntimeError("outer") from error  # noqa: TRY301 - it is to be caught here
        except RuntimeError:
            logger.exception("failed")
    log.request_id.reset(restore)
    first, second = (log.fields_of(record) for record in caplog.records)
    assert "王小明" not in log.JsonLines().format(caplog.records[0])
    assert first["cause"]["error"] == "builtins.ValueError"
    assert second["cause"]["error_text"] == "no space left"
    text = log.TextLines().format(caplog.records[0])
    assert "failed" in text
    assert "test_edge.py" in text


def test_logging_is_set_up_in_both_forms(capsys):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        for form in ("json", "text"):
            log.setup(Config(log_format=form))
            logging.getLogger("x").info("hello", extra={"count": 1})
            (line,) = capsys.readouterr().out.splitlines()
            assert (json.loads(line)["count"] == 1) if form == "json" else ("count=1" in line)
    finally:
        root.handlers, root.level = handlers, level
        assert sys.stdout


async def test_metrics_count_by_route_template(client):
    place = await station()
    await client.get(f"/v1/stations/{place.id}")
    await client.request("BREW", "/v1/stations")
    text = (await client.get("/metrics")).text
    assert 'route="/v1/stations/{station_id}",status="200"' in text
    assert 'method="OTHER",route="unmatched"' in text
    assert "database_pool_in_use 0.0" in text
    assert "http_request_duration_seconds_bucket" in text
    assert str(place.id) not in text


async def test_a_body_that_never_ends_is_given_up(client, monkeypatch):
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.1)

    async def slow():
        yield b"{"
        await anyio.sleep(30)

    with anyio.fail_after(5):
        response = await client.post("/v1/sessions", content=slow())
    assert (response.status_code, response.json()["code"]) == (408, "body_too_slow")


async def test_a_slow_answer_is_no_slow_body(client, monkeypatch):
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.05)
    county = await staff("county")
    body = {"kind": "staff", "name": "nobody", "password": "x"}
    assert (await client.post("/v1/sessions", json=body)).status_code == 401
    assert (await client.get("/v1/me", headers=county.auth)).status_code == 200


async def test_ready_means_migrated(client):
    assert (await client.get("/health/ready")).json() == {"database": "ok", "redis": "ok"}
    await execute("DELETE FROM migration")
    response = await client.get("/health/ready")
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
    assert (await client.get("/health/live")).status_code == 200


async def test_redis_is_told_of_but_not_required(database):
    config = msgspec.structs.replace(database, redis_url="unix:///nowhere/valkey.sock")
    async with serving(create_app(config)) as client:
        response = await client.get("/health/ready")
    assert (response.status_code, response.json()["redis"]) == (200, "away")


async def test_only_the_document_is_served_and_nothing_loads_from_elsewhere(client):
    response = await client.get("/schema/openapi.json")
    assert response.json()["openapi"].startswith("3.1")
    assert response.headers["content-encoding"] == "gzip"
    plain = await client.get("/schema", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == response.json()
    for page in ("swagger", "redoc", "elements", "rapidoc", "scalar"):
        assert (await client.get(f"/schema/{page}")).status_code == 404


@pytest.mark.usefixtures("client")
async def test_a_client_that_leaves_within_its_body_is_no_failure_of_ours(app_of_run):
    sent = []
    messages = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/sessions",
        "raw_path": b"/v1/sessions",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
    }
    await app_of_run(scope, receive, send)
    assert sent[0]["status"] == 400
