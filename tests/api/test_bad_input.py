"""Bad input gets a clear error that names the field, stores nothing, and is never a 5xx."""

import msgspec
import pytest

from tests.builders import TODAY, active, form, signed_in, staff, station
from volunteer_svc.store.database import fetch

UNKNOWN = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
async def desk(client):
    """Posts a sheet with one entry of an active volunteer, changed as given."""
    home = await station()
    worker, person = await staff("social_worker", home.id), await active(home.id)

    async def post(changes):
        line = {"volunteer_id": str(person.id), "served_on": TODAY.isoformat(), "minutes": 60}
        line = {k: v for k, v in (line | changes).items() if v is not ...}
        body = {"station_id": str(home.id), "entries": [line]}
        return await client.post("/v1/service-records", json=body, headers=worker.auth)

    return post


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"minutes": 0}, "minutes_out_of_range"),
        ({"minutes": -1}, "minutes_out_of_range"),
        ({"minutes": 10**9}, "minutes_out_of_range"),
        ({"minutes": 10**40}, "minutes_out_of_range"),
        ({"minutes": ..., "hours": "NaN"}, "hours_not_whole_minutes"),
        ({"minutes": ..., "hours": "-Infinity"}, "hours_not_whole_minutes"),
        ({"minutes": ..., "hours": "1E+999999"}, "hours_not_whole_minutes"),
        ({"minutes": ..., "hours": "1_0"}, "hours_not_whole_minutes"),
        ({"minutes": ..., "hours": 1e300}, "hours_not_whole_minutes"),
        ({"minutes": ..., "hours": 0.001}, "hours_not_whole_minutes"),
        ({"volunteer_id": UNKNOWN}, "volunteer_unknown"),
        ({"volunteer_id": ..., "member_no": "99999999"}, "volunteer_unknown"),
        ({"served_on": "0001-01-01"}, "date_out_of_range"),
        ({"served_on": "9999-12-31"}, "date_out_of_range"),
        ({"started_at": "2026-11-01T08:00:00Z"}, "service_time_missing"),
        ({"served_on": ..., "minutes": ..., "started_at": "9999-12-31T23:59:59-12:00",
          "ended_at": "9999-12-31T23:59:59-12:00"}, "date_out_of_range"),
        ({"served_on": ..., "minutes": ..., "started_at": "2026-11-01T08:00:00Z",
          "ended_at": "2026-11-01T09:00:00Z", "break_minutes": 10**12}, "break_too_long"),
    ],
)  # fmt: skip
async def test_an_entry_that_cannot_be_is_refused_by_itself(desk, changes, code):
    response = await desk(changes)
    assert response.status_code == 200, response.text
    (outcome,) = response.json()["outcomes"]
    assert (outcome["outcome"], outcome["code"]) == ("refused", code)
    assert await fetch("SELECT 1 FROM service_record") == []


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"minutes": "60"}, "value_wrong_type", "entries[0].minutes"),
        ({"minutes": 1.5}, "value_wrong_type", "entries[0].minutes"),
        ({"minute": 60}, "field_unknown", "entries[0].minute"),
        ({"started_at": "2026-11-01T08:00:00"}, "time_needs_offset", "entries[0].started_at"),
        ({"started_at": "yesterday"}, "value_malformed", "entries[0].started_at"),
        ({"served_on": "2026-02-30"}, "value_malformed", "entries[0].served_on"),
        ({"volunteer_id": "1"}, "value_malformed", "entries[0].volunteer_id"),
        ({"evidence": "hearsay"}, "value_not_a_choice", "entries[0].evidence"),
        ({"content": "a\0b"}, "value_malformed", "entries[0].content"),
        ({"content": "x" * 2001}, "value_out_of_bounds", "entries[0].content"),
        ({"hours": "x" * 17}, "value_out_of_bounds", "entries[0].hours"),
    ],
)
async def test_what_cannot_be_decoded_names_its_field(desk, changes, code, field):
    response = await desk(changes)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, code)
    assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "body_missing"),
        (b"{", "json_malformed"),
        (b"[" * 100_000, "value_wrong_type"),
        (b'{"station_id":' + b"[" * 100_000, "value_wrong_type"),
        (b'{"kind":' * 100_000, "field_unknown"),
        (b'{"minutes": NaN}', "field_unknown"),
        (b'{"station_id": NaN}', "json_malformed"),
        (b'{"station_id": "\xff\xfe"}', "value_malformed"),
        (b'{"entries": [{"content": "\xff\xfe"}]}', "json_malformed"),
        (b'{"station_id": "\\ud800"}', "json_malformed"),
        (b"null", "value_wrong_type"),
        (b"[]", "value_wrong_type"),
        (b'"text"', "value_wrong_type"),
        (b"9" * 100_000, "value_malformed"),
    ],
)
async def test_a_broken_body_is_a_400(client, body, code):
    worker = await staff("county")
    headers = worker.auth | {"Content-Type": "application/json"}
    response = await client.post("/v1/service-records", content=body, headers=headers)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, code), response.text


