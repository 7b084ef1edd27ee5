"""Webhooks as those who keep them see them: health, log, what was told, where events stand."""

from datetime import timedelta

from tests.browser.shots import Shot
from tests.builders import NOW, client_key
from tests.webhooks.world import endpoint
from volunteer_svc import ids
from volunteer_svc.store import attempts, event_log
from volunteer_svc.store.attempts import Attempt
from volunteer_svc.store.database import execute, fetch
from volunteer_svc.store.transaction import in_transaction

_TYPES = ["volunteer-svc.star.promoted.v1", "volunteer-svc.star.revoked.v1"]
_ANSWERS = (
    ("challenge", 1, None, "delivered", 200, None, '{"challenge":"x"}'),
    ("subject", 1, 101, "delivered", 204, None, ""),
    ("subject", 1, 102, "failed", 500, None, "<b>Internal</b> Server Error " * 12),
    ("subject", 2, 102, "failed", None, "connect_timeout", ""),
    ("late", 4, 102, "told_to_wait", 503, None, "busy"),
    ("test", 1, None, "failed", None, "tls_failed", ""),
)


def told(site):
    """The page of somebody whose events are numbered; one of them was taken."""
    person = site.there.people["usual"]

    async def tell():
        connection = await event_log.connect(site.config)
        while await event_log.move(connection, 1000):
            pass
        await event_log.disconnect(connection)
        one = await endpoint("https://platform.example.org/", None, NOW)
        rows = await fetch(
            "SELECT seq, event_id FROM event_log WHERE subject = $1 ORDER BY seq DESC LIMIT 2",
            f"volunteer/{person.id}",
        )
        past = [
            Attempt(
                endpoint_id=one.endpoint.id, event_id=row["event_id"], sequence=row["seq"],
                kind="subject", number=1, at=NOW, milliseconds=9, verdict=verdict, status=status,
                fault=None, answer="",
            )
            for row, (verdict, status) in zip(rows, (("failed", 500), ("delivered", 204)),
                                              strict=True)
        ]  # fmt: skip
        await in_transaction(lambda: attempts.append(past))
        return f"/staff/volunteers/{person.id}/events"

    return site.run(tell)


def made(site, part=""):
    """The address of an endpoint with some past."""

    async def make():
        owner = await client_key("subscriptions:write")
        one = await endpoint(
            "https://platform.example.org/volunteers/events?of=county", owner, NOW,
            description="主平台：积分与表彰", types=_TYPES,
        )  # fmt: skip
        endpoint_id = one.endpoint.id

        past = enumerate(_ANSWERS)

        async def write():
            await attempts.append(
                Attempt(
                    endpoint_id=endpoint_id, event_id=ids.uuid7(), sequence=sequence, kind=kind,
                    number=number, at=NOW + timedelta(minutes=n), milliseconds=40 + n,
                    verdict=verdict, status=status, fault=fault, answer=answer,
                )
                for n, (kind, number, sequence, verdict, status, fault, answer) in past
            )  # fmt: skip
            await execute(
                "UPDATE endpoint_health SET failures = 3, failing_since = $2, last_success_at = $2"
                " WHERE endpoint_id = $1", endpoint_id, NOW,
            )  # fmt: skip

        await in_transaction(write)
        return f"/staff/webhooks/{endpoint_id}{part}"

    return site.run(make)


def test_an_endpoint_is_added_and_looked_after_without_scripts(site, no_script, fits):
    page = site.sign_in(no_script, site.there.staff["county"])
    page.goto("/staff/webhooks/new")
    page.locator("#f-url").fill("https://platform.example.org/hook")
    page.locator("#f-description").fill("主平台")
    page.get_by_label("晋星").check()
    page.get_by_role("button", name="添加推送地址").click()
    assert page.get_by_text("whsec_").is_visible()
    fits(page)
    page.get_by_role("link", name="继续").click()
    page.get_by_role("button", name="发送验证").click()
    assert page.get_by_text("验证已发送").is_visible()
    page.locator("summary", has_text="删除").click()
    page.get_by_role("button", name="删除").click()
    assert page.get_by_text("已删除").is_visible()


SHOTS = [
    Shot(name="webhooks", path=lambda site: made(site) and "/staff/webhooks", who="county"),
    Shot(name="webhook-new", path="/staff/webhooks/new", who="county"),
    Shot(name="webhook", path=made, who="county", dark=True),
    Shot(name="webhook-log", path=lambda site: made(site, "/log"), who="county",
         docs=("1440-zh-CN",)),
    Shot(name="webhook-edit", path=lambda site: made(site, "/edit"), who="county"),
    Shot(name="operations", path="/staff/operations", who="county"),
    Shot(name="volunteer-told", path=told, who="social_worker"),
]  # fmt: skip
