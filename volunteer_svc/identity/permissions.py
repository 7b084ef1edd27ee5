"""Who may do what, and where: the tables that API, pages and queries read."""

from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Actor, Anyone, Client, Role, Self, Staff
from volunteer_svc.domain.errors import Refusal, refuse

Permission = Literal[
    "station.write",
    "registration.write",
    "volunteer.read",
    "volunteer.write",
    "volunteer.manage",
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
    "recognition.published",
    "recognition.publish",
    "import.write",
    "account.write",
    "client.write",
    "event.read",
    "subscription.write",
    "volunteer.reveal",
    "disclosure.approve",
    "access.read",
    "audit.read",
    "staffing.read",
    "staffing.write",
    "delegation.write",
]
Scope = Literal["own", "station", "all"]
"""`own`: a volunteer's own record; `station`: the station of the account; `all`: everything."""

_PUBLISHED: dict[Permission, Scope] = {"recognition.published": "all"}
_DESK: dict[Permission, Scope] = _PUBLISHED | {
    "registration.write": "station",
    "volunteer.read": "station",
    "volunteer.write": "station",
    "volunteer.manage": "station",
    "induction.write": "station",
    "record.read": "station",
    "record.write": "station",
    "record.approve": "station",
    "record.correct": "station",
    "recognition.read": "station",
    "volunteer.reveal": "station",
    "file.read": "station",
    "file.write": "station",
    "volunteer.export": "station",
    "staffing.read": "station",
}
_HEAD: tuple[Permission, ...] = (
    "recognition.publish",
    "access.read",
    "disclosure.approve",
    "staffing.write",
    "delegation.write",
)
_COUNTY: tuple[Permission, ...] = (
    "station.write",
    "volunteer.erase",
    "volunteer.correct",
    "import.write",
)
_ALL: Scope = "all"
_STATION: Scope = "station"
TABLE: dict[Role | Literal["volunteer"], dict[Permission, Scope]] = {
    "volunteer": _PUBLISHED
    | {
        "volunteer.read": "own",
        "volunteer.write": "own",
        "record.read": "own",
        "record.write": "own",
        "volunteer.reveal": "own",
        "file.read": "own",
        "file.write": "own",
        "volunteer.export": "own",
        "volunteer.erase": "own",
        "access.read": "own",
    },
    "social_worker": _DESK,
    "deputy_head": _DESK | {"access.read": "station"},
    "station_head": _DESK | dict.fromkeys(_HEAD, _STATION),
    "county": dict.fromkeys((*_DESK, *_HEAD, *_COUNTY), _ALL),
    "bureau": _PUBLISHED,
    "auditor": _PUBLISHED
    | {
        "volunteer.read": "all",
        "record.read": "all",
        "recognition.read": "all",
        "access.read": "all",
        "audit.read": "all",
        "staffing.read": "all",
    },
    "admin": _PUBLISHED
    | {
        "account.write": "all",
        "client.write": "all",
        "station.write": "all",
        "staffing.read": "all",
        "staffing.write": "all",
    },
}
"""`admin` runs accounts and settings and approves nothing."""

CODE_ROLES: frozenset[Role] = frozenset({"station_head", "county", "bureau", "auditor", "admin"})
"""Who needs an authenticator app where VOLUNTEER_STAFF_CODES_REQUIRED says so."""

CLIENT_SCOPES: dict[str, frozenset[Permission]] = {
    "volunteers:read": frozenset({"volunteer.read"}),
    "records:read": frozenset({"record.read"}),
    "recognitions:read": frozenset({"recognition.read", "recognition.published"}),
    "events:read": frozenset({"event.read"}),
    "subscriptions:write": frozenset({"subscription.write"}),
}
"""What another service may be allowed to do, always at all stations."""
SCOPES = frozenset(CLIENT_SCOPES)


class Operation(msgspec.Struct, frozen=True):
    """What a route asks of its caller: a permission, and the least scope it is of any use with.

    `about` is what the route is about: a `person` (whose own scope is enough), the matters of a
    `station`, or the whole `county`. `staff_by_case`: staff whom the table does not name may have
    a reason of their own, as who stands in for a head; the action knows it.
    """

    permission: Permission
    about: Literal["person", "station", "county"]
    staff_by_case: bool = False


OPEN: Literal["open"] = "open"
SIGNED_IN: Literal["signed_in"] = "signed_in"
PLAIN = (OPEN, SIGNED_IN)
_REACHES: dict[str, frozenset[Scope | None]] = {
    "person": frozenset({"own", "station", "all"}),
    "station": frozenset({"station", "all"}),
    "county": frozenset({"all"}),
}

