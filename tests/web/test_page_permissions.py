"""Every page × every role × own and other station: whom the table keeps out sees nothing of it."""

import re

from litestar.routes import HTTPRoute

from tests.api.test_permissions import allowed
from tests.places import SECRET, a_world
from volunteer_svc.api.cookies import cookie_name
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Role
from volunteer_svc.identity.permissions import CLIENT_SCOPES, OPERATIONS, PLAIN

PLACES = re.compile(r"{_?([a-z]+)(?:_id)?:[a-z]+}")
SEEN_BY_ALL = {"/me/activities/{activity_id:uuid}", "/me/activities/{activity_id:uuid}/here"}
"""Volunteers serve at all stations; whom they sign up is another matter."""


def pages(app):
    """(address, operation) of every page that is only looked at."""
    return sorted(
        (route.path, handler.opt["page"])
        for route in app.routes if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method == "GET" and "page" in handler.opt
    )  # fmt: skip


def filled(path, world, place):
    """The address of that place's; None when the world has no such thing."""
    known = {name: getattr(world, name) for name in ("account", "client", "endpoint")}
    for name in PLACES.findall(path):
        value = known.get(name) or getattr(world.places[place], name, None)
        if value is None:
            return None
        path = PLACES.sub(value, path, count=1)
    return path


def kept_out(operation, who, path, place):
    """Whether the table lets nobody of that role look at this page."""
    if operation in PLAIN:
        return operation == "signed_in" and who == "nobody"
    if "{" in path:
        return not allowed(operation, who, place)
    return not any(allowed(operation, who, one) for one in ("here", "there", "unasked"))


async def test_no_page_lets_in_whom_the_table_keeps_out(browser, app_of_run):
    world, wrong, tried = await a_world(), [], set()
    browser.http.follow_redirects = False
    for who, one in world.actors.items():
        if who in CLIENT_SCOPES:
            continue  # services have no pages
        browser.http.cookies.clear()
        if who != "nobody":
            browser.http.cookies.set(cookie_name(Config()), one.token)
        for path, operation in pages(app_of_run):
            case = getattr(OPERATIONS.get(operation), "staff_by_case", False)
            for place in ("here", "there") if "{" in path else ("here",):
                address = filled(path, world, place)
                if address is None or case or not kept_out(operation, who, path, place):
                    continue
                if who == "volunteer" and path in SEEN_BY_ALL:
                    continue
                tried.add((who, path))
                answer = await browser.http.get(address)
                if answer.is_success or answer.is_server_error:  # who is led elsewhere sees nothing
                    wrong.append((who, path, place, operation, answer.status_code))
                if SECRET in answer.text:
                    wrong.append((who, path, place, operation, "shows whom it must not"))
    assert not wrong, "\n".join(map(str, wrong))
    assert {who for who, _ in tried} >= {*Role.__args__, "volunteer", "nobody"}
    assert len(tried) > 500
