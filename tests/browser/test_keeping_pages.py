"""What keeps the service honest, as those see it who watch over it: readers, erasures, proof."""

from datetime import timedelta

from tests.browser.shots import Shot
from tests.builders import PASSWORD, TODAY, active, signed_in
from volunteer_svc.actions import accesses, erasures, stations
from volunteer_svc.actions.accesses import Reveal
from volunteer_svc.actions.erasures import AskErasure
from volunteer_svc.actions.stations import EditStation
from volunteer_svc.store import event_log, trails


def chained(site):
    """What was noted so far stands in the trails, as the relay would bring it there."""

    async def move():
        connection = await event_log.connect(site.config)
        while await trails.move(connection, 1_000):
            pass
        await event_log.disconnect(connection)

    site.run(move)


def _audit(site):
    site.once("audit", lambda: _change(site))
    chained(site)
    return f"/staff/audit?about={site.there.home.code}&kind=station"


async def _change(site):
    edit = EditStation(closed_on=TODAY + timedelta(days=9_000))
    await stations.edit_station(site.there.staff["county"].call(), site.there.home.id, edit, None)


def _readers(site):
    who, worker = site.there.people["full"], site.there.staff["social_worker"]

    async def looked():
        asked = Reveal(fields=["phone", "address"], purpose="contact", reason="电话回访" * 10)
        await accesses.reveal(worker.call(), who.id, asked)

    site.once("readers", looked)
    chained(site)
    return f"/staff/volunteers/{who.id}/readers"


async def _asked(site):
    person = await active(site.there.home.id, name="要删除")
    asked = AskErasure(reason="本人书面申请，存档案柜 3 号。" * 5)
    himself = await signed_in(person.id)
    await erasures.ask_erasure(himself.call(), person.id, asked)


def _erasures(site):
    site.once("erasures", lambda: _asked(site))
    return "/staff/erasures"


def _ask(page):
    page.locator("main .button:not(.quiet)").last.click()
    page.wait_for_selector("#mend")


def _opened(page):
    page.locator("main details").first.locator("summary").click()


def _secret(page):
    page.locator("main input[type=password]").fill(PASSWORD)
    page.locator("main .button").last.click()
    page.locator("main .code").first.wait_for()


SHOTS = [
    Shot(name="readers", path=_readers, who="station_head"),
    Shot(name="erasures-empty", path="/staff/erasures", who="auditor"),
    Shot(name="erasures", path=_erasures, who="county"),
    Shot(name="erasure-ask", who="county", before=_ask,
         path=lambda site: f"/staff/volunteers/{site.there.people['usual'].id}/erasure"),
    Shot(name="my-erasure", path="/me/file/erasure", who="volunteer/usual"),
    Shot(name="proof", path="/staff/proof", who="auditor", dark=True),
    Shot(name="undos", path="/staff/undos", who="county"),
    Shot(name="undo-new", path="/staff/undos/new", who="social_worker"),
    Shot(name="audit-changes", path=_audit, who="auditor", before=_opened, dark=True),
    Shot(name="naming", who="social_worker",
         path=lambda site: f"/staff/volunteers/{site.there.people['usual'].id}/naming"),
    Shot(name="code-secret", path="/staff/code", who="deputy_head", before=_secret),
]  # fmt: skip
