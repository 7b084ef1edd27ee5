"""Webhook endpoints in the hands of staff: made, changed, tried, caught up; what was answered."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import endpoint_edits, endpoint_sends, endpoints, named
from volunteer_svc.actions.endpoint_edits import EditEndpoint
from volunteer_svc.actions.endpoint_sends import Recover
from volunteer_svc.actions.endpoints import EndpointView, NewEndpoint
from volunteer_svc.domain.calendar import BUSINESS_ZONE
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.event_filter import TYPES
from volunteer_svc.domain.events import SENSITIVE
from volunteer_svc.domain.webhook import OnFailure
from volunteer_svc.identity.permissions import granted
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.stations import station_choices
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 20
_PATH = "/staff/webhooks"
_ONE = f"{_PATH}/{{endpoint_id:uuid}}"
_MINUTES = "%Y-%m-%dT%H:%M"
EndpointId = FromPath[UUID]
link(
    Entry(frame="staff", path=_PATH, word="webhooks.nav", icon="bell",
          operation="listEndpoints", order=94),
)  # fmt: skip


class Edited(NewEndpoint, frozen=True, kw_only=True):
    """`revision`: what the page showed; somebody else's change since is not undone."""

    revision: int


class _Chosen(msgspec.Struct, frozen=True):
    event_id: UUID


