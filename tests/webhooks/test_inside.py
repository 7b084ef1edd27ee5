"""Nothing inside is ever reached: not at registration, delivery, by a changed name, a redirect."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from tests.builders import client_key
from tests.webhooks.certificates import authority
from tests.webhooks.inside import ADDRESSES, NAMES, SPELLINGS, TRICKS, host_of
from tests.webhooks.receivers import receiving
from tests.webhooks.world import rules
from volunteer_svc import ids
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.webhook_url import is_allowed, rules_of, target_of
from volunteer_svc.outbound.webhooks import Sender

FRIEND = "127.0.0.2"
"""The one address that may be reached; the canary sits on all others of this machine."""
HEADERS = {"webhook-id": "x"}
BODY = b'{"data":{}}'
CODES = {f"webhook_url_{end}" for end in ("malformed", "scheme", "host", "port", "inside")}
SPELLED = [*map(host_of, ADDRESSES), *SPELLINGS, *NAMES]


@asynccontextmanager
async def world():
    """A friend and, at the same port of every other address here, a canary that counts."""
    async with (
        receiving(host=FRIEND) as friend,
        receiving(port=friend.port) as home,
        six(friend.port) as other,
    ):
        canaries = [home, *other]
        yield friend, canaries
        assert [one.connections for one in canaries] == [0] * len(canaries)


@asynccontextmanager
async def six(port):
    try:
        async with receiving(host="::1", port=port) as one:
            yield [one]
    except OSError:  # a machine without IPv6
        yield []


def sender(port, resolve):
    config = Config(
        webhook_networks=(f"{FRIEND}/32",), webhook_ports=(str(port),), webhook_http=True
    )
    return Sender(config, resolve)


def test_the_corpus_is_large_enough():
    assert len({*SPELLED, *TRICKS}) >= 150


@pytest.mark.parametrize("host", [*map(host_of, ADDRESSES), *SPELLINGS])
def test_an_address_inside_is_refused_at_registration_however_it_is_written(host):
    for url in (f"https://{host}/x", f"https://{host}:443", f"HTTPS://{host}"):
        with pytest.raises(Refusal) as refused:
            target_of(url, rules_of((), (), http=False))
        assert refused.value.code in CODES
        assert refused.value.faults[0].field == "url"


@pytest.mark.parametrize("url", TRICKS)
def test_a_url_with_a_trick_in_it_is_refused_at_registration(url):
    with pytest.raises(Refusal) as refused:
        target_of(url, rules_of((), (), http=False))
    assert refused.value.code in CODES


async def test_the_api_refuses_the_corpus_with_a_problem_that_names_the_field(client):
    owner = await client_key("subscriptions:write")
    for url in (*TRICKS, *(f"https://{host}/" for host in SPELLED[::7])):
        response = await client.post("/v1/webhooks", json={"url": url}, headers=owner.auth)
        if response.status_code == 201:
            continue  # a name: what it leads to is seen at every attempt
        assert response.status_code == 422, (url, response.text)
        problem = response.json()
        assert problem["code"] in CODES, url
        assert problem["errors"][0]["field"] == "url"


async def test_what_was_registered_all_the_same_is_not_delivered_to():
    """As if the rules had been laxer then: names are resolved by the system."""

    async with world() as (friend, _):
        own = Sender(Config(webhook_ports=(str(friend.port),), webhook_http=True))
        try:
            hosts = [*map(host_of, ADDRESSES), *SPELLINGS, "localhost", "a.localhost"]
            urls = [f"http://{host}:{friend.port}/" for host in hosts]
            replies = await asyncio.gather(
                *(own.post(ids.uuid7(), url, HEADERS, BODY) for url in [*urls, *TRICKS])
            )
        finally:
            await own.close()
    for reply in replies:
        assert reply.answer.status is None
        assert reply.answer.fault in ("address_refused", "name_unknown")


async def test_a_name_is_refused_when_any_of_its_addresses_is_inside():
    answers = []

    async def resolve(host, port):
        return answers

    async with world() as (friend, _):
        one = sender(friend.port, resolve)
        url = f"http://rebind.example.org:{friend.port}/"
        for address in ADDRESSES:
            for found in ([address], [FRIEND, address], [address, FRIEND]):
                answers[:] = found
                reply = await one.post(ids.uuid7(), url, HEADERS, BODY)
                assert reply.answer.fault == "address_refused", answers
        await one.close()
        assert friend.connections == 0


async def test_a_name_that_changes_its_answer_is_asked_once_and_never_leads_inside():
    """Resolved once for a connection; whatever it says to anybody who asks again is not used."""
    answers = []

    async def resolve(host, port):
        return [answers.pop(0)]

    async with world() as (friend, _):
        one = sender(friend.port, resolve)
        url = f"http://rebind.example.org:{friend.port}/"
        for address in ADDRESSES:
            answers[:] = [FRIEND, address, address]
            first = await one.post(ids.uuid7(), url, HEADERS, BODY)
            assert (first.answer.status, len(answers)) == (204, 2)
            other = await one.post(ids.uuid7(), url, HEADERS, BODY)
            assert (other.answer.fault, len(answers)) == ("address_refused", 1)
        await one.close()
        assert {got.headers["host"] for got in friend.got} == {f"rebind.example.org:{friend.port}"}


async def test_a_redirect_is_a_failure_and_followed_nowhere():
    async with world() as (friend, _):
        friend.behave = lambda _: "redirect"

        async def resolve(host, port):
            return [host]

        one = sender(friend.port, resolve)
        for host in [host for host in SPELLED if host.isascii()]:
            friend.redirect_to = f"http://{host}:{friend.port}/"
            reply = await one.post(ids.uuid7(), friend.url, HEADERS, BODY)
            assert reply.answer.status == 307
        await one.close()


def test_public_addresses_are_allowed_and_networks_only_when_the_operator_says_so():
    for address in ("8.8.8.8", "1.1.1.1", "192.0.1.1", "172.32.0.1", "100.128.0.1", "223.5.5.5",
                    "2606:4700::1111", "2400:3200::1", "2a00:1450::1"):  # fmt: skip
        assert is_allowed(address, ())
    private = rules_of(("10.20.0.0/16", "fd12::/16"), ("8443",), http=False)
    assert is_allowed("10.20.3.4", private.networks)
    assert is_allowed("fd12::1", private.networks)
    assert not is_allowed("10.21.0.1", private.networks)
    assert not is_allowed("no address", private.networks)
    assert target_of("https://10.20.3.4:8443/x?y=1", private).target == "/x?y=1"
    assert target_of("https://platform.internal/x", private).host == "platform.internal"
    assert target_of("https://xn--fiqs8s.cn", private).target == "/"
    assert target_of("https://a.example?x", private).target == "/?x"
    assert target_of("https://[2606:4700::1111]/", private).host == "2606:4700::1111"


def test_a_url_as_long_as_can_be_is_taken_and_a_longer_one_is_not():
    url = "https://example.org/" + "a" * (2048 - 20)
    assert target_of(url, rules()).host == "example.org"
    with pytest.raises(Refusal, match="webhook_url_malformed"):
        target_of(url + "a", rules())


async def test_with_tls_the_certificate_must_be_the_names(tmp_path):
    """Connected to the address that was checked, the name is still what is proved."""
    ca = authority(tmp_path)

    async def resolve(host, port):
        return [FRIEND]

    for name, good in (("hooks.example.org", True), ("other.example.org", False)):
        async with receiving(tls=ca.server(name), host=FRIEND) as friend:
            config = Config(
                webhook_networks=(f"{FRIEND}/32",),
                webhook_ports=(str(friend.port),),
                webhook_ca_file=str(ca.file),
            )
            one = Sender(config, resolve)
            url = f"https://hooks.example.org:{friend.port}/"
            reply = await one.post(ids.uuid7(), url, HEADERS, BODY)
            await one.close()
            assert (reply.answer.status, reply.answer.fault) == (
                (204, None) if good else (None, "tls_failed")
            )
    async with receiving(tls=ca.server("hooks.example.org"), host=FRIEND) as friend:
        config = Config(webhook_networks=(f"{FRIEND}/32",), webhook_ports=(str(friend.port),))
        one = Sender(config, resolve)
        url = f"https://hooks.example.org:{friend.port}/"
        reply = await one.post(ids.uuid7(), url, HEADERS, BODY)
        await one.close()
        assert reply.answer.fault == "tls_failed", "nobody has vouched for this authority"
