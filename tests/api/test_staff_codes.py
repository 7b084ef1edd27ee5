"""Staff's one-time codes: enrolled, asked for, used once, recovered, removed, required."""

import base64
import re
from datetime import timedelta

import msgspec
import pytest

from tests.api.test_sign_in import name_of
from tests.builders import PASSWORD, active, application, serving, signed_in, staff, station
from volunteer_svc import clock
from volunteer_svc.domain.one_time_code import code_at, step_of
from volunteer_svc.identity.permissions import CODE_ROLES, TABLE
from volunteer_svc.store.database import fetch

ENROLLING = {"readMe", "signOut", "enrolCode", "confirmCode", "removeCode"}


class App:
    """An authenticator app."""

    def __init__(self, secret):
        self.secret = base64.b32decode(secret)

    def code(self, off=0):
        return code_at(self.secret, step_of(clock.now()) + off)


async def enrolled(client, me):
    made = await client.post("/v1/me/code", json={"present": PASSWORD}, headers=me.auth)
    assert made.status_code == 201, made.text
    app = App(made.json()["secret"])
    body = {"code": app.code(-1)}
    done = await client.post("/v1/me/code/confirm", json=body, headers=me.auth)
    assert done.status_code == 200, done.text
    return app, done.json()["recovery_codes"]


async def try_in(client, me, **more):
    body = {"kind": "staff", "name": await name_of(me), "password": PASSWORD} | more
    response = await client.post("/v1/sessions", json=body)
    return response.json().get("code", response.status_code)


async def test_a_confirmed_app_is_asked_for_and_its_code_is_good_once(client):
    me = await staff("county")
    app, _ = await enrolled(client, me)
    assert await try_in(client, me) == "code_required"
    assert await try_in(client, me, code="000000") == "code_wrong"
    assert await try_in(client, me, code=app.code(-1)) == "code_wrong"  # the confirmation's
    code = app.code()
    assert await try_in(client, me, code=code) == 201
    assert await try_in(client, me, code=code) == "code_wrong"
    assert await try_in(client, me, code=app.code(1)) == 201
    # Without the password a code tells nothing.
    assert await try_in(client, me, password="wrong password", code=app.code(1)) == "sign_in_failed"


async def test_codes_cannot_be_guessed_behind_a_known_password(client, monkeypatch):
    me = await staff("county")
    app, _ = await enrolled(client, me)
    answers = [await try_in(client, me, code=f"{n:06d}") for n in range(8)]
    assert answers == ["code_wrong"] * 5 + ["sign_in_failed"] * 3
    assert await try_in(client, me, code=app.code()) == "sign_in_failed"
    monkeypatch.setattr(clock, "_shift", clock._shift + timedelta(seconds=31))
    assert await try_in(client, me, code=app.code()) == 201


async def test_an_app_that_is_not_confirmed_is_not_asked_for(client):
    me = await staff("county")
    for _ in range(2):  # the second begins anew
        made = await client.post("/v1/me/code", json={"present": PASSWORD}, headers=me.auth)
    assert await try_in(client, me) == 201
    wrong = await client.post("/v1/me/code/confirm", json={"code": "000000"}, headers=me.auth)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "code_wrong")
    body = {"code": App(made.json()["secret"]).code()}
    done = await client.post("/v1/me/code/confirm", json=body, headers=me.auth)
    assert done.status_code == 200
    again = await client.post("/v1/me/code/confirm", json=body, headers=me.auth)
    assert (again.status_code, again.json()["code"]) == (409, "code_not_begun")
    again = await client.post("/v1/me/code", json={"present": PASSWORD}, headers=me.auth)
    assert (again.status_code, again.json()["code"]) == (409, "code_enrolled")


async def test_confirming_ends_the_sessions_opened_without_a_code(client):
    me = await staff("county")
    body = {"kind": "staff", "name": await name_of(me), "password": PASSWORD}
    other = (await client.post("/v1/sessions", json=body)).json()["token"]
    await enrolled(client, me)
    old = await client.get("/v1/me", headers={"Authorization": f"Bearer {other}"})
    assert old.status_code == 401
    assert (await client.get("/v1/me", headers=me.auth)).status_code == 200


