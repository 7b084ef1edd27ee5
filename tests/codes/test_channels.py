"""One-time codes leave: through the log, an SMTP server and an SMS gateway, all real."""

import asyncio
import email
import email.policy
import logging
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryFile

import msgspec
import pytest

from tests.builders import active, serving, station
from tests.codes.receivers import certificate, eventually, mail_server, sms_gateway
from volunteer_svc import ids, log
from volunteer_svc.app import create_app
from volunteer_svc.config import Config, environment
from volunteer_svc.domain.sent_code import Message
from volunteer_svc.outbound.code_channels import NotSentError, channel_of
from volunteer_svc.store.database import fetch

ROOT = Path(__file__).parents[2]
MESSAGE = Message(
    id=ids.uuid7(), phone="10012345678", code="123456", title="验证码", text="登录验证码 123456。"
)
MAIL = {
    "code_channel": "smtp",
    "code_mail_from": "station@example.org",
    "code_mail_to": "{phone}@sms.example.org",
}


def smtp(port, scheme="smtp", user=""):
    return Config(**MAIL, code_smtp_url=f"{scheme}://{user}127.0.0.1:{port}")


async def test_a_mail_to_the_gateway_holds_the_code():
    with mail_server() as (box, port):
        await channel_of(smtp(port)).send(MESSAGE)
    (envelope,) = box.mails
    assert envelope.mail_from == "station@example.org"
    assert envelope.rcpt_tos == ["10012345678@sms.example.org"]
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert mail["Subject"] == "验证码"
    assert mail.get_content().strip() == MESSAGE.text
    assert str(MESSAGE.id) in mail["Message-ID"]


async def test_it_signs_in_where_the_url_says_how(tmp_path, monkeypatch):
    context, pem = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with mail_server(tls=context, signed_in=True) as (box, port):
        await channel_of(smtp(port, "smtp+starttls", "user:pass%2Fword@")).send(MESSAGE)
        with pytest.raises(NotSentError) as failed:
            await channel_of(smtp(port, "smtp+starttls", "user:secret@")).send(MESSAGE)
    assert len(box.mails) == 1
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_tls_is_used_and_an_untrusted_certificate_gets_nothing(scheme, tmp_path, monkeypatch):
    context, pem = certificate(tmp_path)
    with mail_server(tls=context, implicit=scheme == "smtps") as (box, port):
        with pytest.raises(NotSentError):
            await channel_of(smtp(port, scheme)).send(MESSAGE)
        assert box.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        await channel_of(smtp(port, scheme)).send(MESSAGE)
        assert len(box.mails) == 1
    with mail_server() as (box, port):  # a server without TLS gets nothing either
        with pytest.raises(NotSentError):
            await channel_of(smtp(port, scheme)).send(MESSAGE)
        assert box.mails == []


async def test_a_gateway_is_posted_to_with_its_token():
    with sms_gateway() as (gateway, url):
        config = Config(code_channel="http", code_http_url=url, code_http_token="secret")
        await channel_of(config).send(MESSAGE)
        gateway.statuses = [302, 400, 500]
        for _ in range(3):  # redirects are not followed
            with pytest.raises(NotSentError) as failed:
                await channel_of(config).send(MESSAGE)
            assert MESSAGE.phone not in str(failed.value)
    headers, body = gateway.posts[0]
    assert body == {"to": MESSAGE.phone, "text": MESSAGE.text}
    assert headers["Authorization"] == "Bearer secret"
    assert {h["Idempotency-Key"] for h, _ in gateway.posts} == {str(MESSAGE.id)}
    assert len(gateway.posts) == 4


async def test_a_gateway_that_is_not_there_is_a_message_not_sent():
    for config in (
        smtp(9),
        Config(code_channel="http", code_http_url="http://127.0.0.1:9/"),
        Config(code_channel="http", code_http_url="http://no-such-host.invalid/"),
    ):
        with pytest.raises(NotSentError):
            await channel_of(config).send(MESSAGE)


async def test_only_the_console_says_the_code(caplog):
    await channel_of(Config()).send(MESSAGE)
    (record,) = caplog.records
    line = log.JsonLines().format(record)
    assert '"one_time_code":"123456"' in line
    assert MESSAGE.phone not in line


