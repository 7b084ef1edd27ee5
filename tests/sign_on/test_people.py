"""Staff sign on at a real issuer: what they get, and everything that gets nobody in."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from tests.builders import PASSWORD, active, application, serving, staff, station
from tests.sign_on.conftest import signing_on
from tests.sign_on.issuer import CALLBACK, logged_in
from volunteer_svc import clock, ids
from volunteer_svc.actions.sign_on import _PLACE, Attempt
from volunteer_svc.app import create_app
from volunteer_svc.identity.vault import vault
from volunteer_svc.store.database import execute, fetch


async def setting_out(http, return_to="/"):
    """The address at the issuer; the browser has the cookie."""
    answer = await http.get("/v1/sign-on", params={"return_to": return_to})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def arriving(http, back):
    """What the service answers to the browser that comes back."""
    return await http.get(back.raw_path.decode())


async def sign_on(http, login, return_to="/", **strength):
    back = await logged_in(await setting_out(http, return_to), login, **strength)
    return await arriving(http, back)


async def linked(issuer, subject, role="social_worker", station_id=None):
    """An account that the administrator has let sign on."""
    one = await staff(role, station_id)
    await execute(
        "UPDATE staff SET issuer = $2, subject = $3, password_hash = NULL WHERE id = $1",
        one.actor.id, issuer.url, subject,
    )  # fmt: skip
    return one


async def nobody_is_in(http):
    assert (await http.get("/v1/me")).status_code == 401
    assert await fetch("SELECT 1 FROM session WHERE second_factor IS NOT NULL") == []


def code_of(response):
    return (response.status_code, response.json()["code"])


async def test_a_head_signs_on_and_has_his_claims_rights_and_no_more(http, issuer):
    home, other = await station(code="S-SSO"), await station()
    there, elsewhere = await active(home.id), await active(other.id)
    account = await linked(issuer, "head-1", station_id=home.id)
    answer = await sign_on(http, "head-1", "/volunteers?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/volunteers?page=2")
    assert "sign-on" not in http.cookies
    me = (await http.get("/v1/me")).json()
    assert (me["id"], me["role"]) == (str(account.actor.id), "station_head")
    assert me["station_id"] == str(home.id)
    assert (await http.get(f"/v1/volunteers/{there.id}")).status_code == 200
    assert (await http.get(f"/v1/volunteers/{elsewhere.id}")).status_code == 403
    assert (await http.get("/v1/accounts")).status_code == 403
    # A session by cookie like any other: nothing changes without its second token.
    write = {"path": f"/v1/volunteers/{there.id}/slip"}
    assert code_of(await http.post(write["path"])) == (403, "csrf_token_wrong")
    csrf = {"X-CSRF-Token": me["csrf_token"]}
    assert (await http.post(write["path"], headers=csrf)).status_code == 201
    rows = await fetch("SELECT subject, detail FROM audit_outbox WHERE action = 'sign_on'")
    ((subject, detail),) = rows
    assert subject == f"account/{account.actor.id}"
    assert json.loads(detail)["before"]["role"] == "social_worker"
    assert json.loads(detail)["after"]["role"] == "station_head"


async def test_the_request_is_bound_by_state_nonce_and_a_hashed_verifier(http):
    asked = parse_qs(urlsplit(await setting_out(http)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [CALLBACK]
    assert [len(asked[one][0]) for one in ("state", "nonce", "code_challenge")] == [43] * 3
    again = parse_qs(urlsplit(await setting_out(http)).query)
    assert not [one for one in ("state", "nonce", "code_challenge") if asked[one] == again[one]]
    cookie = http.cookies["sign-on"]
    assert asked["state"][0] not in cookie
    assert asked["state"][0].encode() not in base64.urlsafe_b64decode(cookie)


@pytest.mark.parametrize("cookie_secure", [True, False])
async def test_the_cookie_goes_to_the_callback_alone(database, issuer, cookie_secure):
    config = signing_on(database, issuer, cookie_secure=cookie_secure)
    async with serving(create_app(config)) as http:
        set_cookie = (await http.get("/v1/sign-on")).headers["set-cookie"]
    assert set_cookie.startswith("__Secure-sign-on=" if cookie_secure else "sign-on=")
    for part in ("HttpOnly", "Path=/v1/sign-on/callback", "SameSite=lax", "Max-Age=600"):
        assert part in set_cookie
    assert ("Secure;" in set_cookie + ";") is cookie_secure


async def test_rights_follow_the_claims_of_the_last_sign_on_in_all_sessions(database, own_issuer):
    home = await station(code="S-SSO")
    await linked(own_issuer, "head-1", "station_head", home.id)
    config = signing_on(database, own_issuer)
    async with serving(create_app(config)) as one, serving(create_app(config)) as other:
        assert (await sign_on(one, "head-1")).status_code == 303
        own_issuer.stop()
        own_issuer.people["head-1"]["roles"] = ["platform-county"]
        own_issuer.start()
        assert (await sign_on(other, "head-1")).status_code == 303
        me = (await one.get("/v1/me")).json()
        assert (me["role"], me["station_id"]) == ("county", None)
        own_issuer.stop()
        own_issuer.people["head-1"]["roles"] = []
        own_issuer.start()
        assert code_of(await sign_on(other, "head-1")) == (403, "sign_on_denied")
        for browser in (one, other):
            assert (await browser.get("/v1/me")).status_code == 401, "no role, no session"


@pytest.mark.parametrize("login", ["guest", "homeless", "head-1", "county-1"])
async def test_who_has_no_role_no_station_or_no_account_is_denied_alike(http, login):
    answer = await sign_on(http, login)  # no station S-SSO, and nobody is linked
    assert code_of(answer) == (403, "sign_on_denied")
    await nobody_is_in(http)
    (entry,) = await fetch("SELECT subject, detail FROM audit_outbox WHERE trail = 'audit'")
    assert (entry["subject"], json.loads(entry["detail"])) == (None, {"how": "sign_on"})


async def test_a_closed_account_stays_closed_also_where_accounts_are_made(database, issuer):
    account = await linked(issuer, "county-1", "county")
    await execute("UPDATE staff SET closed_at = now() WHERE id = $1", account.actor.id)
    config = signing_on(database, issuer, sso_create_accounts=True)
    async with serving(application(config)) as http:
        assert code_of(await sign_on(http, "county-1")) == (403, "sign_on_denied")
        await nobody_is_in(http)


async def test_by_setting_the_first_sign_on_makes_the_account(database, issuer):
    home = await station(code="S-SSO")
    config = signing_on(database, issuer, sso_create_accounts=True)
    async with serving(application(config)) as http:
        for _ in range(2):
            assert (await sign_on(http, "head-1")).status_code == 303
        assert code_of(await sign_on(http, "guest")) == (403, "sign_on_denied")
    rows = await fetch("SELECT display_name, role, station_id, subject FROM staff")
    assert [tuple(row) for row in rows] == [("站长", "station_head", home.id, "head-1")]


async def test_one_account_has_one_way_in(http, issuer):
    admin, known = await staff("admin"), await staff("county")
    (name,) = (await fetch("SELECT username FROM staff WHERE id = $1", known.actor.id))[0]
    path, body = f"/v1/accounts/{known.actor.id}/sign-on", {"subject": "county-1"}
    made = await http.post(path, json=body, headers=admin.auth)
    assert (made.status_code, made.json()["subject"]) == (200, "county-1")
    assert (await http.get("/v1/me", headers=known.auth)).status_code == 401, "its sessions end"
    by_password = {"kind": "staff", "name": name, "password": PASSWORD}
    refused = await http.post("/v1/sessions", json=by_password)
    assert code_of(refused) == (401, "sign_in_failed")
    assert (await sign_on(http, "county-1")).status_code == 303
    http.cookies.clear()
    other = await staff("county")
    taken = await http.post(f"/v1/accounts/{other.actor.id}/sign-on", json=body, headers=admin.auth)
    assert code_of(taken) == (409, "subject_linked_elsewhere")
    back = await http.post(f"/v1/accounts/{known.actor.id}/reset-password", headers=admin.auth)
    by_password["password"] = back.json()["password"]
    assert (await http.post("/v1/sessions", json=by_password)).status_code == 201
    assert code_of(await sign_on(http, "county-1")) == (403, "sign_on_denied")


@pytest.mark.parametrize(
    ("strength", "expected"),
    [({}, 403), ({"acr": "mfa"}, 303), ({"amr": "pwd otp"}, 303), ({"amr": "pwd"}, 403)],
)
async def test_a_second_factor_is_asked_for_where_codes_are_required(
    database, issuer, strength, expected
):
    await linked(issuer, "county-1", "county")
    config = signing_on(
        database, issuer, staff_codes_required=True, sso_acr_values=("mfa",),
        sso_amr_values=("otp", "hwk"),
    )  # fmt: skip
    async with serving(application(config)) as http:
        answer = await sign_on(http, "county-1", **strength)
        assert answer.status_code == expected
        if expected == 403:
            assert answer.json()["code"] == "second_factor_required"
            await nobody_is_in(http)
        else:
            assert (await http.get("/v1/stations")).status_code == 200
            assert (await http.get("/v1/volunteers/x")).status_code != 403


async def test_a_session_without_second_factor_is_held_to_a_setting_that_comes_later(
    database, issuer
):
    account = await linked(issuer, "county-1", "county")
    # An app confirmed here is no second factor: the sign-on does not ask for its code.
    await execute("INSERT INTO staff_code VALUES ($1, '\\x00', 0, now(), now())", account.actor.id)
    async with serving(application(signing_on(database, issuer))) as http:
        assert (await sign_on(http, "county-1")).status_code == 303
        cookies = http.cookies
        later = signing_on(database, issuer, staff_codes_required=True)
        async with serving(application(later)) as after:
            after.cookies = cookies
            assert code_of(await after.get("/v1/registrations")) == (403, "code_enrolment_required")


async def test_a_code_and_a_state_are_good_once(http, issuer):
    await linked(issuer, "county-1", "county")
    url = await setting_out(http)
    cookie = http.cookies["sign-on"]
    back = await logged_in(url, "county-1")
    assert (await arriving(http, back)).status_code == 303
    http.cookies.clear()
    assert code_of(await arriving(http, back)) == (401, "sign_on_failed")
    http.cookies.set("sign-on", cookie)
    assert code_of(await arriving(http, back)) == (401, "sign_on_failed")
    assert (await http.get("/v1/me")).status_code == 401


async def test_another_browser_cannot_end_what_this_one_began(http, issuer, database):
    await linked(issuer, "county-1", "county")
    back = await logged_in(await setting_out(http), "county-1")
    async with serving(application(signing_on(database, issuer))) as other:
        assert code_of(await arriving(other, back)) == (401, "sign_on_failed")
        await setting_out(other)  # its own sign-on, of another state
        assert code_of(await arriving(other, back)) == (401, "sign_on_failed")
        await nobody_is_in(other)


def resealed(http, **changes):
    """Put another attempt into the browser's cookie, well sealed."""
    plain = vault().open(base64.urlsafe_b64decode(http.cookies["sign-on"]), _PLACE)
    attempt = msgspec.structs.replace(msgspec.json.decode(plain, type=Attempt), **changes)
    http.cookies.clear()
    sealed = vault().seal(msgspec.json.encode(attempt), _PLACE)
    http.cookies.set("sign-on", base64.urlsafe_b64encode(sealed).decode())


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": ids.token()},
        {"verifier": ids.token()},
        {"state": ids.token()},
        {"ends_at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
)
async def test_an_answer_that_is_not_to_this_question_is_refused(http, issuer, changes):
    await linked(issuer, "county-1", "county")
    back = await logged_in(await setting_out(http), "county-1")
    resealed(http, **changes)
    assert code_of(await arriving(http, back)) == (401, "sign_on_failed")
    http.cookies.clear()
    await nobody_is_in(http)