async def test_a_recovery_code_stands_for_a_lost_app_once(client):
    me, other = await staff("county"), await staff("county")
    _, codes = await enrolled(client, me)
    _, others = await enrolled(client, other)
    typed = codes[0].lower().replace("-", " ")
    assert await try_in(client, me, code=others[0]) == "code_wrong"
    assert await try_in(client, me, code=typed) == 201
    assert await try_in(client, me, code=codes[0]) == "code_wrong"
    assert await try_in(client, me, code=codes[1]) == 201


async def test_secret_and_recovery_codes_are_nowhere_in_the_clear(client):
    me = await staff("county")
    app, codes = await enrolled(client, me)
    stored = str([dict(row) for row in await fetch("SELECT * FROM staff_code")])
    stored += str([dict(row) for row in await fetch("SELECT * FROM recovery_code")])
    for secret in (str(app.secret)[2:-1], *codes, *(code.replace("-", "") for code in codes)):
        assert secret not in stored


async def test_an_app_is_removed_with_the_password_or_by_an_administrator(client):
    me, admin = await staff("county"), await staff("admin")
    await enrolled(client, me)
    wrong = {"present": "wrong password"}
    for path in ("/v1/me/code", "/v1/me/code/remove"):
        refused = await client.post(path, json=wrong, headers=me.auth)
        assert (refused.status_code, refused.json()["code"]) == (422, "password_wrong")
    right = {"present": PASSWORD}
    for status in (204, 409):
        done = await client.post("/v1/me/code/remove", json=right, headers=me.auth)
        assert done.status_code == status
    assert await try_in(client, me) == 201
    await enrolled(client, me)
    path = f"/v1/accounts/{me.actor.id}/remove-code"
    assert (await client.post(path, headers=me.auth)).status_code == 403
    assert (await client.post(path, headers=admin.auth)).status_code == 200
    assert await try_in(client, me) == 201


async def test_volunteers_have_no_app(client):
    mine = await signed_in((await active((await station()).id)).id)
    refused = await client.post("/v1/me/code", json={"present": PASSWORD}, headers=mine.auth)
    assert (refused.status_code, refused.json()["code"]) == (403, "staff_only")


def url_of(path, some_id):
    return re.sub(r"\{\w+\}", some_id, path.replace("{year}", "2025"))


@pytest.mark.usefixtures("pinned_clock")
@pytest.mark.parametrize("role", [role for role in TABLE if role != "volunteer"])
async def test_where_it_is_required_a_session_without_an_app_only_enrols(database, role):
    config = msgspec.structs.replace(database, staff_codes_required=True)
    at = role in ("social_worker", "deputy_head", "station_head")
    me = await staff(role, (await station()).id if at else None)
    async with serving(application(config)) as client:
        if role not in CODE_ROLES:
            assert (await client.get("/v1/me/sessions", headers=me.auth)).status_code == 200
            return
        document = (await client.get("/schema/openapi.json")).json()
        tried = 0
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if operation["security"] == [{}] or operation["operationId"] in ENROLLING:
                    continue
                response = await client.request(
                    method, url_of(path, str(me.actor.id)), headers=me.auth
                )
                if "requestBody" in operation:  # a missing body may be seen first
                    assert response.status_code in (400, 403, 415), path
                else:
                    assert response.json()["code"] == "code_enrolment_required", path
                    tried += 1
        assert tried > 20
        assert (await client.get("/v1/me", headers=me.auth)).status_code == 200
        await enrolled(client, me)
        assert (await client.get("/v1/me/sessions", headers=me.auth)).status_code == 200
        body = {"present": PASSWORD}
        assert (await client.post("/v1/me/code/remove", json=body, headers=me.auth)).is_success
        sessions = await client.get("/v1/me/sessions", headers=me.auth)
        assert sessions.json()["code"] == "code_enrolment_required"


def test_every_route_for_the_signed_in_asks_who_calls(app_of_run):
    """Who must enrol first is refused where a handler learns who calls."""
    checked = 0
    for route in app_of_run.routes:
        for handler in getattr(route, "route_handlers", ()):
            signed_in = handler.security and handler.security != [{}]
            if signed_in and handler.operation_id:
                assert "call" in handler.parsed_fn_signature.parameters, handler.operation_id
                checked += 1
    assert checked > 40
