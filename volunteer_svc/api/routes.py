"""All routes of the API, and what holds for each of them."""

from typing import Any

from litestar import Litestar, Router
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.routes import HTTPRoute

from volunteer_svc.api import (
    accesses,
    accounts,
    activities,
    approvals,
    awards,
    badges,
    calendars,
    certificates,
    check_ins,
    clients,
    complaints,
    dashboard,
    digests,
    events,
    files,
    health,
    holidays,
    imports,
    inductions,
    objections,
    openapi,
    operations,
    policies,
    positions,
    recognitions,
    record_exports,
    registrations,
    reminders,
    reports,
    reviews,
    rights,
    self_reports,
    service_records,
    sessions,
    sign_on,
    signups,
    snapshot,
    staff_codes,
    staffing,
    stations,
    tellings,
    trainings,
    transfer_proposals,
    undos,
    volunteers,
    webhooks,
)
from volunteer_svc.api.calls import DEPENDENCIES
from volunteer_svc.api.decoding import JsonRequest
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Fault
from volunteer_svc.identity.permissions import OPEN, OPERATIONS

JSON = "application/json"


async def json_only(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """A body that says it is something else than JSON is refused before it is read."""
    if not (isinstance(handler, HTTPRouteHandler) and handler.parsed_data_field):
        return
    given = connection.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if given != JSON:
        raise EdgeRefusal(415, Fault("media_type_unsupported", "Content-Type", {"expected": JSON}))


def routes(config: Config) -> list[Router]:
    return [
        Router(
            "/v1",
            dependencies=DEPENDENCIES,
            guards=[limited("address"), json_only],
            request_class=JsonRequest,
            route_handlers=[
                sessions.router,
                sign_on.router,
                staff_codes.router,
                accounts.router,
                clients.router,
                accesses.router,
                staffing.router,
                stations.router,
                registrations.router,
                registrations.claims_router,
                registrations.stuck_router,
                volunteers.router,
                inductions.router,
                activities.router,
                check_ins.router,
                signups.router,
                calendars.router,
                self_reports.router(config),
                service_records.router,
                approvals.router,
                undos.router,
                reviews.router,
                recognitions.router,
                dashboard.router,
                imports.router(config),
                files.router(config),
                policies.router,
                rights.router,
                events.router,
                snapshot.router,
                digests.router,
                reminders.router,
                reports.router,
                record_exports.router,
                complaints.router,
                awards.router,
                certificates.router,
                badges.router,
                trainings.router,
                transfer_proposals.router,
                positions.router,
                holidays.router,
                objections.router,
                webhooks.router,
                operations.router,
                tellings.router,
            ],
        ),
        badges.did_router,
        health.router,
        openapi.router,
    ]


def tell_all_methods(app: Litestar) -> None:
    """Let OPTIONS name every method of a path.

    Litestar makes the answer with the path's first handler and keeps it when others follow.
    """
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            handler, _ = route.route_handler_map["OPTIONS"]
            handler(route.create_options_handler(route.path).fn)


def check_operations(app: Litestar) -> None:
    """Raises RuntimeError unless the permission table knows every route, and nothing else."""
    handlers = {
        handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS" and handler.resolve_include_in_schema()
    }
    known = {str(handler.operation_id) for handler in handlers}
    if known != OPERATIONS.keys():
        raise RuntimeError(f"permissions.OPERATIONS differs: {sorted(known ^ OPERATIONS.keys())}")
    for handler in handlers:
        asks_who = "call" in handler.parsed_fn_signature.parameters
        if not asks_who and OPERATIONS[str(handler.operation_id)] != OPEN:
            raise RuntimeError(f"{handler.operation_id} does not ask who calls")