async def test_values_are_never_echoed(desk):
    for changes in ({"evidence": "王小明"}, {"王小明": 1}, {"volunteer_id": "王小明"}):
        response = await desk(changes)
        assert response.status_code == 400
        assert "王小明" not in response.text


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_of_20_mb_is_too_large(client, chunked):
    async def chunks():
        for _ in range(20):
            yield b" " * 1_000_000

    content = chunks() if chunked else b" " * 20_000_000
    headers = {"Content-Type": "application/json"}
    response = await client.post("/v1/registrations", content=content, headers=headers)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


async def test_a_workbook_may_be_larger_but_not_boundless(client):
    county = await staff("county")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    for size, status, code in (
        (2_000_000, 422, "workbook_unreadable"),
        (21_000_000, 413, "body_too_large"),
    ):
        response = await client.post(
            "/v1/imports?filename=a.xlsx",
            content=b"x" * size,
            headers=county.auth | {"Content-Type": kind},
        )
        assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/registrations?station_id=x", 400),
        ("/v1/registrations?station_id=%00", 400),
        ("/v1/registrations?station_id=%ff%fe", 400),
        ("/v1/registrations?cursor=%ff", 400),
        ("/v1/registrations?cursor=" + "A" * 5000, 400),
        ("/v1/registrations?open_only=perhaps", 400),
        ("/v1/service-records?state=%ED%A0%80", 400),
        ("/v1/recognitions/0", 400),
        ("/v1/recognitions/99999999999999999999", 400),
        ("/v1/recognitions/-1", 400),
        ("/v1/stations/%00", 404),
        ("/v1/stations/%ff", 404),
        (f"/v1/volunteers/{UNKNOWN}", 404),
        (f"/v1/volunteers/{UNKNOWN}/ledger", 404),
        (f"/v1/volunteers/{UNKNOWN}/accesses", 404),
        ("/v1/disclosures?waiting=perhaps", 400),
        ("/v1/audit-entries", 403),
        (f"/v1/volunteers/{UNKNOWN}/service-records", 404),
        (f"/v1/registrations/{UNKNOWN}", 404),
        (f"/v1/service-records/{UNKNOWN}", 404),
        (f"/v1/imports/{UNKNOWN}", 404),
        (f"/v1/imports/{UNKNOWN}/problems", 404),
        (f"/v1/imports/{UNKNOWN}/problems.xlsx", 404),
        (f"/v1/recognitions/2025?station_id={UNKNOWN}", 404),
    ],
)
async def test_bad_parameters_and_unknown_ids_are_the_callers_fault(client, path, status):
    county = await staff("county")
    response = await client.get(path, headers=county.auth)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["subject=%00", "subject=x' OR 1=1", "actor_id=1"])
