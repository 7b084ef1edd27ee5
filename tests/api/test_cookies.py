"""Sessions as cookies: out of scripts' reach, and useless to other sites."""

import re
from http.cookies import SimpleCookie

import msgspec
import pytest

from tests.api.test_sign_in import name_of
from tests.builders import PASSWORD, client_key, serving, staff
from volunteer_svc.app import create_app

NAME = "__Host-session"
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "https://test", "Host": "test"}
STATION = {"code": "C1", "name": "x", "kind": "station"}


def cookie_in(response):
    (header,) = response.headers.get_list("set-cookie")
    ((name, morsel),) = SimpleCookie(header).items()
    return name, morsel


@pytest.fixture
async def browser(client):
    """Signed in by cookie: the headers a page of ours sends."""
    me = await staff("county")
    body = {"kind": "staff", "name": await name_of(me), "password": PASSWORD}
    response = await client.post("/v1/sessions?by=cookie", json=body, headers=OURS)
    assert response.status_code == 201, response.text
    _, morsel = cookie_in(response)
    client.cookies.clear()
    return {
        "Cookie": f"{NAME}={morsel.value}",
        "X-CSRF-Token": response.json()["csrf_token"],
        **OURS,
    }


async def test_the_cookie_is_secure_and_the_token_is_in_no_body(client):
    me = await staff("county")
    body = {"kind": "staff", "name": await name_of(me), "password": PASSWORD}
    response = await client.post("/v1/sessions?by=cookie", json=body)
    name, morsel = cookie_in(response)
    assert name == NAME
    assert (morsel["secure"], morsel["httponly"], morsel["path"]) == (True, True, "/")
    assert (morsel["samesite"].lower(), morsel["domain"]) == ("lax", "")
    assert int(morsel["max-age"]) == 12 * 3600
    assert morsel.value not in response.text
    assert response.json()["token"] is None
    bearer = await client.post("/v1/sessions", json=body)
    assert "set-cookie" not in bearer.headers
    assert bearer.json()["csrf_token"] is None


@pytest.mark.usefixtures("pinned_clock")
async def test_without_tls_the_setting_says_so(database):
    me = await staff("county")
    body = {"kind": "staff", "name": await name_of(me), "password": PASSWORD}
    config = msgspec.structs.replace(database, cookie_secure=False)
    async with serving(create_app(config)) as client:
        response = await client.post("/v1/sessions?by=cookie", json=body)
        name, morsel = cookie_in(response)
        assert (name, morsel["secure"], morsel["httponly"]) == ("session", "", True)
        # httpx keeps the cookie as a browser does.
        me = (await client.get("/v1/me")).json()
        assert me["csrf_token"] == response.json()["csrf_token"]
        headers = {"X-CSRF-Token": me["csrf_token"]}
        assert (await client.post("/v1/stations", json=STATION, headers=headers)).is_success
        left = await client.delete("/v1/sessions/current", headers=headers)
        assert left.status_code == 204
        assert not client.cookies


async def test_a_page_of_ours_reads_and_changes(client, browser):
    me = (await client.get("/v1/me", headers=browser)).json()
    assert me["csrf_token"] == browser["X-CSRF-Token"]
    made = await client.post("/v1/stations", json=STATION, headers=browser)
    assert made.status_code == 201, made.text
    left = await client.delete("/v1/sessions/current", headers=browser)
    assert cookie_in(left)[1]["max-age"] == "0"
    assert (await client.get("/v1/me", headers=browser)).status_code == 401


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"X-CSRF-Token": None}, "csrf_token_wrong"),
        ({"X-CSRF-Token": ""}, "csrf_token_wrong"),
        ({"X-CSRF-Token": "0" * 64}, "csrf_token_wrong"),
        ({"X-CSRF-Token": "\xe9".encode("latin-1")}, "csrf_token_wrong"),
        ({"Sec-Fetch-Site": "cross-site"}, "cross_site_request"),
        ({"Sec-Fetch-Site": "same-site"}, "cross_site_request"),
        ({"Sec-Fetch-Site": "", "Origin": None}, "cross_site_request"),
        ({"Origin": "https://evil.example"}, "cross_site_request"),
        ({"Origin": "https://test.evil.example"}, "cross_site_request"),
        ({"Origin": "https://test:444"}, "cross_site_request"),
        ({"Origin": "null"}, "cross_site_request"),
        ({"Origin": "https://[", "Sec-Fetch-Site": None}, "cross_site_request"),
        ({"Origin": None, "Sec-Fetch-Site": None}, None),
        ({"Origin": None}, None),
        ({"Sec-Fetch-Site": None}, None),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
