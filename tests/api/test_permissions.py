"""Every route × every role × own and other station, compared with the permission table."""

from typing import get_args

import msgspec
import pytest
from litestar import get

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
LISTS = {
    "listRegistrations": "/v1/registrations",
    "listClaims": "/v1/claims",
    "listInductionSessions": "/v1/induction-sessions",
    "listRecords": "/v1/service-records",
    "listWaiting": "/v1/approvals",
    "listDisclosures": "/v1/disclosures",
    "listDelegations": "/v1/delegations",
    "listCorrectionRequests": "/v1/correction-requests",
}
NARROW = ("listClaims", "listDisclosures", "listDelegations", "delegate")
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
        "enrolVolunteer": ("POST", "/v1/volunteers", new | here),
        "searchVolunteers": ("POST", "/v1/volunteers/search", here),
        "readVolunteer": ("GET", person),
        "editVolunteer": ("PATCH", person, {"skills": "x"}),
        "exitVolunteer": ("POST", f"{person}/exit", REASON),
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
        "askErasure": ("POST", f"{person}/erasure", REASON),
        "listErasures": ("GET", "/v1/erasures"),
        "correctIdentity": ("POST", f"{person}/identity", REASON),
        "mergeVolunteers": ("POST", f"{person}/merge", REASON | {"duplicate_id": world.account}),
        "signOut": ("DELETE", "/v1/sessions/current"),
    } | ({
        "readRegistration": ("GET", f"/v1/registrations/{at.registration}"),
        "checkMaterials": ("PUT", f"/v1/registrations/{at.registration}/materials",
                           {"materials": [{"item": "photo", "copy_received": True}]}),
        "declineRegistration": ("POST", f"/v1/registrations/{at.registration}/decline", REASON),
        "resolveClaim": ("POST", f"/v1/claims/{at.claim}/resolve"),
        "recordAttendance": ("POST", f"/v1/induction-sessions/{at.session}/attendance",
                             {"attendees": [{"volunteer_id": at.volunteer}]}),
        "readInductionSignUps": ("GET", f"/v1/induction-sessions/{at.session}/sign-ups"),
        "readComingInductions": ("GET", f"{person}/induction-sessions"),
        "signUpForInduction": ("POST", f"{person}/induction-sessions/{at.session}/sign-up"),
        "cancelInductionSignUp": ("DELETE", f"{person}/induction-sessions"),
        "readCorrectionRequests": ("GET", f"{person}/correction-requests"),
        "resolveCorrection": ("POST", f"/v1/correction-requests/{at.correction}/resolve",
                              REASON | {"outcome": "refused"}),
        "decideErasure": ("POST", f"/v1/erasures/{at.erasure}/decide",
                          REASON | {"decision": "refuse"}),
        "readRecord": ("GET", f"/v1/service-records/{at.record}"),
        "correctRecord": ("POST", f"/v1/service-records/{at.record}/corrections",
                          {"minutes": 59} | REASON),
    } if at else {})  # fmt: skip
    method, path, *body = requests[operation]
    if operation == "uploadWorkbook":
        return method, path, workbook_body
    if operation == "uploadFile":
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
    for who, shown in (("social_worker", {"here"}), ("county", {"here", "there"})):
        for operation, path in LISTS.items():
            text = (await client.get(path, headers=world.actors[who].auth)).text
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
    assert held - used == {"recognition.read", "event.read", "subscription.write"}


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
    assert TABLE["bureau"].keys() == {"recognition.published"}
    assert not [p for p in TABLE["auditor"] if p.endswith((".write", ".approve", ".manage"))]
    assert not {"record.write", "record.approve", "volunteer.read"} & TABLE["admin"].keys()
    assert {scope for role in STATION_ROLES for scope in TABLE[role].values()} == {"station", "all"}
    assert set(TABLE["volunteer"].values()) == {"own", "all"}