async def test_without_a_hashed_verifier_the_issuer_gives_no_code(http, issuer):
    url = httpx.URL(await setting_out(http))
    for missing in ("code_challenge", "code_challenge_method"):
        url = url.copy_remove_param(missing)
    back = await logged_in(str(url), "county-1")
    assert back.params["error"] == "invalid_request"
    assert code_of(await arriving(http, back)) == (401, "sign_on_failed")


async def test_an_answer_of_another_issuer_is_refused(http, issuer):
    await linked(issuer, "county-1", "county")
    for iss in ("https://evil.example", None):
        back = await logged_in(await setting_out(http), "county-1")
        back = back.copy_remove_param("iss") if iss is None else back.copy_set_param("iss", iss)
        assert code_of(await arriving(http, back)) == (401, "sign_on_failed")
    await nobody_is_in(http)


@pytest.mark.parametrize(
    "cookie", ["", "x", "AAAA", "%00", base64.urlsafe_b64encode(b"\xff" * 200).decode()]
)
async def test_a_cookie_that_is_not_ours_is_refused(http, cookie):
    http.cookies.set("sign-on", cookie)
    answer = await http.get("/v1/sign-on/callback?code=x&state=x")
    assert code_of(answer) == (401, "sign_on_failed")


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "", "x", "/a b",
     "/\t/evil", "/\n", "javascript:alert(1)", "/\u200b", "/" + "a" * 512, "/a\\..\\..\\b"],
)  # fmt: skip
async def test_the_way_back_never_leads_elsewhere(http, path):
    answer = await http.get("/v1/sign-on", params={"return_to": path})
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["field"] == "return_to"
    assert "set-cookie" not in answer.headers