async def test_a_change_under_a_cookie_needs_our_site_and_our_token(
    client, browser, change, code, method
):
    headers = {k: v for k, v in (browser | change).items() if v is not None}
    path = {
        "POST": "/v1/me/password",
        "PATCH": "/v1/stations/01890000-0000-7000-8000-000000000000",
        "PUT": "/v1/registrations/01890000-0000-7000-8000-000000000000/materials",
        "DELETE": "/v1/me/sessions",
    }[method]
    body = {
        "POST": {"present": "wrong password", "new": "x" * 10},
        "PATCH": {"name": "x"},
        "PUT": {"materials": [{"item": "photo", "copy_received": True}]},
        "DELETE": None,
    }[method]
    response = await client.request(method, path, json=body, headers=headers)
    if code is None:
        expected = {"POST": 422, "PATCH": 404, "PUT": 404, "DELETE": 204}[method]
        assert response.status_code == expected, response.text
    else:
        assert (response.status_code, response.json()["code"]) == (403, code)


async def test_anothers_token_does_not_fit_this_session(client, browser):
    me = await staff("county")
    body = {"kind": "staff", "name": await name_of(me), "password": PASSWORD}
    other = await client.post("/v1/sessions?by=cookie", json=body)
    headers = browser | {"X-CSRF-Token": other.json()["csrf_token"]}
    response = await client.delete("/v1/me/sessions", headers=headers)
    assert response.json()["code"] == "csrf_token_wrong"


async def test_every_route_that_changes_something_is_protected(client, browser):
    """Without the second token no method but a safe one gets further than the check."""
    del browser["X-CSRF-Token"]
    document = (await client.get("/schema/openapi.json")).json()
    tried = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation["security"] == [{}] or method == "get" or "requestBody" in operation:
                continue
            url = re.sub(r"\{\w+\}", "01890000-0000-7000-8000-000000000000", path)
            response = await client.request(method, url, headers=browser)
            assert response.json()["code"] == "csrf_token_wrong", path
            tried += 1
    assert tried >= 8


async def test_bearers_and_keys_need_no_second_token(client):
    evil = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    me, key = await staff("county"), await client_key("records:read")
    assert (await client.post("/v1/stations", json=STATION, headers=me.auth | evil)).is_success
    response = await client.get("/v1/service-records", headers=key.auth | evil)
    assert response.status_code == 200


async def test_a_bearer_goes_before_a_cookie(client, browser):
    me = await staff("admin")
    del browser["X-CSRF-Token"]
    found = (await client.get("/v1/me", headers=browser | me.auth)).json()
    assert (found["id"], found["csrf_token"]) == (str(me.actor.id), None)
    assert (await client.delete("/v1/me/sessions", headers=browser | me.auth)).status_code == 204


async def test_another_site_signs_no_browser_in(client):
    me = await staff("county")
    body = {"kind": "staff", "name": await name_of(me), "password": PASSWORD}
    evil = {"Origin": "https://evil.example"}
    response = await client.post("/v1/sessions?by=cookie", json=body, headers=evil)
    assert (response.status_code, response.json()["code"]) == (403, "cross_site_request")
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("cookie", ["gone", "", '"', "a;b=c", "x" * 300, "é", "=;="])
async def test_with_a_cookie_that_is_over_one_signs_in_again(client, cookie):
    me = await staff("county")
    body = {"kind": "staff", "name": await name_of(me), "password": PASSWORD}
    headers = {"Cookie": f"{NAME}={cookie}".encode("latin-1")}
    assert (await client.get("/v1/me", headers=headers)).status_code == 401
    assert (await client.post("/v1/sessions?by=cookie", json=body, headers=headers)).is_success
