"""Access tokens of other services: one of the issuer's opens what it may; a forged one nothing.

What the issuer would never sign is signed here, with its own key or with others.
"""

import base64
import hmac
import json
import time
from functools import cache

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.builders import active, client_key, serving, staff, station
from tests.sign_on.conftest import signing_on
from tests.sign_on.issuer import AUDIENCE, logged_in, new_key
from tests.sign_on.test_people import setting_out
from volunteer_svc import clock
from volunteer_svc.app import create_app
from volunteer_svc.identity import issuer as issuer_module
from volunteer_svc.identity import sign_on
from volunteer_svc.identity.issuer import REFETCH_SECONDS
from volunteer_svc.identity.sign_on import BadTokenError
from volunteer_svc.store.database import execute, fetch


async def linked(issuer, *scopes, subject="statistics"):
    """A client whose tokens the administrator has let in."""
    one = await client_key(*scopes)
    await execute(
        "UPDATE client SET issuer = $2, subject = $3 WHERE id = $1",
        one.actor.id, issuer.url, subject,
    )  # fmt: skip
    return one


def by(token):
    return {"Authorization": f"Bearer {token}"}


async def opens(http, token):
    answer = await http.get("/v1/me", headers=by(token))
    assert answer.status_code in (200, 401), answer.text
    if answer.status_code == 401:
        assert answer.json()["code"] == "sign_in_required"
    return answer.status_code == 200


def signed(issuer, key=None, header=None, **claims):
    """A token such as the issuer makes, but for what is said."""
    now = int(time.time())
    every = {
        "iss": issuer.url, "sub": "statistics", "aud": AUDIENCE, "iat": now, "exp": now + 300,
        "client_id": "statistics", "scope": "records.read",
    } | claims  # fmt: skip
    head = {"alg": "RS256", "kid": "first", "typ": "at+jwt"} | (header or {})
    every = {name: value for name, value in every.items() if value is not None}
    return jwt.encode(head, every, key or issuer.key, algorithms=[head["alg"]])


async def test_a_service_comes_with_the_issuers_token_and_does_what_both_allow(http, issuer):
    home = await station()
    person = await active(home.id)
    client = await linked(issuer, "records:read", "recognitions:read")
    token = issuer.access_token("records.read volunteers.read")
    me = (await http.get("/v1/me", headers=by(token))).json()
    assert (me["kind"], me["id"]) == ("client", str(client.actor.id))
    assert me["scopes"] == ["records:read"], "the token's, as far as the client has them"
    path = f"/v1/volunteers/{person.id}"
    assert (await http.get(f"{path}/ledger", headers=by(token))).status_code == 200
    assert (await http.get(path, headers=by(token))).status_code == 403


async def test_who_is_not_linked_or_closed_is_nobody(http, issuer):
    token = issuer.access_token("records.read")
    assert not await opens(http, token)
    client = await linked(issuer, "records:read")
    assert await opens(http, token)
    admin = await staff("admin")
    await http.post(f"/v1/clients/{client.actor.id}/close", headers=admin.auth)
    assert not await opens(http, token)


async def test_the_administrator_links_a_client_once(http, issuer):
    admin = await staff("admin")
    one, other = await client_key("records:read"), await client_key("records:read")
    body = {"subject": "statistics"}
    made = await http.post(f"/v1/clients/{one.actor.id}/sign-on", json=body, headers=admin.auth)
    assert (made.status_code, made.json()["subject"]) == (200, "statistics")
    assert await opens(http, issuer.access_token("records.read"))
    assert await opens(http, one.token), "its key goes on"
    path = f"/v1/clients/{other.actor.id}/sign-on"
    taken = await http.post(path, json=body, headers=admin.auth)
    assert (taken.status_code, taken.json()["code"]) == (409, "subject_linked_elsewhere")
    listed = (await http.get("/v1/clients", headers=admin.auth)).json()["items"]
    assert [client["subject"] for client in listed] == ["statistics", None]


@cache
def stranger():
    """Somebody's own key."""
    return new_key("x")


