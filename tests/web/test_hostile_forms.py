"""Every form of every page, filled with what nobody should type: shown as text, refused, harmless.

The forms are found by walking: all pages without parameters, and every link on them, as somebody
of each kind. An area's pages are in as soon as they are there.
"""

import html
import json
import os
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import cycle
from urllib.parse import urlsplit

import pytest
from litestar.routes import HTTPRoute

from tests.web import hostile_world
from volunteer_svc.api.cookies import cookie_name
from volunteer_svc.config import Config

MARK = "<script>alert(7)</script><b title='\">粗"
HOSTILE = {
    "markup": MARK,
    "long": "长" * 10_000,
    "controls": "a\x00b\x1b[31m\r\nSet-Cookie: x=1",
    "templates, right to left": "{{7*7}}${7*7}%00../../etc/passwd'; DROP TABLE volunteer; --"
    "\u202e\u2066倒着\u2069\u200f😀\ufeff\u200d",
}
PEOPLE = ("nobody", "volunteer", "due", "station_head", "county", "admin", "auditor", "bureau")
"""A head has every form that the other workers of a station have."""
PAGES_MAX = 400
NOT_WALKED = {
    ("POST", "/sign-in/code/use"),
    ("POST", "/staff/sheet/check"),
    ("POST", "/staff/sheet/members"),
    ("POST", "/staff/webhooks/{endpoint_id:uuid}/log"),
}
"""What the sheet's script sends and forms that are shown only after another was sent, which are
tried below by themselves; and what is sent again of a log, an id and nothing typed."""
SHAPE_MAX, FROM_MAX = 4, 3
"""Pages of one shape, in all and from pages of one shape: what is counted and what waits do not
show the same forms."""
_SKIPPED = ("/static/", "/schema", "/v1/")


