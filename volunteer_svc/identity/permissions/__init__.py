"""Asking the permission table."""

from uuid import UUID

from volunteer_svc.domain.actor import Actor, Anyone, Client, Self, Staff
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.identity.permissions.kinds import OPEN as OPEN
from volunteer_svc.identity.permissions.kinds import PLAIN as PLAIN
from volunteer_svc.identity.permissions.kinds import SIGNED_IN as SIGNED_IN
from volunteer_svc.identity.permissions.kinds import Operation as Operation
from volunteer_svc.identity.permissions.kinds import Permission as Permission
from volunteer_svc.identity.permissions.kinds import Scope as Scope
from volunteer_svc.identity.permissions.table import CLIENT_SCOPES as CLIENT_SCOPES
from volunteer_svc.identity.permissions.table import CODE_ROLES as CODE_ROLES
from volunteer_svc.identity.permissions.table import OPERATIONS as OPERATIONS
from volunteer_svc.identity.permissions.table import SCOPES as SCOPES
from volunteer_svc.identity.permissions.table import TABLE as TABLE

_REACHES: dict[str, frozenset[Scope | None]] = {
    "person": frozenset({"own", "station", "all"}),
    "station": frozenset({"station", "all"}),
    "county": frozenset({"all"}),
}


def admit(actor: Actor, operation_id: str) -> None:
    """Raise `sign_in_required` or `forbidden` unless this route can be of any use to the actor.

    The first of two checks: the action asks again, about the very record or station. A page that
    is about nothing in particular says `open` or `signed_in` instead of an operation.
    """
    operation = OPERATIONS.get(operation_id)
    if operation is None:
        if operation_id not in PLAIN:
            raise LookupError(operation_id)
        operation = OPEN if operation_id == OPEN else SIGNED_IN
    if operation == OPEN:
        return
    if isinstance(actor, Anyone):
        raise refuse("sign_in_required", kind="unauthenticated")
    if isinstance(operation, Operation):
        if operation.staff_by_case and isinstance(actor, Staff):
            return
        scope = granted(actor, operation.permission)
        if scope not in _REACHES[operation.about]:
            raise _forbidden(actor, operation.permission)


def granted(actor: Actor, permission: Permission) -> Scope | None:
    """How far the permission reaches for this actor; None: not at all."""
    match actor:
        case Staff(role=role):
            return TABLE[role].get(permission)
        case Self():
            return TABLE["volunteer"].get(permission)
        case Client(scopes=scopes):
            held = (CLIENT_SCOPES.get(scope, ()) for scope in scopes)
            return "all" if any(permission in one for one in held) else None
    return None


def require(actor: Actor, permission: Permission, station_id: UUID | None = None) -> None:
    """Raise `forbidden` unless the actor may do this at this station (None: at all stations)."""
    scope = granted(actor, permission)
    if scope == "all":
        return
    own = actor.station_id if isinstance(actor, Staff) else None
    if scope == "station" and own is not None and station_id == own:
        return
    raise _forbidden(actor, permission)


def stations_seen(actor: Actor, permission: Permission, asked: UUID | None = None) -> UUID | None:
    """The station that a listing is narrowed to: the one asked for, else all one sees (None: all).

    The one place that scopes queries. Raises `forbidden` for a station that is not one's own, and
    for whoever sees none.
    """
    if asked is not None:
        require(actor, permission, asked)
        return asked
    if granted(actor, permission) == "all":
        return None
    own = actor.station_id if isinstance(actor, Staff) else None
    require(actor, permission, own)
    return own


def require_volunteer(
    actor: Actor, permission: Permission, volunteer_id: UUID, station_id: UUID
) -> None:
    """A volunteer reads his own record (R17); everybody else by the table."""
    if isinstance(actor, Self) and actor.id == volunteer_id and granted(actor, permission) == "own":
        return
    require(actor, permission, station_id)


def reads_free_text(actor: Actor) -> bool:
    """Free text stays at the stations and with the volunteer: it may name people (R12)."""
    return isinstance(actor, Self) or granted(actor, "record.write") is not None


def require_staff(actor: Actor, permission: Permission) -> Staff:
    """The actor as staff: every decision is signed by an account."""
    if not isinstance(actor, Staff):
        raise _forbidden(actor, permission)
    return actor


def _forbidden(actor: Actor, permission: Permission) -> Refusal:
    if isinstance(actor, Anyone):
        return refuse("sign_in_required", kind="unauthenticated")
    return refuse("forbidden", kind="forbidden", permission=permission)