def unsigned(token, **header):
    """The token with another header, and no signature."""
    _, payload, _ = token.split(".")
    return f"{encoded(header)}.{payload}."


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def by_public_key(issuer):
    """HS256 with the public key as the secret: who mixes the two up takes it for RS256."""
    pem = issuer.key.as_pem(private=False)
    head, claims = {"alg": "HS256", "kid": "first", "typ": "at+jwt"}, signed(issuer).split(".")[1]
    text = f"{encoded(head)}.{claims}"
    digest = hmac.digest(pem, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def tampered(issuer):
    head, _, signature = signed(issuer).split(".")
    claims = json.loads(base64.urlsafe_b64decode(signed(issuer).split(".")[1] + "=="))
    return f"{head}.{encoded(claims | {'scope': 'volunteers.read'})}.{signature}"


FORGED = {
    "expired": lambda i: signed(i, exp=int(time.time()) - 61),
    "not yet": lambda i: signed(i, nbf=int(time.time()) + 120),
    "of the future": lambda i: signed(i, iat=int(time.time()) + 120),
    "without an end": lambda i: signed(i, exp=None),
    "an end that is a word": lambda i: signed(i, exp="tomorrow"),
    "an end that is none": lambda i: signed(i, exp=float("nan")),
    "another audience": lambda i: signed(i, aud="urn:another"),
    "audiences without ours": lambda i: signed(i, aud=["urn:another", AUDIENCE + "x"]),
    "no audience": lambda i: signed(i, aud=None),
    "for signing people on": lambda i: signed(i, aud="volunteers"),
    "another issuer": lambda i: signed(i, iss="https://evil.example"),
    "almost our issuer": lambda i: signed(i, iss=i.url + "/"),
    "nobody": lambda i: signed(i, sub=None),
    "an empty subject": lambda i: signed(i, sub=""),
    "alg none": lambda i: unsigned(signed(i), alg="none", kid="first"),
    "alg None": lambda i: unsigned(signed(i), alg="None", kid="first"),
    "no alg": lambda i: unsigned(signed(i), kid="first"),
    "HS256 with the public key": by_public_key,
    "signature cut off": lambda i: signed(i).rpartition(".")[0] + ".",
    "tampered": tampered,
    "a stranger's key under our name": lambda i: signed(i, key=stranger()),
    "an unknown key": lambda i: signed(i, key=stranger(), header={"kid": "x"}),
    "a key it brings along": lambda i: signed(
        i, key=stranger(), header={"kid": "x", "jwk": stranger().as_dict(private=False)}
    ),
    "a key from elsewhere": lambda i: signed(
        i, key=stranger(), header={"kid": "x", "jku": "https://evil.example/jwks"}
    ),
    "another kind of key": lambda i: signed(
        i, key=ECKey.generate_key("P-256"), header={"alg": "ES256"}
    ),
    "critical and unknown": lambda i: unsigned(
        signed(i), alg="RS256", kid="first", crit=["x"], x=1
    ) + signed(i).rpartition(".")[2],
    "a deep header": lambda _: base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.x",
    "a header that is no object": lambda _: encoded([]) + ".e30.x",
    "no base64": lambda _: "%.%.%",
    "dots": lambda _: "...",
    "a dot": lambda _: ".",
    "four parts": lambda i: signed(i) + ".x",
    "five parts": lambda _: "a.b.c.d.e",
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
async def test_a_token_that_is_not_right_in_every_part_opens_nothing(http, issuer, how):
    await linked(issuer, "records:read")
    assert await opens(http, signed(issuer)), "but for what is wrong it would"
    assert not await opens(http, FORGED[how](issuer))


async def test_a_plain_jwt_with_a_list_of_audiences_is_taken_too(http, issuer):
    await linked(issuer, "records:read")
    token = signed(issuer, header={"typ": "JWT"}, aud=["urn:x", AUDIENCE], scope=None,
                   scp=["records.read"])  # fmt: skip
    me = (await http.get("/v1/me", headers=by(token))).json()
    assert me["scopes"] == ["records:read"]


async def test_the_id_token_of_somebody_signing_on_is_no_access_token(http, issuer):
    """Also when his `sub` is a client's."""
    await linked(issuer, "records:read", subject="county-1")
    back = await logged_in(await setting_out(http), "county-1")
    verifier = "x" * 43  # not ours: the code is spent by the refusal, and no token comes
    there = sign_on.issuer()
    with pytest.raises(BadTokenError):
        await there.exchange(back.params["code"], verifier, "http://localhost/v1/sign-on/callback")
    person = signed(issuer, sub="county-1", aud="volunteers", nonce="x", header={"typ": "JWT"})
    assert (await there.checked(person, "volunteers", clock.now())).claims.sub == "county-1"
    assert not await opens(http, person)


async def test_a_rotated_key_is_taken_up_at_once_and_the_old_one_refused(database, own_issuer):
    async with serving(create_app(signing_on(database, own_issuer))) as http:
        await linked(own_issuer, "records:read")
        old = own_issuer.access_token("records.read")
        assert await opens(http, old)
        own_issuer.stop()
        own_issuer.key = new_key("second")
        own_issuer.start()
        assert await opens(http, old), "nobody has told us yet"
        assert await opens(http, own_issuer.access_token("records.read"))
        assert not await opens(http, old)


async def test_strangers_do_not_make_us_ask_the_issuer_at_will(http, issuer, monkeypatch):
    asked = []
    fetch_really = issuer_module._fetch

    async def counting(method, url, **options):
        asked.append(url)
        return await fetch_really(method, url, **options)

    monkeypatch.setattr(issuer_module, "_fetch", counting)
    for n in range(20):
        assert not await opens(http, signed(issuer, key=stranger(), header={"kid": f"x{n}"}))
    assert len(asked) == 4, f"once at first, once for an unknown key in {REFETCH_SECONDS} s"


async def test_known_keys_outlast_an_issuer_that_is_away_for_a_while(
    database, own_issuer, monkeypatch
):
    async with serving(create_app(signing_on(database, own_issuer))) as http:
        client = await linked(own_issuer, "records:read")
        token = own_issuer.access_token("records.read")
        assert await opens(http, token)
        own_issuer.stop()
        monkeypatch.setattr(issuer_module, "FRESH_SECONDS", 0)
        assert await opens(http, token)
        monkeypatch.setattr(issuer_module, "STALE_SECONDS", 0)
        answer = await http.get("/v1/me", headers=by(token))
        assert (answer.status_code, answer.json()["code"]) == (503, "sign_on_unavailable")
        assert await opens(http, client.token), "keys of our own go on"


async def test_without_an_audience_no_token_is_taken(database, issuer):
    await linked(issuer, "records:read")
    async with serving(create_app(signing_on(database, issuer, sso_audience=""))) as http:
        assert not await opens(http, signed(issuer))
        assert not await opens(http, signed(issuer, aud=""))


async def test_no_token_of_the_issuer_is_kept(http, issuer):
    await linked(issuer, "records:read")
    token = issuer.access_token("records.read")
    await opens(http, token)
    for row in await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        text = str(await fetch(f"SELECT t::text FROM {row['tablename']} t"))
        assert token not in text
        assert token.rpartition(".")[2] not in text