@asynccontextmanager
async def working(config, before=""):
    """The API, and the worker as a process of its own; its log.

    `before`: Python to run in it first.
    """
    program = f"{before}\nfrom volunteer_svc.__main__ import main\nmain(['work'])"
    with TemporaryFile() as told:
        process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own command
            [sys.executable, "-c", program], cwd=ROOT, env=os.environ | environment(config),
            stdout=told, stderr=told,
        )  # fmt: skip
        try:
            async with serving(create_app(config)) as client:
                yield client, told
            assert process.poll() is None, "it has stopped"
        finally:
            process.kill()
            process.wait()


def settled(config, url, redis_url):
    return msgspec.structs.replace(
        config, redis_url=redis_url, code_channel="http", code_http_url=url,
        sign_ins_per_minute=1000,
    )  # fmt: skip


async def ask(client, name):
    response = await client.post("/v1/sessions/code-requests", json={"name": name})
    assert response.status_code == 202


async def test_the_worker_sends_what_was_asked_for_and_nothing_else_says_it(
    database, redis_url, caplog
):
    person = await active((await station()).id)
    with sms_gateway() as (gateway, url), caplog.at_level(logging.DEBUG):
        config = msgspec.structs.replace(settled(database, url, redis_url), log_level="debug")
        async with working(config) as (client, told):
            await ask(client, "10099999999")
            await ask(client, person.form.phone)
            await eventually(lambda: gateway.posts)
            code = gateway.posts[0][1]["text"].partition("验证码 ")[2][:6]
            body = {"name": person.form.phone, "code": code}
            assert (await client.post("/v1/sessions/code", json=body)).status_code == 201
            told.seek(0)
            said = told.read().decode()
    assert [post["to"] for _, post in gateway.posts] == [person.form.phone]
    said += "".join(log.JsonLines().format(record) for record in caplog.records)
    assert '"message":"request"' in said
    for secret in (code, person.form.phone, "10099999999"):
        assert secret not in said


async def test_a_slow_gateway_slows_no_request(database, redis_url):
    home = await station()
    first, second = await active(home.id), await active(home.id)
    with sms_gateway() as (gateway, url):
        gateway.released.clear()
        async with working(settled(database, url, redis_url)) as (client, _):
            await ask(client, first.form.phone)
            await eventually(gateway.arrived.is_set)
            async with asyncio.timeout(20):  # the gateway would hold them for half a minute
                await ask(client, second.form.phone)
                assert (await client.get("/v1/policy")).status_code == 200
            running = await fetch(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND state = 'idle in transaction'"
            )
            assert running == [], "a transaction is open while the gateway is waited for"
            gateway.released.set()
            await eventually(lambda: len(gateway.posts) == 2)


async def test_a_gateway_that_fails_is_asked_again(database, redis_url):
    person = await active((await station()).id)
    soon = "from volunteer_svc.actions import sent_codes\nsent_codes.LEASE_SECONDS = 1"
    with sms_gateway() as (gateway, url):
        gateway.statuses = [500, 503]
        async with working(settled(database, url, redis_url), soon) as (client, told):
            await ask(client, person.form.phone)
            await eventually(lambda: len(gateway.posts) == 3)
            assert len({post["text"] for _, post in gateway.posts}) == 1
            told.seek(0)
            said = told.read().decode()
    assert said.count("a code was not sent") == 2
    assert '"reason":"status 503"' in said
    assert person.form.phone not in said


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"code_channel": "pigeon"}, "VOLUNTEER_CODE_CHANNEL"),
        ({"code_channel": "smtp"}, "VOLUNTEER_CODE_SMTP_URL"),
        (MAIL | {"code_smtp_url": "smtps://u:secret@"}, "VOLUNTEER_CODE_SMTP_URL"),
        (MAIL | {"code_smtp_url": "smtps://h:secret"}, "VOLUNTEER_CODE_SMTP_URL"),
        (MAIL | {"code_smtp_url": "smtp://h", "code_mail_from": "x"}, "VOLUNTEER_CODE_MAIL_FROM"),
        (MAIL | {"code_smtp_url": "smtp://h", "code_mail_to": "x"}, "VOLUNTEER_CODE_MAIL_TO"),
        ({"code_channel": "http", "code_http_url": "secret"}, "VOLUNTEER_CODE_HTTP_URL"),
    ],
)
def test_wrong_settings_are_named_and_not_repeated(settings, named):
    with pytest.raises(ValueError, match=named) as refused:
        Config(**settings)
    assert "secret" not in str(refused.value)
