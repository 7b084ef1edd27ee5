"""At the door: who calls, under which name, how often, and what every answer forbids."""

import asyncio

import msgspec
import pytest
from redis.asyncio import Redis

from tests.builders import NOW, active, client_key, serving, signed_in, staff, station
from volunteer_svc import clock
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.api.proxies import Proxies
from volunteer_svc.api.rate_limit import RULES, Limiter
from volunteer_svc.app import create_app
from volunteer_svc.config import Config

AWAY = "unix:///nowhere/valkey.sock"
STRICT = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    "path", ["/v1/stations", "/v1/nowhere", "/v1/me", "/health/live", "/metrics", "/schema"]
)
async def test_nothing_in_an_answer_runs_is_framed_sniffed_or_told_on(client, path):
    headers = (await client.get(path)).headers
    assert STRICT.items() <= dict(headers).items()
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers
    assert "server" not in headers


async def test_no_answer_of_the_api_is_kept(client):
    for path in ("/v1/stations", "/v1/nowhere", "/v1/me"):
        assert (await client.get(path)).headers["cache-control"] == "no-store"


async def test_browsers_are_told_to_insist_on_tls_by_setting_only(database):
    config = msgspec.structs.replace(database, hsts_seconds=31_536_000)
    async with serving(create_app(config)) as client:
        for path in ("/v1/stations", "/v1/nowhere"):
            headers = (await client.get(path)).headers
            assert headers["strict-transport-security"] == "max-age=31536000"


async def test_no_other_origin_may_call_unless_it_is_named(client, database):
    preflight = {"Origin": "https://a.org", "Access-Control-Request-Method": "GET"}
    for response in (
        await client.options("/v1/stations", headers=preflight),
        await client.get("/v1/stations", headers={"Origin": "https://a.org"}),
    ):
        assert not [name for name in response.headers if name.startswith("access-control-")]
    config = msgspec.structs.replace(database, cors_origins=("https://a.org",))
    async with serving(create_app(config)) as named:
        response = await named.options("/v1/me", headers=preflight)
        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == "https://a.org"
        for path, status in (("/v1/stations", 200), ("/v1/me", 401)):
            response = await named.get(path, headers={"Origin": "https://a.org"})
            assert response.status_code == status
            assert response.headers["access-control-allow-origin"] == "https://a.org"
            assert "access-control-allow-credentials" not in response.headers
            vary = ",".join(response.headers.get_list("vary"))
            assert {"Origin", "Accept-Language"} <= {one.strip() for one in vary.split(",")}
        for origin in ("https://a.org.evil.net", "https://b.a.org", "http://a.org", "null",
                       "https://a.org:444", "https://A.org", "*", ""):  # fmt: skip
            response = await named.get("/v1/stations", headers={"Origin": origin})
            assert "access-control-allow-origin" not in response.headers, origin


async def test_only_our_own_names_are_answered_to(database):
    config = msgspec.structs.replace(database, allowed_hosts=("a.org", "[::1]"))
    async with serving(create_app(config)) as client:
        for host, status in (
            ("a.org", 200), ("A.ORG:8443", 200), ("[::1]:80", 200), ("b.a.org", 400),
            ("a.org.evil.net", 400), ("evil.net", 400), ("[::2]", 400), ("", 400),
            ("a.org@evil.net", 400), ("evil.net:a.org", 400),
        ):  # fmt: skip
            response = await client.get("/v1/stations", headers={"Host": host})
            assert response.status_code == status, host
            assert response.headers["x-content-type-options"] == "nosniff"
            if status == 400:
                problem = response.json()
                assert (problem["code"], problem["errors"][0]["field"]) == ("host_unknown", "Host")
                assert problem["request_id"] == response.headers["x-request-id"]
        assert (await client.get("/health/live", headers={"Host": "10.1.2.3"})).status_code == 200


def scope(peer, *headers):
    return {"client": (peer, 1), "headers": [(n.encode(), v.encode()) for n, v in headers]}


