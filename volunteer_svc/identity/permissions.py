"""Who may do what, and where: the one table that API, pages and queries read."""

from typing import Literal
from uuid import UUID

from volunteer_svc.domain.actor import Actor, Anyone, Client, Role, Self, Staff
from volunteer_svc.domain.errors import Refusal, refuse

Permission = Literal[
    "station.write",
    "registration.write",
    "volunteer.read",
    "volunteer.write",
    "file.read",
    "file.write",
    "volunteer.export",
    "volunteer.erase",
    "volunteer.correct",
    "induction.write",
    "record.read",
    "record.write",
    "record.approve",
    "record.correct",
    "recognition.read",
    "recognition.publish",
    "import.write",
    "account.write",
    "volunteer.reveal",
    "disclosure.approve",
    "access.read",
    "audit.read",
    "staffing.read",
    "staffing.write",
    "delegation.write",
]
Scope = Literal["own", "all"]

_DESK: dict[Permission, Scope] = {
    "registration.write": "own",
    "volunteer.read": "own",
    "volunteer.write": "own",
    "file.read": "own",
    "file.write": "own",
    "volunteer.export": "own",
    "induction.write": "own",
    "record.read": "own",
    "record.write": "own",
    "record.approve": "own",
    "record.correct": "own",
    "recognition.read": "own",
    "volunteer.reveal": "own",
    "staffing.read": "own",
}
_ALL: Scope = "all"
_COUNTY: dict[Permission, Scope] = {
    **dict.fromkeys(_DESK, _ALL),
    "station.write": "all",
    "volunteer.erase": "all",
    "volunteer.correct": "all",
    "recognition.publish": "all",
    "import.write": "all",
    "disclosure.approve": "all",
    "access.read": "all",
    "staffing.write": "all",
    "delegation.write": "all",
}
_HEAD: dict[Permission, Scope] = {
    "recognition.publish": "own",
    "access.read": "own",
    "disclosure.approve": "own",
    "staffing.write": "own",
    "delegation.write": "own",
}
TABLE: dict[Role, dict[Permission, Scope]] = {
    "social_worker": _DESK,
    "deputy_head": _DESK | {"access.read": "own"},
    "station_head": _DESK | _HEAD,
    "county": _COUNTY,
    "bureau": {},
    "auditor": {
        "volunteer.read": "all",
        "record.read": "all",
        "recognition.read": "all",
        "access.read": "all",
        "audit.read": "all",
        "staffing.read": "all",
    },
    "admin": {
        "account.write": "all",
        "station.write": "all",
        "staffing.read": "all",
        "staffing.write": "all",
    },
}
"""`own`: at the station of the account. `admin` runs accounts and settings and approves nothing."""

CODE_ROLES: frozenset[Role] = frozenset({"station_head", "county", "bureau", "auditor", "admin"})
"""Who needs an authenticator app where VOLUNTEER_STAFF_CODES_REQUIRED says so."""

CLIENT_SCOPES: dict[str, Permission] = {
    "volunteers:read": "volunteer.read",
    "records:read": "record.read",
    "recognitions:read": "recognition.read",
}
"""What another service may be allowed to do, always at all stations."""
SCOPES = frozenset({*CLIENT_SCOPES, "events:read"})


def granted(actor: Actor, permission: Permission) -> Scope | None:
    """How far the permission reaches for this actor; None: not at all."""
    match actor:
        case Staff(role=role):
            return TABLE[role].get(permission)
        case Client(scopes=scopes):
            held = {CLIENT_SCOPES[scope] for scope in scopes if scope in CLIENT_SCOPES}
            return "all" if permission in held else None
    return None


def require(actor: Actor, permission: Permission, station_id: UUID | None = None) -> None:
    """Raise `forbidden` unless the actor may do this at this station (None: at all stations)."""
    scope = granted(actor, permission)
    own = isinstance(actor, Staff) and actor.station_id is not None
    if scope == "all" or (scope == "own" and own and station_id == actor.station_id):  # type: ignore[union-attr]
        return
    raise _forbidden(actor, permission)


def station_scope(actor: Actor, permission: Permission) -> UUID | None:
    """The station a listing is narrowed to; None: all. Raises `forbidden` when there is none."""
    scope = granted(actor, permission)
    if scope is None:
        raise _forbidden(actor, permission)
    return actor.station_id if scope == "own" and isinstance(actor, Staff) else None


def require_volunteer(
    actor: Actor, permission: Permission, volunteer_id: UUID, station_id: UUID
) -> None:
    """A volunteer reads his own record (R17); everybody else by the table."""
    if isinstance(actor, Self) and actor.id == volunteer_id:
        return
    require(actor, permission, station_id)


def require_staff(actor: Actor, permission: Permission) -> Staff:
    """The actor as staff: every decision is signed by an account."""
    if not isinstance(actor, Staff):
        raise _forbidden(actor, permission)
    return actor


def _forbidden(actor: Actor, permission: Permission) -> Refusal:
    if isinstance(actor, Anyone):
        return refuse("sign_in_required", kind="unauthenticated")
    return refuse("forbidden", kind="forbidden", permission=permission)
