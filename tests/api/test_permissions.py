"""Every route × every role × own and other station, compared with the permission table."""

from typing import get_args
from urllib.parse import urlencode

import msgspec
import pytest
from litestar import get

from tests.actions.plans import END, START
from tests.builders import (
    PASSWORD,
    TODAY,
    form,
)
from tests.places import a_world
from volunteer_svc.api import stations
from volunteer_svc.app import create_app
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import STATION_ROLES
from volunteer_svc.identity.permissions import (
    CLIENT_SCOPES,
    OPEN,
    OPERATIONS,
    SIGNED_IN,
    TABLE,
    Permission,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REASON = {"reason": "x"}
TURNED = {"from_on": "2026-02-02", "until_on": "2026-02-01"}
LISTS = {
    "listRegistrations": "/v1/registrations",
    "listClaims": "/v1/claims",
    "listInductionSessions": "/v1/induction-sessions",
    "listRecords": "/v1/service-records",
    "listWaiting": "/v1/approvals",
    "listDisclosures": "/v1/disclosures",
    "listDelegations": "/v1/delegations",
    "readDashboard": "/v1/dashboard",
    "readReport": "/v1/reports",
    "listCorrectionRequests": "/v1/correction-requests",
    "listObjections": "/v1/objections",
    "listPositions": "/v1/positions",
    "listReminders": "/v1/reminders",
    "listNominations": "/v1/nominations",
    "listComplaints": "/v1/complaints",
    "listGroups": "/v1/groups",
    "listUndos": "/v1/undos",
    "listTransferProposals": "/v1/transfer-proposals",
    "listCertificates": "/v1/certificates",
    "listCertificateBatches": "/v1/certificate-batches",
    "listReviewSignals": "/v1/review-signals",
}
OWN = "/v1/record-exports"
NARROW = (
    "listClaims", "listDisclosures", "listDelegations", "delegate", "findSignals",
    "listRecordExports", "readRecordExport", "downloadRecordExport",
)  # fmt: skip
"""Asked for no station: it is always one's own."""


@pytest.fixture
async def world(client):
    return await a_world()


def request(operation, world, place, who):
    """Method, path and the rest of a request that only its permission can keep from working."""
    at = world.places.get(place)
    here = {"station_id": at.station} if at else {}
    person = f"/v1/volunteers/{at.volunteer}" if at else ""
    own = {"evidence": "self"} if who == "volunteer" else {}
    if operation in LISTS:
        return "GET", LISTS[operation], {"params": here if operation not in NARROW else {}}
    new = msgspec.to_builtins({"form": form(), "materials": []})
    entry = {"served_on": f"{TODAY}", "minutes": 1} | own
    decision = {"kind": "record", "decision": "approve", "id": at.waiting if at else ""}
    account = {"username": f"a-{who}-{place}".replace(":", "-"), "display_name": "x",
               "password": PASSWORD, "role": "bureau"}  # fmt: skip
    code = {"code": account["username"], "name": "x", "kind": "station"}
    run, login = f"/v1/imports/{world.run}", {"name": "nobody", "password": "wrong password"}
    hook = f"/v1/webhooks/{world.endpoint}"
    workbook_body = {"content": b"x", "headers": {"Content-Type": XLSX}}
    requests = {
        "readLiveness": ("GET", "/health/live"),
        "readReadiness": ("GET", "/health/ready"),
        "readMetrics": ("GET", "/metrics"),
        "signIn": ("POST", "/v1/sessions", {"kind": "staff"} | login),
        "useSlip": ("POST", "/v1/sessions/slip",
                    {"member_no": "1", "slip": "x", "password": PASSWORD}),
        "register": ("POST", "/v1/registrations", {"form": new["form"]} | here),
        "readReceipt": ("POST", "/v1/registrations/receipt", {"receipt": "x"}),
        "readPolicy": ("GET", "/v1/policy"),
        "listStations": ("GET", "/v1/stations"),
        "readStation": ("GET", f"/v1/stations/{at.station if at else ''}"),
        "requestCode": ("POST", "/v1/sessions/codes", {"name": "1"}),
        "useCode": ("POST", "/v1/sessions/codes/use", {"name": "1", "code": "000000"}),
        "setOut": ("GET", "/v1/sign-on"),
        "arrive": ("GET", "/v1/sign-on/callback?code=x&state=x"),
        "linkAccountSubject": ("POST", f"/v1/accounts/{world.account}/sign-on", {"subject": "x"}),
        "linkClientSubject": ("POST", f"/v1/clients/{world.client}/sign-on", {"subject": "x"}),
        "resetPassword": ("POST", f"/v1/accounts/{world.account}/reset-password"),
        "readMe": ("GET", "/v1/me"),
        "changePassword": ("POST", "/v1/me/password",
                           {"present": PASSWORD, "new": PASSWORD}),
        "listOwnSessions": ("GET", "/v1/me/sessions"),
        "endSession": ("DELETE", f"/v1/me/sessions/{world.account}"),
        "endOtherSessions": ("DELETE", "/v1/me/sessions"),
        "enrolCode": ("POST", "/v1/me/code", {"present": PASSWORD}),
        "confirmCode": ("POST", "/v1/me/code/confirm", {"code": "000000"}),
        "removeCode": ("POST", "/v1/me/code/remove", {"present": PASSWORD}),
        "unlockAccount": ("POST", f"/v1/accounts/{world.account}/unlock"),
        "removeAccountCode": ("POST", f"/v1/accounts/{world.account}/remove-code"),
        "addStation": ("POST", "/v1/stations", code),
        "editStation": ("PATCH", f"/v1/stations/{at.station if at else ''}", {"name": "x"}),
        "listStuckForms": ("GET", "/v1/stuck-forms"),
        "enrolVolunteer": ("POST", "/v1/volunteers", new | here),
        "searchVolunteers": ("POST", "/v1/volunteers/search", here),
        "readVolunteer": ("GET", person),
        "editVolunteer": ("PATCH", person, {"skills": "x"}),
        "exitVolunteer": ("POST", f"{person}/exit", REASON),
        "transferVolunteer": ("POST", f"{person}/transfer", REASON | {
            "to_station_id": world.account, "consent": {"given": "signed", "on": f"{TODAY}"}}),
        "proposeTransfer": ("POST", f"{person}/transfer-proposals",
                            REASON | {"to_station_id": world.account}),
        "readTransferProposalsOfVolunteer": ("GET", f"{person}/transfer-proposals"),
        "suspendVolunteer": ("POST", f"{person}/suspend", REASON),
        "reinstateVolunteer": ("POST", f"{person}/reinstate"),
        "giveSlip": ("POST", f"{person}/slip"),
        "readLedger": ("GET", f"{person}/ledger"),
        "readStars": ("GET", f"{person}/stars"),
        "listRecordsOfVolunteer": ("GET", f"{person}/service-records"),
        "recordService": ("POST", "/v1/service-records",
                          here | {"entries": [entry | {"volunteer_id": at and at.volunteer}]}),
        "decideWaiting": ("POST", "/v1/approvals", {"decisions": [decision]}),
        "planInductionSession": ("POST", "/v1/induction-sessions",
                                 here | {"held_on": f"{TODAY}", "place": who}),
        "uploadWorkbook": ("POST", "/v1/imports?filename=a.xlsx", workbook_body),
        # No range: nothing is drawn where only the permission is asked for.
        "downloadReportWorkbook": ("GET", f"/v1/reports/report.xlsx?{urlencode(here | TURNED)}"),
        "downloadReportPaper": ("GET", f"/v1/reports/report.pdf?{urlencode(here | TURNED)}"),
        "askRecordExport": ("POST", OWN, here | TURNED | REASON),
        "listRecordExports": ("GET", OWN),
        "readRecordExport": ("GET", f"{OWN}/{world.run}"),
        "downloadRecordExport": ("GET", f"{OWN}/{world.run}/records.xlsx"),
        "readImport": ("GET", run),
        "commitImport": ("POST", f"{run}/commit"),
        "listImportProblems": ("GET", f"{run}/problems"),
        "downloadImportProblems": ("GET", f"{run}/problems.xlsx"),
        "addAccount": ("POST", "/v1/accounts", account),
        "listAccounts": ("GET", "/v1/accounts"),
        "linkAccount": ("POST", f"/v1/accounts/{world.account}/link", {"volunteer_id": None}),
        "closeAccount": ("POST", f"/v1/accounts/{world.account}/close"),
        "addClient": ("POST", "/v1/clients", {"name": "x", "scopes": ["events:read"]}),
        "listClients": ("GET", "/v1/clients"),
        "rotateClientKey": ("POST", f"/v1/clients/{world.client}/rotate", {}),
        "closeClient": ("POST", f"/v1/clients/{world.client}/close"),
        "addEndpoint": ("POST", "/v1/webhooks", {"url": "https://platform.example.org/"}),
        "listEndpoints": ("GET", "/v1/webhooks"),
        "readEndpoint": ("GET", hook),
        "editEndpoint": ("PATCH", hook, {"description": "x"}),
        "deleteEndpoint": ("DELETE", hook),
        "verifyEndpoint": ("POST", f"{hook}/verify"),
        "rotateEndpointSecret": ("POST", f"{hook}/rotate-secret"),
        "pauseEndpoint": ("POST", f"{hook}/pause"),
        "resumeEndpoint": ("POST", f"{hook}/resume"),
        "disableEndpoint": ("POST", f"{hook}/disable"),
        "testEndpoint": ("POST", f"{hook}/test"),
        "recoverEndpoint": ("POST", f"{hook}/recover", {"after": "0"}),
        "resendEvent": ("POST", f"{hook}/events/{world.account}/send"),
        "listAttempts": ("GET", f"{hook}/attempts"),
        "readRecognition": ("GET", f"/v1/recognitions/2025?station_id={here.get('station_id')}"),
        "publishRecognition": ("POST", "/v1/recognitions/2025/publications", here),
        "revealVolunteer": ("POST", f"{person}/reveal",
                            {"fields": ["phone"], "purpose": "contact"} | REASON),
        "listAccesses": ("GET", f"{person}/accesses"),
        "askDisclosure": ("POST", f"{person}/disclosures",
                          {"recipient": "x", "letter_reference": "x", "fields": ["phone"]}
                          | REASON),
        "approveDisclosure": ("POST", f"/v1/disclosures/{at.disclosure if at else ''}/approve"),
        "listAuditEntries": ("GET", "/v1/audit-entries"),
        "uploadFile": ("POST", f"{person}/files/photo"),
        "downloadFile": ("GET", f"{person}/files/photo"),
        "deleteFile": ("DELETE", f"{person}/files/photo"),
        "listOpenWork": ("GET", f"/v1/accounts/{at.colleague if at else ''}/open-work"),
        "leave": ("POST", f"/v1/accounts/{at.colleague if at else ''}/leave",
                  REASON | {"to": world.account}),
        "closeStations": ("POST", "/v1/stations/close-accounts",
                          REASON | {"station_ids": [world.account], "on": f"{TODAY}"}),
        "delegate": ("POST", "/v1/delegations", REASON | {
            "to": world.account, "from_on": f"{TODAY}", "to_on": f"{TODAY}"}),
        "endDelegation": ("POST", f"/v1/delegations/{at.delegation if at else ''}/end"),
        "exportPerson": ("POST", f"{person}/export", REASON),
        "askCorrection": ("POST", f"{person}/correction-requests", {"text": "x"}),
        "withdrawConsent": ("POST", f"{person}/consents/withdraw", {"kind": "rules"}),
        "appoint": ("POST", f"{person}/positions", REASON | {"position": "team_leader"}),
        "readPositionsOfVolunteer": ("GET", f"{person}/positions"),
        "addGroup": ("POST", "/v1/groups", here | {"name": f"{who}-{place}"}),
        "readTopics": ("GET", "/v1/training-topics"),
        "saveTopic": ("POST", "/v1/training-topics",
                      {"code": "first-aid", "name_zh": "x", "name_en": "x"}),
        "planTraining": ("POST", "/v1/trainings", here | {
            "title": "x", "topics": ["first-aid"],
            "starts_at": f"{TODAY}T09:00:00Z", "ends_at": f"{TODAY}T10:00:00Z"}),
        "listTrainings": ("GET", "/v1/trainings"),
        "readTrainingOfVolunteer": ("GET", f"{person}/trainings"),
        "nominate": ("POST", f"{person}/nominations", REASON | {
            "honour": who, "awarding_body": "x", "evidence_reference": "x"}),
        "recordAward": ("POST", f"{person}/awards", {
            "name": "x", "granted_by": "x", "granted_on": f"{TODAY}",
            "evidence_reference": "x"}),
        "readAwardsOfVolunteer": ("GET", f"{person}/awards"),
        "listEventsOfVolunteer": ("GET", f"{person}/events"),
        "readOperations": ("GET", "/v1/operations"),
        "listEvaluationsOfVolunteer": ("GET", f"{person}/evaluations"),
        "openComplaint": ("POST", f"{person}/complaints", {"direction": "by", "text": "x"}),
        "listComplaintsOfVolunteer": ("GET", f"{person}/complaints"),
        "readPolicies": ("GET", "/v1/policies"),
        "dryRunPolicy": ("GET", "/v1/policies/jilin-2021/dry-run"),
        "listWouldChange": ("GET", "/v1/policies/jilin-2021/dry-run/volunteers"),
        "planPolicy": ("POST", "/v1/policies",
                       REASON | {"version": "x", "valid_from": f"{TODAY}"}),
        "withdrawPolicy": ("DELETE", "/v1/policies/jilin-2021"),
        "setNameConsent": ("POST", f"{person}/name-consent", {"named": False}),
        "readHolidays": ("GET", "/v1/holidays/2026"),
        "setHolidays": ("POST", "/v1/holidays/2031", {"days": []}),
        "listObjectionsOfVolunteer": ("GET", f"{person}/objections"),
        "askErasure": ("POST", f"{person}/erasure", REASON),
        "listErasures": ("GET", "/v1/erasures"),
        "correctIdentity": ("POST", f"{person}/identity", REASON),
        "mergeVolunteers": ("POST", f"{person}/merge", REASON | {"duplicate_id": world.account}),
        "readEvents": ("GET", "/v1/events"),
        "streamEvents": ("GET", "/v1/events/stream?after=x"),
        "readEventsInfo": ("GET", "/v1/events/info"),
        "readSnapshot": ("GET", "/v1/volunteers/snapshot"),
        "listDigests": ("GET", "/v1/digests"),
        "listActivities": ("GET", "/v1/activities"),
        "planActivity": ("POST", "/v1/activities", here | {
            "kind": "elder_care", "form": "other", "title": "x", "capacity": 1,
            "started_at": f"{START:%FT%TZ}", "ended_at": f"{END:%FT%TZ}"}),
        "listSignupsOfVolunteer": ("GET", f"{person}/sign-ups"),
        "listNotices": ("GET", f"{person}/notices"),
        "readCalendar": ("GET", f"/v1/calendars/{'x' * 43}.ics"),
        "makeCalendar": ("POST", f"{person}/calendar"),
        "revokeCalendar": ("DELETE", f"{person}/calendar"),
        "reportHours": ("POST", f"{person}/self-reports",
                        here | {"served_on": f"{TODAY}", "minutes": 1, "content": "x"}),
        "findSignals": ("POST", "/v1/review-signals/find"),
        "readNotices": ("POST", f"{person}/notices/read"),
        "issueCertificate": ("POST", f"{person}/certificates",
                             here | {"from_on": f"{TODAY}", "to_on": f"{TODAY}"}),
        "issueStarCertificate": ("POST", f"{person}/star-certificates", {"star": 1}),
        "readCertificatesOfVolunteer": ("GET", f"{person}/certificates"),
        "verifyCertificate": ("GET", "/v1/verifications/x"),
        "printMemberFile": ("POST", f"{person}/member-file", {}),
        "issueCertificateBatch": ("POST", "/v1/certificate-batches",
                                  here | {"from_on": f"{TODAY}", "to_on": f"{TODAY}"}),
        "readBadges": ("GET", f"{person}/badges"),
        "makeBadge": ("POST", f"{person}/badges", {"star": 1}),
        "readSharedBadge": ("GET", "/v1/badges/shared/x"),
        "readBadgeIssuer": ("GET", "/v1/badges/issuer"),
        "readBadgeKeys": ("GET", "/v1/badges/keys"),
        "readBadgeAchievement": ("GET", "/v1/badges/achievements/1"),
        "readBadgeStatusList": ("GET", "/v1/badges/status-lists/1"),
        "readDidDocument": ("GET", "/.well-known/did.json"),
        "signOut": ("DELETE", "/v1/sessions/current"),
    } | ({
        "readRegistration": ("GET", f"/v1/registrations/{at.registration}"),
        "checkMaterials": ("PUT", f"/v1/registrations/{at.registration}/materials",
                           {"materials": [{"item": "photo", "copy_received": True}]}),
        "declineRegistration": ("POST", f"/v1/registrations/{at.registration}/decline", REASON),
        "resolveClaim": ("POST", f"/v1/claims/{at.claim}/resolve"),
        "recordAttendance": ("POST", f"/v1/induction-sessions/{at.session}/attendance",
                             {"attendees": [{"volunteer_id": at.volunteer}]}),
        "revokeInduction": ("POST",
                            f"/v1/induction-sessions/{at.session}/attendance/{at.volunteer}/revoke",
                            REASON),
        "readInductionSignUps": ("GET", f"/v1/induction-sessions/{at.session}/sign-ups"),
        "readComingInductions": ("GET", f"{person}/induction-sessions"),
        "signUpForInduction": ("POST", f"{person}/induction-sessions/{at.session}/sign-up"),
        "cancelInductionSignUp": ("DELETE", f"{person}/induction-sessions"),
        "readCorrectionRequests": ("GET", f"{person}/correction-requests"),
        "resolveCorrection": ("POST", f"/v1/correction-requests/{at.correction}/resolve",
                              REASON | {"outcome": "refused"}),
        "endPosition": ("POST", f"/v1/positions/{at.position}/end", REASON),
        "joinGroup": ("POST", f"/v1/groups/{at.group}/members",
                      {"volunteer_ids": [at.volunteer]}),
        "leaveGroup": ("POST", f"/v1/groups/{at.group}/members/{at.volunteer}/leave"),
        "closeGroup": ("POST", f"/v1/groups/{at.group}/close"),
        "cancelTraining": ("POST", f"/v1/trainings/{at.training}/cancel", REASON),
        "signUpForTraining": ("POST", f"/v1/trainings/{at.training}/signups/{at.volunteer}"),
        "withdrawFromTraining": (
            "POST", f"/v1/trainings/{at.training}/signups/{at.volunteer}/withdraw"),
        "answerTransferProposal": ("POST", f"/v1/transfer-proposals/{at.proposal}/answer",
                                   {"answer": "refused"}),
        "withdrawTransferProposal": ("POST", f"/v1/transfer-proposals/{at.proposal}/withdraw"),
        "readTrainingAttendance": ("GET", f"/v1/trainings/{at.training}/attendance"),
        "strikeTraining": ("POST",
                           f"/v1/trainings/{at.training}/attendance/{at.volunteer}/strike",
                           REASON),
        "recordTraining": ("POST", f"/v1/trainings/{at.training}/attendance",
                           {"attendees": [{"volunteer_id": at.volunteer}]}),
        "closeNomination": ("POST", f"/v1/nominations/{at.nomination}/close",
                            {"outcome": "not_awarded"}),
        "revokeAward": ("POST", f"/v1/awards/{at.award}/revoke", REASON),
        "readCertificate": ("GET", certificate := f"/v1/certificates/{at.certificate}"),
        "printCertificate": ("GET", f"{certificate}/pdf"),
        "reissueCertificate": ("POST", f"{certificate}/reissue"),
        "revokeCertificate": ("POST", f"{certificate}/revoke", REASON),
        "readCertificateBatch": ("GET", batch := f"/v1/certificate-batches/{at.batch}"),
        "downloadCertificateBatch": ("GET", f"{batch}/file"),
        "downloadBadge": ("GET", badge := f"{person}/badges/{at.record}/credential"),
        "shareBadge": ("POST", badge.replace("credential", "share")),
        "unshareBadge": ("DELETE", badge.replace("credential", "share")),
        "evaluateRecord": ("POST", f"/v1/service-records/{at.record}/evaluations", {"grade": 5}),
        "readComplaint": ("GET", f"/v1/complaints/{at.complaint}"),
        "readActivityEvaluations": ("GET", f"/v1/activities/{at.activity}/evaluations"),
        "evaluateActivity": ("POST", f"/v1/activities/{at.activity}/evaluations",
                             {"entries": [{"record_id": at.record, "grade": 5}]}),
        "noteContact": ("POST", f"/v1/complaints/{at.complaint}/contact",
                        {"contact": "call", "on": f"{TODAY}", "words": "x"}),
        "closeComplaint": ("POST", f"/v1/complaints/{at.complaint}/close",
                           {"outcome": "withdrawn", "words": "x"}),
        "seeToReminder": ("POST", f"/v1/reminders/{at.reminder}/done"),
        "openObjection": ("POST", f"/v1/service-records/{at.waiting}/objections", {"text": "x"}),
        "closeObjection": ("POST", f"/v1/objections/{at.objection}/close",
                           REASON | {"outcome": "kept"}),
        "decideErasure": ("POST", f"/v1/erasures/{at.erasure}/decide",
                          REASON | {"decision": "refuse"}),
        "readActivity": ("GET", activity := f"/v1/activities/{at.activity}"),
        "editActivity": ("PATCH", activity, {"title": "x"}),
        "publishActivity": ("POST", f"{activity}/publish", {}),
        "cancelActivity": ("POST", f"{activity}/cancel", REASON),
        "changeCapacity": ("POST", f"{activity}/capacity", {"capacity": 10}),
        "listSignups": ("GET", f"{activity}/sign-ups"),
        "readStationCalendar": ("GET", f"/v1/stations/{at.station}/calendar.ics"),
        "readRecordPhotos": ("GET", f"/v1/service-records/{at.waiting}/photos"),
        "uploadRecordPhoto": ("POST", f"/v1/service-records/{at.waiting}/photos"),
        "downloadRecordPhoto": ("GET",
                                f"/v1/service-records/{at.waiting}/photos/{at.waiting}"),
        "showSiteCode": ("GET", f"{activity}/site-code"),
        "listCheckIns": ("GET", f"{activity}/check-ins"),
        "readCheckIn": ("GET", f"{activity}/check-ins/{at.volunteer}"),
        "checkIn": ("POST", f"{activity}/check-ins", {"volunteer_id": at.volunteer}),
        "checkOut": ("POST", f"{activity}/check-outs", {"volunteer_id": at.volunteer}),
        "decideSignal": ("POST", f"/v1/review-signals/{at.signal}/decide", REASON),
        "askUndo": ("POST", "/v1/undos",
                    REASON | {"kind": "sheet", "target_id": at.sheet}),
        "readUndo": ("GET", f"/v1/undos/{at.undo}"),
        "decideUndo": ("POST", f"/v1/undos/{at.undo}/decide", {"decision": "refuse"} | REASON),
        "signUp": ("POST", f"{activity}/sign-ups", {"volunteer_id": at.volunteer}),
        "withdrawSignup": ("POST", f"{activity}/sign-ups/{at.volunteer}/withdraw", {}),
        "readRecord": ("GET", f"/v1/service-records/{at.record}"),
        "correctRecord": ("POST", f"/v1/service-records/{at.record}/corrections",
                          {"minutes": 59} | REASON),
    } if at else {})  # fmt: skip
    method, path, *body = requests[operation]
    if operation == "uploadWorkbook":
        return method, path, workbook_body
    if operation in ("uploadFile", "uploadRecordPhoto"):
        return method, path, {"content": b"x", "headers": {"Content-Type": "image/jpeg"}}
    return method, path, {"json": body[0]} if body else {}


def scope_of(who, permission):
    """The table, read on its own: not by the functions that are tried."""
    if who in CLIENT_SCOPES:
        return "all" if permission in CLIENT_SCOPES[who] else None
    return TABLE.get(who, {}).get(permission)


def allowed(operation, who, place):
    """What the table says; `unasked` is a list or a publication without a station."""
    entry = OPERATIONS[operation]
    if entry in (OPEN, SIGNED_IN):
        return entry == OPEN or who != "nobody"
    scope = scope_of(who, entry.permission)
    if scope == "station":
        reaches = place == "here" or (place == "unasked" and operation != "publishRecognition")
        return reaches and entry.about != "county"
    if scope == "own":
        return place == "here" and entry.about == "person"
    return scope == "all"


def let_in(response):
    if response.status_code in (401, 403):
        return response.json()["code"] not in ("forbidden", "sign_in_required")
    assert response.status_code < 500, response.text
    if response.headers.get("content-type") != "application/json":
        return True
    outcomes = response.json()
    outcomes = outcomes.get("outcomes", []) if isinstance(outcomes, dict) else []
    return not any(one["code"] == "forbidden" for one in outcomes)


async def test_every_route_lets_in_whom_the_table_names_and_nobody_else(client, world):
    wrong, tried = [], 0
    # What ends something comes last, so that until then there is something to be kept from.
    last = ("withdrawConsent", "exitVolunteer", "closeClient", "closeAccount", "signOut")
    operations = [*(one for one in OPERATIONS if one not in last), *last]
    for operation in operations:
        places = ["here", "there"]
        if operation in {*LISTS, *NARROW, "searchVolunteers", "publishRecognition"}:
            places = ["unasked"] if operation in NARROW else ["unasked", *places]
        for who, one in world.actors.items():
            auth = one.auth if who != "nobody" else {}
            for place in places if operation != "signOut" else ["here"]:
                method, path, options = request(operation, world, place, who)
                headers = auth | options.pop("headers", {})
                response = await client.request(method, path, headers=headers, **options)
                tried += 1
                if let_in(response) is not allowed(operation, who, place):
                    wrong.append((operation, who, place, response.status_code, response.text[:99]))
                narrow = scope_of(who, getattr(OPERATIONS[operation], "permission", "")) != "all"
                if place == "unasked" and narrow:
                    seen = [one for one in world.places["there"].ids() if one in response.text]
                    if seen:
                        wrong.append((operation, who, "shows another station's", seen))
    assert not wrong, "\n".join(map(str, wrong))
    assert tried > len(OPERATIONS) * len(world.actors)


async def test_a_list_shows_ones_own_station_and_the_county_all(client, world):
    for who, shown in (("station_head", {"here"}), ("county", {"here", "there"})):
        for operation, path in LISTS.items():
            text = (await client.get(f"{path}?limit=100", headers=world.actors[who].auth)).text
            seen = {p for p, place in world.places.items() if place.station in text}
            assert seen == shown, (who, operation)


async def test_a_list_that_is_not_published_is_read_by_those_who_make_it(client, world):
    """The one route with two permissions: what is provisional, and what everybody may see."""
    for who, one in world.actors.items():
        auth = one.auth if who != "nobody" else {}
        for name, place in world.places.items():
            path = f"/v1/recognitions/2026?station_id={place.station}"
            response = await client.get(path, headers=auth)
            scope = scope_of(who, "recognition.read")
            expected = scope == "all" or (scope == "station" and name == "here")
            assert let_in(response) is expected, (who, name)


async def test_staff_whom_the_table_does_not_name_are_let_in_for_a_reason_of_their_own(
    client, world
):
    """Who stands in for a head decides in his stead; anybody reads his own open work."""
    here, stand_in = world.places["here"], world.actors["deputy_head"]
    publication = {"json": {"station_id": here.station}}
    decisions = (("/v1/recognitions/2024/publications", publication),
                 (f"/v1/disclosures/{here.disclosure}/approve", {}))  # fmt: skip
    head, asked = world.actors["station_head"], {"from_on": f"{TODAY}", "to_on": f"{TODAY}"}
    for path, body in decisions:
        response = await client.post(path, headers=stand_in.auth, **body)
        assert response.json()["code"] == "forbidden"
    asked |= REASON | {"to": str(stand_in.actor.id)}
    made = await client.post("/v1/delegations", json=asked, headers=head.auth)
    assert made.status_code == 201, made.text
    for path, body in decisions:
        response = await client.post(path, headers=stand_in.auth, **body)
        assert response.is_success, response.text
    for who, expected in (("social_worker", 200), ("bureau", 200), ("volunteer", 403)):
        one = world.actors[who]
        path = f"/v1/accounts/{one.actor.id}/open-work"
        assert (await client.get(path, headers=one.auth)).status_code == expected


@get("/v1/nobody-thought-of", operation_id="nobodyThoughtOf")
async def unknown() -> None:
    """A route without an entry in the table."""


def test_a_route_outside_the_table_does_not_start(monkeypatch):
    monkeypatch.setattr(stations, "router", unknown)
    with pytest.raises(RuntimeError, match=r"addStation.*nobodyThoughtOf"):
        create_app(Config())
    monkeypatch.undo()
    monkeypatch.setitem(OPERATIONS, "listStations", OPERATIONS["addStation"])
    with pytest.raises(RuntimeError, match="listStations does not ask who calls"):
        create_app(Config())


def test_every_permission_belongs_to_somebody_and_opens_something():
    held = {p for row in TABLE.values() for p in row} | set().union(*CLIENT_SCOPES.values())
    assert held == set(get_args(Permission))
    used = {getattr(entry, "permission", None) for entry in OPERATIONS.values()} - {None}
    # Asked by actions beside their route's: a provisional list; by platforms ahead of their routes.
    assert held - used == {"recognition.read", "event.sensitive"}


def test_nobody_decides_or_reads_more_than_the_domain_says():
    """The table beside the words of the domain, so that a slip of the pen is seen."""
    assert {role for role in TABLE if "record.approve" in TABLE[role]} == {
        *STATION_ROLES, "county",
    }  # fmt: skip
    assert {role for role in TABLE if "import.write" in TABLE[role]} == {"county"}
    assert {role for role in TABLE if "recognition.publish" in TABLE[role]} == {
        "station_head", "county",
    }  # fmt: skip
    assert {role for role in TABLE if "client.write" in TABLE[role]} == {"admin"}
    assert TABLE["bureau"].keys() == {"recognition.published", "figures.read"}
    assert not [p for p in TABLE["auditor"] if p.endswith((".write", ".approve", ".manage"))]
    assert not {"record.write", "record.approve", "volunteer.read"} & TABLE["admin"].keys()
    assert {scope for role in STATION_ROLES for scope in TABLE[role].values()} == {"station", "all"}
    assert set(TABLE["volunteer"].values()) == {"own", "all"}