XFF, FORWARDED = "x-forwarded-for", "forwarded"


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        # Whoever is no proxy of ours may write what he likes.
        ("203.0.113.9", [(XFF, "10.0.0.1")], "203.0.113.9"),
        ("203.0.113.9", [(XFF, "10.0.0.7, 198.51.100.1")], "203.0.113.9"),
        # Our proxy appends: everything left of the first stranger is the stranger's own invention.
        ("10.0.0.1", [(XFF, "198.51.100.1")], "198.51.100.1"),
        ("10.0.0.1", [(XFF, "1.2.3.4, 198.51.100.1")], "198.51.100.1"),
        ("10.0.0.1", [(XFF, "1.2.3.4, 198.51.100.1, 10.0.0.2")], "198.51.100.1"),
        ("10.0.0.1", [(XFF, "10.0.0.9, 198.51.100.1, 10.0.0.2")], "198.51.100.1"),
        ("10.0.0.1", [(XFF, "1.2.3.4"), (XFF, "198.51.100.1")], "198.51.100.1"),
        ("10.0.0.1", [(XFF, "198.51.100.1:4711")], "198.51.100.1"),
        ("10.0.0.1", [(XFF, "[2001:db8::1]:4711")], "2001:db8::1"),
        ("10.0.0.1", [(XFF, "2001:db8::1")], "2001:db8::1"),
        ("::ffff:10.0.0.1", [(XFF, "::ffff:198.51.100.1")], "198.51.100.1"),
        ("10.0.0.1", [(XFF, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        # Nonsense is believed by nobody; who handed it in is all that is known.
        ("10.0.0.1", [(XFF, "198.51.100.1, unknown")], "10.0.0.1"),
        ("10.0.0.1", [(XFF, "198.51.100.1, , 10.0.0.2")], "10.0.0.2"),
        ("10.0.0.1", [(XFF, "0x7f000001")], "10.0.0.1"),
        ("10.0.0.1", [(XFF, "2130706433")], "10.0.0.1"),
        ("10.0.0.1", [(XFF, "127.1")], "10.0.0.1"),
        ("10.0.0.1", [(XFF, "198.51.100.1\u00b2")], "10.0.0.1"),
        # The header our proxies do not write is not read.
        ("10.0.0.1", [(FORWARDED, "for=198.51.100.1")], "10.0.0.1"),
        ("10.0.0.1", [("x-real-ip", "198.51.100.1")], "10.0.0.1"),
        ("", [(XFF, "198.51.100.1")], ""),
    ],
)  # fmt: skip
def test_an_address_is_what_our_own_proxies_say(peer, headers, address):
    assert Proxies(["10.0.0.0/8"], XFF).address(scope(peer, *headers)) == address
    if peer != "10.0.0.1":
        assert Proxies([], XFF).address(scope(peer, *headers)) == peer


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ([(FORWARDED, "for=198.51.100.1")], "198.51.100.1"),
        ([(FORWARDED, 'For="[2001:db8::1]:4711";proto=https;by=10.0.0.1')], "2001:db8::1"),
        ([(FORWARDED, "for=1.2.3.4, proto=https; for=198.51.100.1, for=10.0.0.2")],
         "198.51.100.1"),
        ([(FORWARDED, "for=1.2.3.4"), (FORWARDED, "for=198.51.100.1")], "198.51.100.1"),
        ([(FORWARDED, "for=198.51.100.1, for=_hidden")], "10.0.0.1"),
        ([(FORWARDED, "by=198.51.100.1")], "10.0.0.1"),
        ([(FORWARDED, "xfor=198.51.100.1")], "10.0.0.1"),
        ([(XFF, "198.51.100.1")], "10.0.0.1"),
    ],
)  # fmt: skip
def test_a_proxy_may_say_it_in_the_standard_header(headers, address):
    assert Proxies(["10.0.0.0/8"], FORWARDED).address(scope("10.0.0.1", *headers)) == address


@pytest.mark.usefixtures("pinned_clock")
async def test_addresses_behind_our_proxy_are_limited_one_by_one(database):
    config = msgspec.structs.replace(
        database, sign_ins_per_minute=1, trusted_proxies=("127.0.0.1", "10.0.0.0/8")
    )
    body = {"kind": "staff", "name": "nobody", "password": "x"}
    async with serving(create_app(config)) as client:
        for address, status in (
            ("192.0.2.1", 401),
            ("192.0.2.2", 401),
            ("192.0.2.3, 192.0.2.1", 429),
            ("192.0.2.1, 10.0.0.7", 429),
            ("2001:db8::1", 401),
            ("2001:db8::2", 429),  # one household, one network
            ("2001:db8:0:1::1", 401),
        ):
            headers = {"X-Forwarded-For": address}
            response = await client.post("/v1/sessions", json=body, headers=headers)
            assert response.status_code == status, address
    outside = msgspec.structs.replace(config, trusted_proxies=("10.0.0.0/8",))
    async with serving(create_app(outside)) as client:
        for address, status in (("192.0.2.1", 401), ("192.0.2.2", 429)):
            headers = {"X-Forwarded-For": address}
            response = await client.post("/v1/sessions", json=body, headers=headers)
            assert response.status_code == status, "a stranger's header is not believed"