async def test_bad_parameters_of_the_audit_are_the_auditors_fault(client, query):
    auditor = await staff("auditor")
    response = await client.get(f"/v1/audit-entries?{query}", headers=auditor.auth)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/clients", {"name": "x", "scopes": ["x"]}, 422),
        ("/v1/clients", {"name": "x", "scopes": ["records:read"],
                         "expires_at": "9999-12-31T23:59:59-12:00"}, 422),
        ("/v1/clients", {"name": "x", "scopes": ["records:read"],
                         "expires_at": "0001-01-01T00:00:00+12:00"}, 422),
        ("/v1/clients", {"name": "x", "scopes": ["records:read"],
                         "expires_at": "2027-01-01T00:00:00"}, 400),
        ("/v1/accounts", {"username": "王", "display_name": "x", "password": "x" * 10,
                          "role": "admin"}, 400),
        ("/v1/accounts", {"username": "a", "display_name": "x", "password": "short",
                          "role": "admin"}, 422),
        ("/v1/accounts", {"username": "a", "display_name": "x", "password": "x" * 10,
                          "role": "social_worker", "station_id": UNKNOWN}, 422),
        ("/v1/accounts", {"username": "a", "display_name": "x", "password": "x" * 10,
                          "role": "bureau", "volunteer_id": UNKNOWN}, 422),
        ("/v1/stations", {"code": "a b", "name": "x", "kind": "station"}, 400),
        ("/v1/stations", {"code": "a", "name": "x", "kind": "station",
                          "parent_id": UNKNOWN}, 422),
        (f"/v1/accounts/{UNKNOWN}/close", None, 404),
    ],
)  # fmt: skip
async def test_bad_settings_are_refused(client, path, body, status):
    admin = await staff("admin")
    response = await client.post(path, json=body, headers=admin.auth)
    assert response.status_code == status, response.text


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/recognitions/2025/publications",
         {"exclusions": [{"volunteer_id": UNKNOWN, "reason": "a\0"}]}, 400),
        ("/v1/recognitions/2025/publications",
         {"exclusions": [{"volunteer_id": UNKNOWN, "reason": ""}]}, 400),
        ("/v1/recognitions/2025/publications",
         {"exclusions": [{"volunteer_id": UNKNOWN, "reason": "x"}] * 101}, 400),
        ("/v1/recognitions/2026/publications", {}, 422),
        ("/v1/induction-sessions", {"station_id": UNKNOWN, "held_on": "2026-11-20"}, 422),
        (f"/v1/induction-sessions/{UNKNOWN}/attendance",
         {"attendees": [{"member_no": "1"}]}, 404),
        ("/v1/approvals", {"decisions": []}, 400),
        ("/v1/approvals",
         {"decisions": [{"kind": "record", "id": UNKNOWN, "decision": "approve"}]}, 200),
        (f"/v1/service-records/{UNKNOWN}/corrections", {"minutes": 1, "reason": "x"}, 404),
        ("/v1/service-records", {"station_id": UNKNOWN, "entries": []}, 400),
        ("/v1/service-records", {"station_id": UNKNOWN, "entries": [{}]}, 422),
        (f"/v1/volunteers/{UNKNOWN}/reveal",
         {"fields": ["phone"], "purpose": "contact", "reason": "x"}, 404),
        (f"/v1/volunteers/{UNKNOWN}/reveal",
         {"fields": [], "purpose": "contact", "reason": "x"}, 400),
        (f"/v1/volunteers/{UNKNOWN}/reveal",
         {"fields": ["name"], "purpose": "contact", "reason": "x"}, 400),
        (f"/v1/volunteers/{UNKNOWN}/reveal",
         {"fields": ["phone"], "purpose": "curiosity", "reason": "x"}, 400),
        (f"/v1/volunteers/{UNKNOWN}/reveal",
         {"fields": ["phone"], "purpose": "contact", "reason": ""}, 400),
        (f"/v1/volunteers/{UNKNOWN}/disclosures",
         {"recipient": "x", "letter_reference": "1", "fields": ["phone"], "reason": "x"}, 404),
        (f"/v1/volunteers/{UNKNOWN}/disclosures",
         {"recipient": "x", "letter_reference": "", "fields": ["phone"], "reason": "x"}, 400),
        (f"/v1/disclosures/{UNKNOWN}/approve", None, 404),
        ("/v1/volunteers/search", {"name": "%_\\"}, 200),
        ("/v1/volunteers/search", {"document_number": "x" * 64}, 200),
        ("/v1/volunteers/search", {"limit": 5}, 400),
    ],
)  # fmt: skip
async def test_bad_requests_of_the_county_are_refused(client, path, body, status):
    county = await staff("county")
    response = await client.post(path, json=body, headers=county.auth)
    assert response.status_code == status, response.text


@pytest.mark.parametrize("held_on", ["0001-01-01", "9999-12-31"])
async def test_an_induction_at_the_end_of_the_calendar_is_no_5xx(client, held_on):
    home = await station()
    worker, person = await staff("social_worker", home.id), await active(home.id)
    body = {"station_id": str(home.id), "held_on": held_on}
    session = await client.post("/v1/induction-sessions", json=body, headers=worker.auth)
    assert session.status_code == 201
    response = await client.post(
        f"/v1/induction-sessions/{session.json()['id']}/attendance",
        json={"attendees": [{"volunteer_id": str(person.id)}]},
        headers=worker.auth,
    )
    assert response.status_code < 500


@pytest.mark.parametrize(
    "changes",
    [
        {"birth_date": "0001-01-01"},
        {"birth_date": "9999-12-31"},
        {"applied_on": "0001-01-01"},
        {"applied_on": "9999-12-31"},
        {"name": ""},
        {"name": "a\0"},
        {"name": "x" * 65},
        {"document_number": ""},
        {"document_number": "²" * 18},
        {"document_number": "１" * 18},
        {"phone": "²"},
        {"document_kind": "passport", "document_number": "\u202e\u0000"},
        {"guardian": {}},
        {"guardian": {"name": "x", "relation": "x", "phone": "x", "consented_on": "0001-01-01",
                      "text_version": "x"}},
    ],
)  # fmt: skip
async def test_a_wrong_form_is_refused_and_nothing_is_stored(client, changes):
    home = await station()
    worker = await staff("social_worker", home.id)
    body = {"station_id": str(home.id), "form": msgspec.to_builtins(form()) | changes}
    for path, auth in (("/v1/registrations", {}), ("/v1/volunteers", worker.auth)):
        response = await client.post(path, json=body, headers=auth)
        expected = (400, 422, 201) if changes == {"applied_on": "0001-01-01"} else (400, 422)
        assert response.status_code in expected, response.text


async def test_a_volunteer_reports_only_for_himself(client):
    home = await station()
    me, other = await active(home.id), await active(home.id)
    mine = await signed_in(me.id)
    line = {"served_on": TODAY.isoformat(), "minutes": 60, "evidence": "self"}
    for entry, status in (
        (line | {"volunteer_id": str(me.id)}, 200),
        (line | {"volunteer_id": str(other.id)}, 403),
        (line | {"member_no": other.member_no}, 403),
        (line | {"volunteer_id": str(me.id), "evidence": "staff"}, 403),
    ):
        body = {"station_id": str(home.id), "entries": [entry]}
        response = await client.post("/v1/service-records", json=body, headers=mine.auth)
        assert response.status_code == status, response.text
