"""Every form of every page, filled with what nobody should type: shown as text, refused, harmless.

The forms are found by walking: all pages without parameters, and every link on them, as somebody
of each kind. An area's pages are in as soon as they are there.
"""

import html
import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from litestar.routes import HTTPRoute
from msgspec.structs import replace

from tests.actions.plans import planned as planned_activity
from tests.actions.plans import published, signs_up
from tests.actions.test_inductions import planned
from tests.actions.world import line, record
from tests.builders import (
    NOW,
    TODAY,
    active,
    call,
    form,
    handed_in,
    registered,
    signed_in,
    staff,
    station,
)
from tests.webhooks.world import endpoint
from volunteer_svc import ids, store
from volunteer_svc.actions import erasures, objections, reviews, rights
from volunteer_svc.actions.erasures import AskErasure
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.objections import Object
from volunteer_svc.actions.rights import AskCorrection
from volunteer_svc.api.cookies import cookie_name
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import STATION_ROLES
from volunteer_svc.store.transaction import in_transaction
from volunteer_svc.store.undos import Undo

MARK = "<script>alert(7)</script><b title='\">粗"
HOSTILE = {
    "markup": MARK,
    "right-to-left": "\u202e\u2066倒着\u2069\u200f😀\ufeff\u200d",
    "long": "长" * 10_000,
    "controls": "a\x00b\x1b[31m\r\nSet-Cookie: x=1",
    "templates": "{{7*7}}${7*7}%00../../etc/passwd'; DROP TABLE volunteer; --",
}
PEOPLE = ("nobody", "volunteer", "due", "social_worker", "station_head", "county", "admin",
          "auditor", "bureau")  # fmt: skip
PAGES_MAX = 400
NOT_WALKED = {
    ("GET", "/me/file/consent/naming"),
    ("GET", "/staff/clients/{client_id:uuid}/rotate"),
    ("GET", "/staff/erasures/{erasure_id:uuid}"),
    ("GET", "/staff/imports/{import_id:uuid}/mend.xlsx"),
    ("GET", "/staff/registrations/{registration_id:uuid}/decline"),
    ("GET", "/staff/registrations/{registration_id:uuid}/materials"),
    ("GET", "/staff/registrations/{registration_id:uuid}/photo"),
    ("GET", "/staff/requests/{request_id:uuid}"),
    ("GET", "/staff/volunteers/{volunteer_id:uuid}/exit"),
    ("GET", "/staff/volunteers/{volunteer_id:uuid}/photo"),
    ("GET", "/staff/volunteers/{volunteer_id:uuid}/reinstate"),
    ("GET", "/staff/volunteers/{volunteer_id:uuid}/reveal"),
    ("GET", "/staff/volunteers/{volunteer_id:uuid}/slip"),
    ("GET", "/staff/volunteers/{volunteer_id:uuid}/suspend"),
    ("POST", "/me/inductions/cancel"),
    ("POST", "/sign-in/code/use"),
    ("POST", "/sign-out"),
    ("POST", "/staff/clients/{client_id:uuid}/close"),
    ("POST", "/staff/clients/{client_id:uuid}/rotate"),
    ("POST", "/staff/colleagues/end"),
    ("POST", "/staff/disclosures"),
    ("POST", "/staff/imports/{import_id:uuid}"),
    ("POST", "/staff/records/{record_id:uuid}"),
    ("POST", "/staff/sheet/check"),
    ("POST", "/staff/sheet/members"),
    ("POST", "/staff/volunteers/{volunteer_id:uuid}/reinstate"),
}
"""Where the walk does not come yet: only what is left here may be left out."""
_SKIPPED = ("/sign-out", "/static/", "/schema", "/v1/")