OPERATIONS: dict[str, Operation | Literal["open", "signed_in"]] = {
    "readLiveness": OPEN,
    "readReadiness": OPEN,
    "readMetrics": OPEN,
    "signIn": OPEN,
    "useSlip": OPEN,
    "requestCode": OPEN,
    "useCode": OPEN,
    "register": OPEN,
    "readReceipt": OPEN,
    "readPolicy": OPEN,
    "listStations": OPEN,
    "readStation": OPEN,
    "readMe": SIGNED_IN,
    "signOut": SIGNED_IN,
    "changePassword": SIGNED_IN,
    "listOwnSessions": SIGNED_IN,
    "endSession": SIGNED_IN,
    "endOtherSessions": SIGNED_IN,
    "enrolCode": SIGNED_IN,
    "confirmCode": SIGNED_IN,
    "removeCode": SIGNED_IN,
    "addStation": Operation("station.write", "county"),
    "editStation": Operation("station.write", "county"),
    "listRegistrations": Operation("volunteer.read", "station"),
    "readRegistration": Operation("volunteer.read", "station"),
    "checkMaterials": Operation("registration.write", "station"),
    "declineRegistration": Operation("registration.write", "station"),
    "enrolVolunteer": Operation("registration.write", "station"),
    "listClaims": Operation("registration.write", "station"),
    "resolveClaim": Operation("registration.write", "station"),
    "searchVolunteers": Operation("volunteer.read", "station"),
    "readVolunteer": Operation("volunteer.read", "person"),
    "editVolunteer": Operation("volunteer.write", "person"),
    "exitVolunteer": Operation("volunteer.write", "person"),
    "suspendVolunteer": Operation("volunteer.manage", "station"),
    "reinstateVolunteer": Operation("volunteer.manage", "station"),
    "giveSlip": Operation("volunteer.manage", "station"),
    "listInductionSessions": Operation("induction.write", "station"),
    "planInductionSession": Operation("induction.write", "station"),
    "recordAttendance": Operation("induction.write", "station"),
    "readInductionSignUps": Operation("induction.write", "station"),
    "readComingInductions": Operation("volunteer.read", "person"),
    "signUpForInduction": Operation("volunteer.write", "person"),
    "cancelInductionSignUp": Operation("volunteer.write", "person"),
    "readLedger": Operation("record.read", "person"),
    "readStars": Operation("record.read", "person"),
    "listRecordsOfVolunteer": Operation("record.read", "person"),
    "readRecord": Operation("record.read", "person"),
    "listRecords": Operation("record.read", "station"),
    "recordService": Operation("record.write", "person"),
    "correctRecord": Operation("record.correct", "station"),
    "listWaiting": Operation("record.approve", "station"),
    "decideWaiting": Operation("record.approve", "station"),
    "readRecognition": Operation("recognition.published", "station"),
    "publishRecognition": Operation("recognition.publish", "station", staff_by_case=True),
    "revealVolunteer": Operation("volunteer.reveal", "person"),
    "listAccesses": Operation("access.read", "person"),
    "askDisclosure": Operation("volunteer.reveal", "station"),
    "approveDisclosure": Operation("disclosure.approve", "station", staff_by_case=True),
    "listDisclosures": Operation("volunteer.reveal", "station"),
    "listAuditEntries": Operation("audit.read", "county"),
    "uploadFile": Operation("file.write", "person"),
    "downloadFile": Operation("file.read", "person"),
    "deleteFile": Operation("file.write", "person"),
    "listOpenWork": Operation("staffing.write", "station", staff_by_case=True),
    "leave": Operation("staffing.write", "station"),
    "closeStations": Operation("staffing.write", "county"),
    "delegate": Operation("delegation.write", "station"),
    "listDelegations": Operation("staffing.read", "station"),
    "endDelegation": Operation("delegation.write", "station"),
    "exportPerson": Operation("volunteer.export", "person"),
    "askCorrection": Operation("volunteer.write", "person"),
    "readCorrectionRequests": Operation("volunteer.read", "person"),
    "listCorrectionRequests": Operation("volunteer.write", "station"),
    "resolveCorrection": Operation("volunteer.write", "station"),
    "withdrawConsent": Operation("volunteer.write", "person"),
    "askErasure": Operation("volunteer.erase", "person"),
    "listErasures": Operation("volunteer.erase", "county"),
    "decideErasure": Operation("volunteer.erase", "county"),
    "correctIdentity": Operation("volunteer.correct", "county"),
    "mergeVolunteers": Operation("volunteer.correct", "county"),
    "uploadWorkbook": Operation("import.write", "county"),
    "readImport": Operation("import.write", "county"),
    "commitImport": Operation("import.write", "county"),
    "listImportProblems": Operation("import.write", "county"),
    "downloadImportProblems": Operation("import.write", "county"),
    "addAccount": Operation("account.write", "county"),
    "listAccounts": Operation("account.write", "county"),
    "linkAccount": Operation("account.write", "county"),
    "closeAccount": Operation("account.write", "county"),
    "unlockAccount": Operation("account.write", "county"),
    "removeAccountCode": Operation("account.write", "county"),
    "addClient": Operation("client.write", "county"),
    "listClients": Operation("client.write", "county"),
    "rotateClientKey": Operation("client.write", "county"),
    "closeClient": Operation("client.write", "county"),
}
"""Every route of the API by its operation id. One that is not here does not start."""


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


def require_staff(actor: Actor, permission: Permission) -> Staff:
    """The actor as staff: every decision is signed by an account."""
    if not isinstance(actor, Staff):
        raise _forbidden(actor, permission)
    return actor


def _forbidden(actor: Actor, permission: Permission) -> Refusal:
    if isinstance(actor, Anyone):
        return refuse("sign_in_required", kind="unauthenticated")
    return refuse("forbidden", kind="forbidden", permission=permission)