class Forms(HTMLParser):
    """The forms of a page with their fields, and the links."""

    def __init__(self, text):
        super().__init__()
        self.links, self.forms, self._form = set(), [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        there = given.get({"a": "href", "img": "src"}.get(tag, "action")) or ""
        if there.startswith("/"):  # also of a form: who reloads what it answered comes there
            self.links.add(there)
        if tag == "form" and (given.get("method") or "").lower() == "post":
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
    return await hostile_world.people(PEOPLE)


@pytest.fixture(scope="session")
def walks(tmp_path_factory):
    """A folder of this run, the same for all of its workers."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def page_paths(app):
    """Addresses of pages that need no parameter."""
    return sorted(
        route.path for route in app.routes
        if isinstance(route, HTTPRoute) and "{" not in route.path
        and any("page" in handler.opt and "GET" in handler.http_methods
                for handler, _ in route.route_handler_map.values())
    )  # fmt: skip


def shape_of(path):
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", urlsplit(path).path)
    return re.sub(r"/\d+(?=/|$)", "/{n}", path)


def enough(seen, path, source):
    """Whether pages like this one have been looked at; if not, this one is."""
    shape = shape_of(path) + ("?" if "target_id=" in path else "")  # with and without a choice
    most = SHAPE_MAX if "{id}" in shape else 1
    if path in seen or seen[shape] >= most or seen[source, shape] >= FROM_MAX:
        return True
    seen.update({path: 1, shape: 1, (source, shape): 1})
    return False


async def walk(browser, app, who, folder):
    """Every form that can be come to, as a dict; each shape of it once. Where it went and what it
    found, as (method, address), is noted in the folder."""
    waiting, found, seen = [(path, "") for path in page_paths(app)], {}, Counter()
    went = set()
    while waiting and len(went) < PAGES_MAX:
        path, source = waiting.pop(0)
        if path.startswith(_SKIPPED) or enough(seen, path, source):
            continue
        went.add(("GET", path.partition("?")[0]))
        page = await browser.open(path)
        assert page.status_code < 500, (path, page.text[:500])
        if not page.headers["content-type"].startswith("text/html"):
            continue
        read = Forms(page.text)
        # Of one kind, the last made first.
        waiting += [(one, shape_of(path)) for one in sorted(read.links, reverse=True)]
        for one in read.forms:
            action = one["action"] or page.url.path
            key = (shape_of(action), tuple(sorted(one["typed"])))
            found.setdefault(key, one | {"action": action, "page": path})
    went |= {("POST", urlsplit(one["action"]).path) for one in found.values()}
    half = folder / f"half-{who}"
    half.write_text(json.dumps(sorted(went)))
    half.rename(folder / f"walked-{who}")
    # The last is what ends the session.
    return sorted(found.values(), key=lambda one: one["action"] == "/sign-out")


def routes_of_pages(app):
    """(method, address with its places) of every page there is."""
    return {
        (method, route.path)
        for route in app.routes if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if "page" in handler.opt and method in ("GET", "POST")
    }  # fmt: skip


def as_pattern(path):
    return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))


def as_person(browser, people, who):
    browser.http.cookies.clear()
    if people[who] is not None:
        browser.signed_in(people[who])


@pytest.mark.parametrize("who", PEOPLE)
async def test_no_form_is_harmed_by_what_is_sent_to_it(browser, app_of_run, people, walks, who):
    as_person(browser, people, who)
    forms = await walk(browser, app_of_run, who, walks)
    assert forms
    for one, token in zip(forms, cycle(("", "00" * 64, MARK)), strict=False):
        await without_its_token_or_from_elsewhere(browser, one, token, who)
        spoilt = {k: v if k == "_csrf" else MARK for k, v in one["hidden"].items()}
        page = await send(browser, one, spoilt | dict.fromkeys(one["typed"], ""))
        harmless(page, (who, one["action"], "hidden fields changed"))
        come_back(browser, people, who)
        for name, text in HOSTILE.items():
            page = await send(browser, one, one["hidden"] | dict.fromkeys(one["typed"], text))
            harmless(page, (who, one["action"], name))
            come_back(browser, people, who)


async def without_its_token_or_from_elsewhere(browser, one, token, who):
    """It is not taken."""
    told = (who, one["action"], token)
    page = await send(browser, one, one["hidden"] | one["typed"] | {"_csrf": token})
    assert page.status_code in (401, 403), (told, page.status_code)
    elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}
    page = await send(browser, one, one["hidden"] | one["typed"], headers=elsewhere)
    assert page.status_code in (401, 403), (told, page.status_code)


def harmless(page, told):
    """Answered, and what was typed is text, if it is shown at all."""
    assert page.status_code < 500, (told, page.text[-2000:])
    assert "x" not in page.cookies, told
    if page.headers["content-type"].startswith("text/html"):
        assert "<script>alert" not in page.text, told
        assert "<b title=" not in page.text, told
    else:
        assert "attachment" in page.headers["content-disposition"], told


async def test_the_walk_leaves_no_page_out(browser, app_of_run, people, walks):
    """Stands below the walks: whoever went in this run does not go again."""
    went = []
    for who in PEOPLE:
        noted = walks / f"walked-{who}"
        if not noted.exists():
            as_person(browser, people, who)
            await walk(browser, app_of_run, who, walks)
        went += json.loads(noted.read_text())
    left = {
        (method, path) for method, path in routes_of_pages(app_of_run)
        if not any(m == method and as_pattern(path).fullmatch(one) for m, one in went)
    }  # fmt: skip
    assert left == NOT_WALKED, "\n".join(sorted(map(str, left)))


def come_back(browser, people, who):
    """A form may have ended this session: the next one is filled in by somebody signed in."""
    one = people[who]
    if one is not None and browser.http.cookies.get(cookie_name(Config())) != one.token:
        as_person(browser, people, who)


async def send(browser, one, fields, **options):
    if one["files"]:
        options["files"] = {"nothing": ("x.jpg", b"\xff\xd8\x00<script>", "image/jpeg")}
    return await browser.http.post(one["action"], data=fields, follow_redirects=True, **options)


async def test_the_form_for_a_code_that_was_sent_is_not_harmed(browser, people):
    """It stands in the answer to another one."""
    (ask,) = Forms((await browser.open("/sign-in/code")).text).forms
    ask["action"] = "/sign-in/code"
    answer = await send(browser, ask, ask["hidden"] | {"name": "10000000009"})
    (one,) = [f for f in Forms(answer.text).forms if f["action"] == "/sign-in/code/use"]
    await without_its_token_or_from_elsewhere(browser, one, MARK, "nobody")
    for name, text in HOSTILE.items():
        fields = one["hidden"] | dict.fromkeys(one["typed"], text)
        harmless(await send(browser, one, fields), ("nobody", one["action"], name))
        spoilt = {k: v if k == "_csrf" else text for k, v in fields.items()}
        harmless(await send(browser, one, spoilt), ("nobody", one["action"], name))


@pytest.mark.parametrize("path", ["/staff/sheet/check", "/staff/sheet/members"])
async def test_what_the_sheets_script_sends_is_not_harmed(browser, people, path):
    """As the script does it: the answer is JSON, which no browser takes for a page, or a page."""
    browser.signed_in(people["station_head"])
    opened = Forms((await browser.open("/staff/sheet")).text)
    (sheet,) = [f for f in opened.forms if "served_on" in f["typed"]]
    one = sheet | {"action": path}
    await without_its_token_or_from_elsewhere(browser, one, MARK, "station_head")
    browser.http.headers["accept"] = "application/json"
    for text in HOSTILE.values():
        for typed in (sheet["typed"], ("text", "entries[0].who", "entries[0].time")):
            fields = sheet["hidden"] | sheet["typed"] | dict.fromkeys(typed, text)
            page = await send(browser, one, fields)
            if page.headers["content-type"].startswith("text/html"):
                harmless(page, (path, text[:20]))
            assert page.status_code < 500, (path, text[:20], page.text[-2000:])
            assert page.headers["x-content-type-options"] == "nosniff"


async def test_a_form_sent_again_has_no_second_effect(browser, people):
    browser.signed_in(people["volunteer"])
    page = Forms((await browser.open("/me/file/corrections")).text)
    (one,) = [f for f in page.forms if "text" in f["typed"]]
    for _ in range(3):
        one["action"] = "/me/file/corrections"
        page = await send(browser, one, one["hidden"] | {"text": "住址有误"})
    assert page.text.count("住址有误") == 1