async def test_a_request_id_is_taken_from_our_own_proxy_only(database):
    given = {"X-Request-Id": "case-42"}
    for trusted, kept in (((), False), (("10.0.0.0/8",), False), (("127.0.0.1",), True)):
        config = msgspec.structs.replace(database, trusted_proxies=trusted)
        async with serving(create_app(config)) as client:
            for path in ("/v1/stations", "/v1/nowhere"):
                response = await client.get(path, headers=given)
                assert (response.headers["x-request-id"] == "case-42") is kept


@pytest.mark.usefixtures("pinned_clock")
async def test_addresses_accounts_and_clients_have_a_limit_each(database, redis_url):
    config = msgspec.structs.replace(
        database, redis_url=redis_url, trusted_proxies=("127.0.0.1",), requests_per_minute=8,
        account_requests_per_minute=3, client_requests_per_minute=2,
    )  # fmt: skip
    worker, other, platform = await staff("county"), await staff("county"), await client_key()
    async with serving(create_app(config)) as client:

        async def statuses(count, who, address):
            headers = {**who, "X-Forwarded-For": address}
            responses = [await client.get("/v1/me", headers=headers) for _ in range(count)]
            for response in responses:
                if response.status_code == 429:
                    assert response.json()["code"] == "rate_limited"
                    assert 1 <= int(response.headers["retry-after"]) <= 60
            return [response.status_code for response in responses]

        assert await statuses(4, worker.auth, "192.0.2.1") == [200] * 3 + [429]
        assert await statuses(1, worker.auth, "192.0.2.9") == [429], "wherever he calls from"
        assert await statuses(3, other.auth, "192.0.2.1") == [200] * 3
        assert await statuses(3, platform.auth, "192.0.2.2") == [200] * 2 + [429]
        assert await statuses(2, {}, "192.0.2.1") == [401, 429], "the address has asked 7 times"
        assert await statuses(1, {}, "192.0.2.3") == [401]
        assert (await client.get("/health/live")).status_code == 200


@pytest.mark.usefixtures("pinned_clock")
@pytest.mark.parametrize("what", RULES)
async def test_without_redis_a_limit_holds_in_the_process_or_not_at_all(redis_url, what):
    limits = {rule.setting: 3 for rule in RULES.values()}
    config = Config(**limits)
    async with Redis.from_url(redis_url) as there, Redis.from_url(AWAY) as away:
        # Two processes with Redis share the limit.
        first, second = Limiter(there, config), Limiter(there, config)
        assert [await over(one, what) for one in (first, second, first, second)] == [
            False, False, False, True,
        ]  # fmt: skip
        alone = Limiter(away, config)
        told = [await over(alone, what) for _ in range(4)]
        assert told == [False, False, False, RULES[what].away == "here"]
        # A single process that has no Redis at all counts by itself, whatever it is.
        single = Limiter(None, config)
        assert [await over(single, what) for _ in range(4)] == [False, False, False, True]


async def test_a_process_takes_a_part_of_the_limit_and_never_more_than_there_is(
    redis_url, monkeypatch
):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    config = Config(requests_per_minute=100)
    async with Redis.from_url(redis_url) as there:
        limiters = [Limiter(there, config) for _ in range(3)]
        allowed = 0
        for n in range(200):
            allowed += not await over(limiters[n % 3], "address")
        assert allowed == 100
        # Portions of five: twenty there were, and each process was told once that none is left.
        (counted,) = [int(await there.get(key)) async for key in there.scan_iter()]
        assert counted == (20 + 3) * 5, "not once for each of 200 requests"
        assert not [one for one in limiters if await one.wait_seconds("address", "other")]


async def test_a_burst_in_one_process_leaves_the_others_their_part(redis_url, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    config = Config(requests_per_minute=1_000)
    async with Redis.from_url(redis_url) as there:
        busy, other = Limiter(there, config), Limiter(there, config)
        tried = await asyncio.gather(*(busy.wait_seconds("address", "one") for _ in range(64)))
        assert set(tried) == {None}
        assert await other.wait_seconds("address", "one") is None


async def over(limiter, what):
    try:
        await limiter.check(what, "somebody")
    except EdgeRefusal as refusal:
        return refusal.status == 429
    return False


@pytest.mark.usefixtures("pinned_clock")
async def test_a_volunteer_is_limited_as_an_account(database):
    home = await station()
    me = await signed_in((await active(home.id)).id)
    config = msgspec.structs.replace(database, account_requests_per_minute=1)
    async with serving(create_app(config)) as client:
        answers = [(await client.get("/v1/me", headers=me.auth)).status_code for _ in range(2)]
    assert answers == [200, 429]