class Forms(HTMLParser):
    """The forms of a page with their fields, and the links."""

    def __init__(self, text):
        super().__init__()
        self.links, self.forms, self._form = set(), [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "a" and (given.get("href") or "").startswith("/"):
            self.links.add(given["href"])
        elif tag == "form" and (given.get("method") or "").lower() == "post":
            self._form = {"action": given.get("action"), "hidden": {}, "typed": {},
                          "files": given.get("enctype") == "multipart/form-data"}  # fmt: skip
            self.forms.append(self._form)
        elif tag in ("input", "textarea", "select", "button") and self._form is not None:
            self._field(given)

    def _field(self, given):
        name = given.get("name")
        if not name or given.get("type") == "file":
            return
        kind = "hidden" if given.get("type") == "hidden" else "typed"
        self._form[kind].setdefault(name, html.unescape(given.get("value") or ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None


@pytest.fixture
async def people(client):
    home = await station()
    worker = await staff("social_worker", home.id)
    usual, due = await active(home.id), await registered(home.id)
    first, _ = await record(
        worker, home.id, line(usual, minutes=90), line(usual, minutes=650, served_on=TODAY)
    )
    await planned(home, TODAY)
    await endpoint("https://platform.example.org/", now=NOW)
    await handed_in(call(), Register(station_id=home.id, form=form()))
    for make in (published, planned_activity):
        soon = {"started_at": NOW + timedelta(minutes=20), "ended_at": NOW + timedelta(hours=2)}
        await make(worker, home.id, **soon)
    await signs_up(worker, await published(worker, home.id), usual)
    await objections.open_objection(worker.call(), first.record_id, Object(text="不对"))
    await reviews.find_signals(call())
    await handed_in(
        call(), Register(station_id=home.id, form=replace(usual.form, applied_on=TODAY))
    )
    undo = Undo(
        id=ids.uuid7(), kind="sheet", target_id=ids.uuid7(), station_id=home.id, reason="重复",
        state="waiting", asked_by=worker.actor.id, asked_at=NOW,
    )  # fmt: skip
    await in_transaction(lambda: store.undos.insert(undo))
    himself = await signed_in(due.id)
    await erasures.ask_erasure(himself.call(), due.id, AskErasure(reason="不想留"))
    await rights.ask_correction(himself.call(), due.id, AskCorrection(text="住址有误"))
    found = {"nobody": None, "volunteer": await signed_in(usual.id), "due": await signed_in(due.id)}
    for role in PEOPLE[3:]:
        found[role] = await staff(role, home.id if role in STATION_ROLES else None)
    return found


def page_paths(app):
    """Addresses of pages that need no parameter."""
    return sorted(
        route.path for route in app.routes
        if isinstance(route, HTTPRoute) and "{" not in route.path
        and any("page" in handler.opt and "GET" in handler.http_methods
                for handler, _ in route.route_handler_map.values())
    )  # fmt: skip


async def walk(browser, app, seen=None):
    """(address, form) of every form that can be come to; each shape of address once, which `seen`
    remembers."""
    waiting, found, seen = page_paths(app), {}, set() if seen is None else seen
    while waiting and len(seen) < PAGES_MAX:
        path = waiting.pop(0)
        shape = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", urlsplit(path).path)
        shape += "?" if "target_id=" in path else ""  # the same address, with and without a choice
        if shape in seen or path.startswith(_SKIPPED):
            continue
        seen.add(shape)
        page = await browser.open(path)
        assert page.status_code < 500, (path, page.text[:500])
        if not page.headers["content-type"].startswith("text/html"):
            continue
        read = Forms(page.text)
        waiting += sorted(read.links)
        for one in read.forms:
            action = one["action"] or page.url.path
            if not action.startswith(_SKIPPED):
                key = (action, tuple(sorted(one["typed"])))
                found.setdefault(key, one | {"action": action, "page": path})
    return list(found.values())


def routes_of_pages(app):
    """(method, address with its places) of every page there is."""
    return {
        (method, route.path)
        for route in app.routes if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if "page" in handler.opt and method in ("GET", "POST")
    }  # fmt: skip


async def test_the_walk_leaves_no_page_out(browser, app_of_run, people):
    gone, sent = set(), set()
    for who in PEOPLE:
        as_person(browser, people, who)
        seen = set()
        forms = await walk(browser, app_of_run, seen)
        gone |= seen
        sent |= {urlsplit(one["action"]).path for one in forms}
    went = [("GET", one.rstrip("?")) for one in gone] + [("POST", one) for one in sent]
    left = {
        (method, path) for method, path in routes_of_pages(app_of_run)
        if not any(m == method and as_pattern(path).fullmatch(one) for m, one in went)
    }  # fmt: skip
    assert left == NOT_WALKED, "\n".join(sorted(map(str, left)))


def as_pattern(path):
    return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))


def as_person(browser, people, who):
    browser.http.cookies.clear()
    if people[who] is not None:
        browser.signed_in(people[who])


@pytest.mark.parametrize("who", PEOPLE)
async def test_no_form_is_harmed_by_what_is_typed_into_it(browser, app_of_run, people, who):
    as_person(browser, people, who)
    forms = await walk(browser, app_of_run)
    assert forms
    for one in forms:
        for name, text in HOSTILE.items():
            typed = dict.fromkeys(one["typed"], text)
            page = await send(browser, one, one["hidden"] | typed)
            told = (who, one["action"], name)
            assert page.status_code < 500, (told, page.text[-2000:])
            if page.headers["content-type"].startswith("text/html"):
                assert "<script>alert" not in page.text, told
                assert "<b title=" not in page.text, told
            else:
                assert "attachment" in page.headers["content-disposition"], told
            assert "x" not in page.cookies, told
            come_back(browser, people, who)


@pytest.mark.parametrize("who", PEOPLE)
async def test_no_form_is_taken_without_its_token_from_elsewhere_or_with_hidden_fields_changed(
    browser, app_of_run, people, who
):
    as_person(browser, people, who)
    for one in await walk(browser, app_of_run):
        told = (who, one["action"])
        for token in ({"_csrf": ""}, {"_csrf": "00" * 64}, {"_csrf": MARK}):
            page = await send(browser, one, one["hidden"] | one["typed"] | token)
            assert page.status_code in (401, 403), (told, page.status_code)
        elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}
        page = await send(browser, one, one["hidden"] | one["typed"], headers=elsewhere)
        assert page.status_code in (401, 403), (told, page.status_code)
        spoilt = {k: v if k == "_csrf" else MARK for k, v in one["hidden"].items()}
        page = await send(browser, one, spoilt | dict.fromkeys(one["typed"], ""))
        assert page.status_code < 500, (told, page.text[-2000:])
        assert "<script>alert" not in page.text, told
        come_back(browser, people, who)


def come_back(browser, people, who):
    """A form may have ended this session: the next one is filled in by somebody signed in."""
    one = people[who]
    if one is not None and browser.http.cookies.get(cookie_name(Config())) != one.token:
        as_person(browser, people, who)


async def send(browser, one, fields, **options):
    if one["files"]:
        options["files"] = {"nothing": ("x.jpg", b"\xff\xd8\x00<script>", "image/jpeg")}
    return await browser.http.post(one["action"], data=fields, follow_redirects=True, **options)


async def test_a_form_sent_again_has_no_second_effect(browser, people):
    browser.signed_in(people["volunteer"])
    page = Forms((await browser.open("/me/file/corrections")).text)
    (one,) = [f for f in page.forms if "text" in f["typed"]]
    for _ in range(3):
        one["action"] = "/me/file/corrections"
        page = await send(browser, one, one["hidden"] | {"text": "住址有误"})
    assert page.text.count("住址有误") == 1