async def test_while_the_issuer_is_away_only_sign_on_is(database, own_issuer):
    known = await staff("county")
    own_issuer.stop()
    async with serving(create_app(signing_on(database, own_issuer))) as http:
        answer = await http.get("/v1/sign-on")
        assert code_of(answer) == (503, "sign_on_unavailable")
        assert answer.headers["retry-after"]
        assert (await http.get("/health/ready")).status_code == 200
        assert (await http.get("/v1/registrations", headers=known.auth)).status_code == 200


async def test_an_issuer_that_goes_away_in_the_middle_is_told_of(database, own_issuer):
    async with serving(create_app(signing_on(database, own_issuer))) as http:
        back = await logged_in(await setting_out(http), "county-1")
        own_issuer.stop()
        assert code_of(await arriving(http, back)) == (503, "sign_on_unavailable")


async def test_without_the_setting_there_is_no_sign_on(client):
    for path in ("/v1/sign-on", "/v1/sign-on/callback?code=x&state=x"):
        assert code_of(await client.get(path)) == (404, "sign_on_off")


@pytest.mark.usefixtures("pinned_clock")  # a minute begins
async def test_tries_are_limited_as_those_of_passwords_are(database, issuer):
    config = signing_on(database, issuer, sign_ins_per_minute=3)
    async with serving(create_app(config)) as http:
        path = "/v1/sign-on/callback?code=x&state=x"
        assert [(await http.get(path)).status_code for _ in range(4)] == [401, 401, 401, 429]
        assert (await http.get("/v1/sign-on")).status_code == 429


async def test_a_session_by_sign_on_is_short(http, issuer):
    await linked(issuer, "county-1", "county")
    await sign_on(http, "county-1")
    (row,) = await fetch("SELECT expires_at FROM session WHERE second_factor IS NOT NULL")
    assert row["expires_at"] <= clock.now() + timedelta(hours=4)
