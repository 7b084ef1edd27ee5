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
    "record.report",
    "record.approve",
    "record.correct",
    "objection.write",
    "objection.answer",
    "holiday.write",
    "position.write",
    "group.write",
    "reminder.read",
    "policy.read",
    "policy.write",
    "award.write",
    "evaluation.write",
    "complaint.write",
    "complaint.answer",
    "topic.write",
    "training.read",
    "training.write",
    "training.sign_up",
    "activity.write",
    "signup.write",
    "recognition.read",
    "recognition.published",
    "recognition.publish",
    "figures.read",
    "import.write",
    "account.write",
    "client.write",
    "event.read",
    "event.sensitive",
    "subscription.read",
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
    "training.read": "all",
    "registration.write": "station",
    "volunteer.read": "station",
    "volunteer.write": "station",
    "volunteer.manage": "station",
    "induction.write": "station",
    "record.read": "station",
    "record.write": "station",
    "record.approve": "station",
    "record.correct": "station",
    "objection.write": "station",
    "group.write": "station",
    "reminder.read": "station",
    "evaluation.write": "station",
    "complaint.write": "station",
    "training.write": "station",
    "training.sign_up": "station",
    "objection.answer": "station",
    "activity.write": "station",
    "signup.write": "station",
    "recognition.read": "station",
    "figures.read": "station",
    "volunteer.reveal": "station",
    "file.read": "station",
    "file.write": "station",
    "volunteer.export": "station",
    "staffing.read": "station",
}
_DEPUTY: dict[Permission, Scope] = {
    "access.read": "station",
    "position.write": "station",
    "award.write": "station",
    "complaint.answer": "station",
}
_HEAD: tuple[Permission, ...] = (
    "award.write",
    "complaint.answer",
    "position.write",
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
    "event.read",
    "event.sensitive",
    "holiday.write",
    "topic.write",
    "policy.read",
    "policy.write",
    "subscription.read",
    "subscription.write",
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
        "objection.write": "own",
        "complaint.write": "own",
        "training.read": "all",
        "training.sign_up": "own",
        "record.report": "own",
        "signup.write": "own",
        "volunteer.reveal": "own",
        "file.read": "own",
        "file.write": "own",
        "volunteer.export": "own",
        "volunteer.erase": "own",
        "access.read": "own",
    },
    "social_worker": _DESK,
    "deputy_head": _DESK | _DEPUTY,
    "station_head": _DESK | dict.fromkeys(_HEAD, _STATION),
    "county": dict.fromkeys((*_DESK, *_HEAD, *_COUNTY), _ALL),
    "bureau": _PUBLISHED | {"figures.read": "all"},
    "auditor": _PUBLISHED
    | {
        "volunteer.read": "all",
        "record.read": "all",
        "recognition.read": "all",
        "figures.read": "all",
        "access.read": "all",
        "audit.read": "all",
        "staffing.read": "all",
        "subscription.read": "all",
    },
    "admin": _PUBLISHED
    | {
        "account.write": "all",
        "client.write": "all",
        "station.write": "all",
        "holiday.write": "all",
        "policy.read": "all",
        "staffing.read": "all",
        "staffing.write": "all",
        "subscription.read": "all",
        "subscription.write": "all",
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
    "events:sensitive": frozenset({"event.sensitive"}),
    "subscriptions:read": frozenset({"subscription.read"}),
    "subscriptions:write": frozenset({"subscription.read", "subscription.write"}),
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
    "setOut": OPEN,
    "arrive": OPEN,
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
    "listStuckForms": Operation("registration.write", "county"),
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
    "transferVolunteer": Operation("volunteer.write", "person"),
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
    "openObjection": Operation("objection.write", "person"),
    "listObjections": Operation("objection.answer", "station"),
    "closeObjection": Operation("objection.answer", "station"),
    "listObjectionsOfVolunteer": Operation("record.read", "person"),
    "appoint": Operation("position.write", "station"),
    "endPosition": Operation("position.write", "station"),
    "listPositions": Operation("volunteer.read", "station"),
    "readPositionsOfVolunteer": Operation("volunteer.read", "person"),
    "addGroup": Operation("group.write", "station"),
    "joinGroup": Operation("group.write", "station"),
    "leaveGroup": Operation("group.write", "station"),
    "closeGroup": Operation("group.write", "station"),
    "listGroups": Operation("volunteer.read", "station"),
    "readTopics": OPEN,
    "saveTopic": Operation("topic.write", "county"),
    "planTraining": Operation("training.write", "station"),
    "cancelTraining": Operation("training.write", "station"),
    "recordTraining": Operation("training.write", "station"),
    "listTrainings": Operation("training.read", "county"),
    "signUpForTraining": Operation("training.sign_up", "person"),
    "withdrawFromTraining": Operation("training.sign_up", "person"),
    "readTrainingOfVolunteer": Operation("volunteer.read", "person"),
    "nominate": Operation("award.write", "station"),
    "listNominations": Operation("award.write", "station"),
    "closeNomination": Operation("award.write", "station"),
    "recordAward": Operation("award.write", "station"),
    "revokeAward": Operation("award.write", "station"),
    "readAwardsOfVolunteer": Operation("volunteer.read", "person"),
    "evaluateRecord": Operation("evaluation.write", "station"),
    "listEvaluationsOfVolunteer": Operation("record.read", "person"),
    "openComplaint": Operation("complaint.write", "person"),
    "listComplaintsOfVolunteer": Operation("complaint.write", "person"),
    "listComplaints": Operation("complaint.answer", "station"),
    "noteContact": Operation("complaint.answer", "station"),
    "closeComplaint": Operation("complaint.answer", "station"),
    "readPolicies": Operation("policy.read", "county"),
    "dryRunPolicy": Operation("policy.read", "county"),
    "listWouldChange": Operation("policy.read", "county"),
    "planPolicy": Operation("policy.write", "county"),
    "withdrawPolicy": Operation("policy.write", "county"),
    "setNameConsent": Operation("volunteer.write", "person"),
    "listReminders": Operation("reminder.read", "station"),
    "seeToReminder": Operation("reminder.read", "station"),
    "readHolidays": OPEN,
    "setHolidays": Operation("holiday.write", "county"),
    "askUndo": Operation("record.correct", "station"),
    "listUndos": Operation("record.correct", "station"),
    "readUndo": Operation("record.correct", "station"),
    "decideUndo": Operation("record.approve", "station"),
    "listReviewSignals": Operation("record.approve", "station"),
    "findSignals": Operation("record.approve", "station"),
    "decideSignal": Operation("record.approve", "station"),
    "listWaiting": Operation("record.approve", "station"),
    "decideWaiting": Operation("record.approve", "station"),
    "listActivities": SIGNED_IN,
    "readActivity": SIGNED_IN,
    "planActivity": Operation("activity.write", "station"),
    "editActivity": Operation("activity.write", "station"),
    "publishActivity": Operation("activity.write", "station"),
    "cancelActivity": Operation("activity.write", "station"),
    "changeCapacity": Operation("activity.write", "station"),
    "listSignups": Operation("activity.write", "station"),
    "signUp": Operation("signup.write", "person"),
    "withdrawSignup": Operation("signup.write", "person"),
    "readStationCalendar": OPEN,
    "readCalendar": OPEN,
    "makeCalendar": Operation("signup.write", "person"),
    "revokeCalendar": Operation("signup.write", "person"),
    "reportHours": Operation("record.report", "person"),
    "readRecordPhotos": Operation("file.read", "person"),
    "uploadRecordPhoto": Operation("file.write", "person"),
    "downloadRecordPhoto": Operation("file.read", "person"),
    "showSiteCode": Operation("record.write", "station"),
    "listCheckIns": Operation("record.write", "station"),
    "readCheckIn": Operation("record.write", "person"),
    "checkIn": Operation("record.write", "person"),
    "checkOut": Operation("record.write", "person"),
    "listSignupsOfVolunteer": Operation("signup.write", "person"),
    "listNotices": Operation("signup.write", "person"),
    "readNotices": Operation("signup.write", "person"),
    "readRecognition": Operation("recognition.published", "station"),
    "readDashboard": Operation("figures.read", "station"),
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
    "readEvents": Operation("event.read", "county"),
    "streamEvents": Operation("event.read", "county"),
    "readEventsInfo": Operation("event.read", "county"),
    "readSnapshot": Operation("event.read", "county"),
    "addAccount": Operation("account.write", "county"),
    "listAccounts": Operation("account.write", "county"),
    "linkAccount": Operation("account.write", "county"),
    "closeAccount": Operation("account.write", "county"),
    "resetPassword": Operation("account.write", "county"),
    "unlockAccount": Operation("account.write", "county"),
    "linkAccountSubject": Operation("account.write", "county"),
    "linkClientSubject": Operation("client.write", "county"),
    "removeAccountCode": Operation("account.write", "county"),
    "addClient": Operation("client.write", "county"),
    "listClients": Operation("client.write", "county"),
    "rotateClientKey": Operation("client.write", "county"),
    "closeClient": Operation("client.write", "county"),
    "listDigests": Operation("event.read", "county"),
    "addEndpoint": Operation("subscription.write", "county"),
    "listEndpoints": Operation("subscription.read", "county"),
    "readEndpoint": Operation("subscription.read", "county"),
    "verifyEndpoint": Operation("subscription.write", "county"),
    "rotateEndpointSecret": Operation("subscription.write", "county"),
    "pauseEndpoint": Operation("subscription.write", "county"),
    "resumeEndpoint": Operation("subscription.write", "county"),
    "disableEndpoint": Operation("subscription.write", "county"),
    "deleteEndpoint": Operation("subscription.write", "county"),
    "testEndpoint": Operation("subscription.write", "county"),
    "recoverEndpoint": Operation("subscription.write", "county"),
    "resendEvent": Operation("subscription.write", "county"),
    "listAttempts": Operation("subscription.read", "county"),
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
