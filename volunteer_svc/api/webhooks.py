"""Webhook endpoints: for clients their own, for staff by the permission table."""

from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import endpoint_edits, endpoint_sends, endpoints
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.endpoint_edits import EditEndpoint
from volunteer_svc.actions.endpoint_sends import Recover, Recovery, Sample
from volunteer_svc.actions.endpoints import EndpointSecret, EndpointView, NewEndpoint
from volunteer_svc.api.calls import tagged
from volunteer_svc.api.documented import BODY, EDITS, WRITES, documented, problem
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.api.problems import CursorProblem
from volunteer_svc.config import Config
from volunteer_svc.store.attempts import KeptAttempt

_ACTS = (404, 409, 422)
"""What an act on an endpoint may answer."""
Once = NamedDependency[OnceKey | None]
EndpointId = FromPath[UUID]


@post("/", **documented("addEndpoint", "Add a webhook endpoint; its secret is shown once", *WRITES))
async def add_endpoint(
    data: JSONBody[NewEndpoint], call: NamedDependency[Call], once: Once, state: State
) -> EndpointSecret:
    config: Config = state.config
    rules = config.webhook_rules
    return await endpoints.add_endpoint.once(once, call, data, rules, config.webhook_endpoints_max)


@get("/", **documented("listEndpoints", "Webhook endpoints, in the order they were made"))
async def list_endpoints(
    call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[EndpointView]:
    rows = await endpoints.endpoints(call, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda endpoint: endpoint.id)


@get("/{endpoint_id:uuid}", **documented("readEndpoint", "A webhook endpoint", 404, etag=True))
async def read_endpoint(
    endpoint_id: EndpointId, call: NamedDependency[Call]
) -> Response[EndpointView]:
    view = await endpoints.read_endpoint(call, endpoint_id)
    return tagged(view, view.revision)


@patch(
    "/{endpoint_id:uuid}",
    **documented("editEndpoint", "Change filter or address; an address is verified anew", *EDITS),
)
async def edit_endpoint(
    endpoint_id: EndpointId,
    data: JSONBody[EditEndpoint],
    call: NamedDependency[Call],
    state: State,
    revision: NamedDependency[int | None],
) -> Response[EndpointView]:
    rules = state.config.webhook_rules
    view = await endpoint_edits.edit_endpoint(call, endpoint_id, data, rules, revision)
    return tagged(view, view.revision)


@delete(
    "/{endpoint_id:uuid}",
    **documented("deleteEndpoint", "Delete a webhook endpoint; its trail is kept", 404),
)
async def delete_endpoint(endpoint_id: EndpointId, call: NamedDependency[Call]) -> None:
    await endpoints.delete_endpoint(call, endpoint_id)


@post(
    "/{endpoint_id:uuid}/verify",
    status_code=202,
    **documented("verifyEndpoint", "Send a challenge; the right answer makes it active", *_ACTS),
)
async def verify_endpoint(
    endpoint_id: EndpointId, call: NamedDependency[Call], once: Once
) -> EndpointView:
    return await endpoint_sends.verify_endpoint.once(once, call, endpoint_id)


@post(
    "/{endpoint_id:uuid}/rotate-secret",
    **documented("rotateEndpointSecret", "A new secret; the old one signs for 24 hours", *_ACTS),
)
async def rotate_endpoint_secret(
    endpoint_id: EndpointId, call: NamedDependency[Call], once: Once
) -> EndpointSecret:
    return await endpoints.rotate_endpoint_secret.once(once, call, endpoint_id)


@post(
    "/{endpoint_id:uuid}/pause",
    status_code=200,
    **documented("pauseEndpoint", "Send nothing; what happens waits", *_ACTS),
)
async def pause_endpoint(
    endpoint_id: EndpointId, call: NamedDependency[Call], once: Once
) -> EndpointView:
    return await endpoints.pause_endpoint.once(once, call, endpoint_id)


@post(
    "/{endpoint_id:uuid}/resume",
    status_code=200,
    **documented("resumeEndpoint", "Send what waited", *_ACTS),
)
async def resume_endpoint(
    endpoint_id: EndpointId, call: NamedDependency[Call], once: Once
) -> EndpointView:
    return await endpoints.resume_endpoint.once(once, call, endpoint_id)


@post(
    "/{endpoint_id:uuid}/disable",
    status_code=200,
    **documented("disableEndpoint", "Send nothing and let nothing wait", *_ACTS),
)
async def disable_endpoint(
    endpoint_id: EndpointId, call: NamedDependency[Call], once: Once
) -> EndpointView:
    return await endpoints.disable_endpoint.once(once, call, endpoint_id)


@post(
    "/{endpoint_id:uuid}/test",
    status_code=202,
    **documented("testEndpoint", "Send a sample event once", *_ACTS),
)
async def test_endpoint(endpoint_id: EndpointId, call: NamedDependency[Call], once: Once) -> Sample:
    return await endpoint_sends.test_endpoint.once(once, call, endpoint_id)


@post(
    "/{endpoint_id:uuid}/recover",
    status_code=202,
    **documented(
        "recoverEndpoint",
        "Send events again, from a place in the log on",
        *BODY,
        *_ACTS,
        more={410: problem(410, CursorProblem)},
    ),
)
async def recover_endpoint(
    endpoint_id: EndpointId, data: JSONBody[Recover], call: NamedDependency[Call], once: Once
) -> Recovery:
    return await endpoint_sends.recover_endpoint.once(once, call, endpoint_id, data)


@post(
    "/{endpoint_id:uuid}/events/{event_id:uuid}/send",
    status_code=202,
    **documented("resendEvent", "Send one event again", *_ACTS),
)
async def resend_event(
    endpoint_id: EndpointId, event_id: FromPath[UUID], call: NamedDependency[Call], once: Once
) -> Sample:
    return await endpoint_sends.resend_event.once(once, call, endpoint_id, event_id)


@get(
    "/{endpoint_id:uuid}/attempts",
    **documented("listAttempts", "Attempts and the head of each answer, the newest first", 404),
)
async def list_attempts(
    endpoint_id: EndpointId,
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    event_id: FromQuery[UUID | None] = None,
) -> Page[KeptAttempt]:
    rows = await endpoint_sends.attempts(
        call, endpoint_id, event_id=event_id, before=asked.before_number(), limit=asked.fetch
    )
    return asked.page(rows, lambda attempt: attempt.id)


router = Router(
    "/webhooks",
    tags=["webhooks"],
    route_handlers=[
        add_endpoint, list_endpoints, read_endpoint, edit_endpoint, delete_endpoint,
        verify_endpoint, rotate_endpoint_secret, pause_endpoint, resume_endpoint,
        disable_endpoint, test_endpoint, recover_endpoint, resend_event, list_attempts,
    ],
)  # fmt: skip