@get(_PATH, **page("listEndpoints"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await endpoints.endpoints(visit.call, after=asked.after_id(), limit=asked.fetch)
    listed = asked.page(rows, lambda one: one.id)
    owners = await named.clients_named(visit.call, [one.client_id for one in listed.items])
    return visit.page("webhooks/list.html", listed=listed, owners=owners)


@get(f"{_PATH}/new", **page("addEndpoint"))
async def show_new(visit: NamedDependency[Visit]) -> Response[bytes]:
    form = Form.showing(on_failure="pass")
    return visit.page("webhooks/new.html", form=form, **await _choices(visit, None))


@post(f"{_PATH}/new", **page("addEndpoint"))
async def add(visit: NamedDependency[Visit]) -> Response[bytes]:
    """A double click is one endpoint, and shows its one secret."""
    config = visit.config
    try:
        made = await endpoints.add_endpoint.once(
            visit.once(), visit.call, visit.form.into(NewEndpoint), config.webhook_rules,
            config.webhook_endpoints_max,
        )  # fmt: skip
    except Refusal as refusal:
        return visit.again("webhooks/new.html", refusal, **await _choices(visit, None))
    return visit.page("webhooks/secret.html", made=made, rotated=False)


@get(_ONE, **page("readEndpoint"))
async def show_one(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    return await _one(visit, endpoint_id)


@get(f"{_ONE}/edit", **page("editEndpoint"))
async def show_edit(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    view = await endpoints.read_endpoint(visit.call, endpoint_id)
    form = Form.showing(
        url=view.url, description=view.description, types=view.types,
        station_ids=view.station_ids, on_failure=view.on_failure, revision=view.revision,
    )  # fmt: skip
    context = await _choices(visit, view)
    return visit.page("webhooks/edit.html", form=form, endpoint=view, **context)


@post(f"{_ONE}/edit", **page("editEndpoint"))
async def edit(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    """What is not ticked any more is taken out of the filter."""
    try:
        typed = msgspec.structs.asdict(visit.form.into(Edited))
        revision = typed.pop("revision")
        view = await endpoint_edits.edit_endpoint.once(
            visit.once(), visit.call, endpoint_id, EditEndpoint(**typed),
            visit.config.webhook_rules, revision,
        )  # fmt: skip
    except Refusal as refusal:
        view = await endpoints.read_endpoint(visit.call, endpoint_id)
        context = await _choices(visit, view)
        return visit.again("webhooks/edit.html", refusal, endpoint=view, **context)
    said = "webhooks.saved_unverified" if view.state == "unverified" else "webhooks.saved"
    return visit.done(f"{_PATH}/{endpoint_id}", said)


@post(f"{_ONE}/verify", **page("verifyEndpoint"))
async def verify(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    return await _act(visit, endpoint_id, endpoint_sends.verify_endpoint, "verify")


@post(f"{_ONE}/test", **page("testEndpoint"))
async def test(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    return await _act(visit, endpoint_id, endpoint_sends.test_endpoint, "test")


@post(f"{_ONE}/pause", **page("pauseEndpoint"))
async def pause(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    return await _act(visit, endpoint_id, endpoints.pause_endpoint, "pause")


@post(f"{_ONE}/resume", **page("resumeEndpoint"))
async def resume(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    return await _act(visit, endpoint_id, endpoints.resume_endpoint, "resume")


@post(f"{_ONE}/disable", **page("disableEndpoint"))
async def disable(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    return await _act(visit, endpoint_id, endpoints.disable_endpoint, "disable")


@post(f"{_ONE}/delete", **page("deleteEndpoint"))
async def delete(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    await endpoints.delete_endpoint.once(visit.once(), visit.call, endpoint_id)
    return visit.done(_PATH, "webhooks.delete_done")


@post(f"{_ONE}/rotate", **page("rotateEndpointSecret"))
async def rotate(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    made = await endpoints.rotate_endpoint_secret.once(visit.once(), visit.call, endpoint_id)
    return visit.page("webhooks/secret.html", made=made, rotated=True)


@post(f"{_ONE}/recover", **page("recoverEndpoint"))
async def recover(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    try:
        request = Form(_with_instant(visit.form.values)).into(Recover)
        done = await endpoint_sends.recover_endpoint.once(
            visit.once(), visit.call, endpoint_id, request
        )
    except Refusal as refusal:
        return await _one(visit, endpoint_id, refusal)
    return visit.done(f"{_PATH}/{endpoint_id}", "webhooks.recover_done", n=done.subjects)


@get(
    [f"{_ONE}/{act}" for act in (
        "verify", "test", "pause", "resume", "disable", "delete", "rotate", "recover")],
    **page("readEndpoint"),
)  # fmt: skip
async def show_again(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    """Who reloads what was refused, or shown once, sees the endpoint."""
    return visit.done(f"{_PATH}/{endpoint_id}")


@get(f"{_ONE}/log", **page("listAttempts"))
async def show_log(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    return await _log(visit, endpoint_id)


@post(f"{_ONE}/log", **page("resendEvent"))
async def resend(visit: NamedDependency[Visit], endpoint_id: EndpointId) -> Response[bytes]:
    try:
        chosen = visit.form.into(_Chosen)
        await endpoint_sends.resend_event.once(
            visit.once(), visit.call, endpoint_id, chosen.event_id
        )
    except Refusal as refusal:
        return await _log(visit, endpoint_id, refusal)
    return visit.done(f"{_PATH}/{endpoint_id}/log", "webhooks.resend_done")


async def _act(visit: Visit, endpoint_id: UUID, act: Any, name: str) -> Response[bytes]:
    try:
        await act.once(visit.once(), visit.call, endpoint_id)
    except Refusal as refusal:
        return await _one(visit, endpoint_id, refusal)
    return visit.done(f"{_PATH}/{endpoint_id}", f"webhooks.{name}_done")


async def _one(visit: Visit, endpoint_id: UUID, refusal: Refusal | None = None) -> Response[bytes]:
    view = await endpoints.read_endpoint(visit.call, endpoint_id)
    context: dict[str, Any] = {
        "endpoint": view,
        "owners": await named.clients_named(visit.call, [view.client_id]),
        "stations": await named.stations_named(),
    }
    if refusal is not None:
        return visit.again("webhooks/one.html", refusal, **context)
    return visit.page("webhooks/one.html", **context)


async def _log(visit: Visit, endpoint_id: UUID, refusal: Refusal | None = None) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    view = await endpoints.read_endpoint(visit.call, endpoint_id)
    rows = await endpoint_sends.attempts(
        visit.call, endpoint_id, event_id=None, before=asked.before_number(), limit=asked.fetch
    )
    context: dict[str, Any] = {"endpoint": view, "listed": asked.page(rows, lambda one: one.id)}
    if refusal is not None:
        return visit.again("webhooks/log.html", refusal, **context)
    return visit.page("webhooks/log.html", **context)


async def _choices(visit: Visit, view: EndpointView | None) -> dict[str, Any]:
    """What the form offers: complaints to those who may see them, stations that are open, and
    what the endpoint has by now."""
    sensitive = view.sensitive if view else granted(visit.actor, "event.sensitive") == "all"
    offered = await station_choices(visit)
    closed = set(view.station_ids if view else ()) - {one for one, _ in offered}
    names = await named.stations_named()
    return {
        "types": sorted(
            type_ for type_, name in TYPES.items() if sensitive or name not in SENSITIVE
        ),
        "stations": offered + [(one, names[one].name) for one in closed],
        "on_failure": get_args(OnFailure),
    }


def _with_instant(values: Any) -> dict[str, Any]:
    """The form's own minutes are Shanghai's; what is none stays for the refusal."""
    typed = values.get("since", [""])[-1].strip()
    try:
        since = datetime.strptime(typed, _MINUTES).replace(tzinfo=BUSINESS_ZONE).isoformat()
    except ValueError:
        since = typed
    return {**values, "since": [since]}


router = Router(
    "/",
    route_handlers=[
        show, show_new, add, show_one, show_edit, edit, verify, test, pause, resume, disable,
        delete, rotate, recover, show_again, show_log, resend,
    ],
)  # fmt: skip
