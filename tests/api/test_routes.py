"""Every route works once: the life of a station through the API alone."""

import base64
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from tests.api.activity_walk import activities, his_own, taking_back
from tests.api.certificate_walk import certificates_and_badges
from tests.api.life_walk import a_life
from tests.api.report_walk import reports_and_exports
from tests.builders import ALL_MATERIALS, PASSWORD, TODAY, call, form, signed_in, taken_up
from tests.keep.test_pictures import image
from volunteer_svc import clock
from volunteer_svc.actions import county_import, deliveries, digests, sent_codes
from volunteer_svc.actions.accounts import NewAccount, new_account
from volunteer_svc.api import sse
from volunteer_svc.domain.one_time_code import code_at, step_of
from volunteer_svc.store import event_log, trails
from volunteer_svc.store.database import fetch
from volunteer_svc.store.transaction import in_transaction

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WITH_AN_ISSUER = {
    ("get", "/v1/sign-on"),
    ("get", "/v1/sign-on/callback"),
    ("post", "/v1/accounts/{account_id}/sign-on"),
    ("post", "/v1/clients/{client_id}/sign-on"),
}
"""Walked in tests/sign_on, where there is one."""
COUNTY = Path(__file__).parents[2] / "examples/county/county.xlsx"


class Walk:
    """A client that expects each answer to be the good one and remembers the routes it took."""

    def __init__(self, client):
        self._client = client
        self.taken = set()
        self.auth = {}

    async def __call__(self, method, path, status, body=None, **options):
        headers = self.auth | options.pop("headers", {})
        if body is not None:
            options["json"] = msgspec.to_builtins(body)
        response = await self._client.request(method, path, headers=headers, **options)
        assert response.status_code == status, response.text
        self.taken.add((method.lower(), path.partition("?")[0]))
        is_json = "json" in response.headers.get("content-type", "")
        return response.json() if is_json else response


def template(path, templates):
    """The route in the API document that a path belongs to."""
    for known in sorted(templates):  # a word before a parameter
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path):
            return known
    raise AssertionError(path)


async def account(username, role, station_id=None):
    request = NewAccount(
        username=username, display_name="某某", password=PASSWORD, role=role, station_id=station_id
    )
    await in_transaction(lambda: new_account(call(), request))


async def every_event_numbered(config):
    """And every entry of the trails."""
    sequencer = await event_log.connect(config)
    while await trails.move(sequencer, 1000) or await event_log.move(sequencer, 1000):
        pass
    await event_log.disconnect(sequencer)


async def webhooks(walk, config):
    """Another service's endpoint, in the county's hands."""
    await every_event_numbered(config)
    (event,) = await fetch("SELECT event_id FROM event_log ORDER BY seq LIMIT 1")
    made = await walk("POST", "/v1/webhooks", 201, {"url": "https://platform.example.org/"})
    endpoint_id = made["endpoint"]["id"]
    path = f"/v1/webhooks/{endpoint_id}"
    assert (await walk("POST", f"{path}/verify", 202))["state"] == "unverified"
    await deliveries.activate_endpoint(call(now=clock.now()), UUID(endpoint_id))
    assert (await walk("GET", "/v1/webhooks", 200))["items"][0]["state"] == "active"
    assert (await walk("POST", f"{path}/rotate-secret", 201))["secret"] != made["secret"]
    assert (await walk("POST", f"{path}/pause", 200))["state"] == "paused"
    assert (await walk("POST", f"{path}/resume", 200))["state"] == "active"
    assert (await walk("POST", f"{path}/test", 202))["event_id"]
    sent = await walk("POST", f"{path}/events/{event['event_id']}/send", 202)
    assert sent["event_id"] == str(event["event_id"])
    assert (await walk("POST", f"{path}/recover", 202, {"after": "0"}))["after"] == f"{0:020}"
    assert (await walk("GET", f"{path}/attempts", 200))["items"] == []
    assert (await walk("POST", f"{path}/disable", 200))["state"] == "disabled"
    assert (await walk("GET", path, 200))["state_reason"] == "owner"
    edited = await walk("PATCH", path, 200, {"description": "平台"})
    assert edited["description"] == "平台"
    await walk("DELETE", path, 204)
    assert (await walk("GET", "/v1/operations", 200))["head"] > 0


async def test_every_route_works_once(  # noqa: PLR0915 - one story, told in order
    client, database, monkeypatch
):
    walk = Walk(client)

    async def sign_in(name, kind="staff"):
        body = {"kind": kind, "name": name, "password": PASSWORD}
        walk.auth = {}
        token = await walk("POST", "/v1/sessions", 201, body)
        walk.auth = {"Authorization": f"Bearer {token['token']}"}

    await account("root", "admin")
    await account("county", "county")
    await account("county-two", "county")
    await account("eyes", "auditor")

    await sign_in("county")
    made = await walk(
        "POST", "/v1/stations", 201, {"code": "T01", "name": "一站", "kind": "station"}
    )
    station = made["id"]
    assert (await walk("GET", "/v1/stuck-forms", 200))["items"] == []
    assert (await walk("GET", "/v1/stations", 200))["items"] == [made]
    assert await walk("GET", f"/v1/stations/{station}", 200) == made
    edited = await walk("PATCH", f"/v1/stations/{station}", 200, {"name": "第一站"})
    assert (edited["name"], edited["revision"]) == ("第一站", 2)
    assert (await walk("GET", "/v1/policy", 200))["star_minutes"][0] == 6000

    await sign_in("root")
    for name in ("desk", "second"):
        new = {
            "username": name,
            "display_name": "社工",
            "password": PASSWORD,
            "role": "station_head",
            "station_id": station,
        }
        await walk("POST", "/v1/accounts", 201, new)
    leaver = await walk(
        "POST",
        "/v1/accounts",
        201,
        {"username": "gone", "display_name": "甲", "password": PASSWORD, "role": "bureau"},
    )
    names = [one["username"] for one in (await walk("GET", "/v1/accounts", 200))["items"]]
    assert names == ["county", "county-two", "desk", "eyes", "gone", "root", "second"]
    linked = await walk("POST", f"/v1/accounts/{leaver['id']}/link", 200, {"volunteer_id": None})
    assert linked["volunteer_id"] is None
    await walk("POST", f"/v1/accounts/{leaver['id']}/unlock", 200)
    given = await walk("POST", f"/v1/accounts/{leaver['id']}/reset-password", 200)
    assert given["account"]["password_expires_at"]
    await walk("POST", f"/v1/accounts/{leaver['id']}/remove-code", 200)
    present = {"present": PASSWORD}
    secret = (await walk("POST", "/v1/me/code", 201, present))["secret"]
    code = code_at(base64.b32decode(secret), step_of(clock.now()))
    codes = (await walk("POST", "/v1/me/code/confirm", 200, {"code": code}))["recovery_codes"]
    assert len(set(codes)) == 10
    await walk("POST", "/v1/me/code/remove", 204, present)
    closed = await walk("POST", f"/v1/accounts/{leaver['id']}/close", 200)
    assert closed["closed_at"]
    key = await walk("POST", "/v1/clients", 201, {"name": "平台", "scopes": ["records:read"]})
    walk.auth = {"Authorization": f"Bearer {key['key']}"}
    assert (await walk("GET", "/v1/me", 200))["scopes"] == ["records:read"]
    await sign_in("root")
    (platform,) = (await walk("GET", "/v1/clients", 200))["items"]
    assert platform == key["client"]
    rotated = await walk("POST", f"/v1/clients/{platform['id']}/rotate", 201, {})
    assert len(rotated["client"]["keys"]) == 2
    closed = await walk("POST", f"/v1/clients/{platform['id']}/close", 200)
    assert closed["keys"] == []

    # Somebody registers himself; the desk checks his materials.
    walk.auth = {}
    oneself = {"station_id": station, "form": form(name="自来")}
    receipt = await walk("POST", "/v1/registrations", 202, oneself)
    assert list(receipt) == ["receipt"]
    await walk("POST", "/v1/registrations", 202, oneself)  # a repeat becomes a claim
    await walk("POST", "/v1/registrations", 202, {"station_id": station, "form": form()})
    await taken_up()
    assert (await walk("POST", "/v1/registrations/receipt", 200, receipt))["state"] == "received"
    await sign_in("desk")
    assert (await walk("GET", "/v1/me", 200))["role"] == "station_head"
    listed = await walk("GET", f"/v1/registrations?station_id={station}&open_only=true", 200)
    first, other = listed["items"]
    listed_first = first["volunteer_id"]
    await walk("GET", f"/v1/registrations/{first['id']}", 200)
    ticks = {"materials": ALL_MATERIALS}
    view = await walk("PUT", f"/v1/registrations/{first['id']}/materials", 200, ticks)
    assert (view["state"], view["missing"]) == ("registered", [])
    reason = {"reason": "材料不全"}
    view = await walk("POST", f"/v1/registrations/{other['id']}/decline", 200, reason)
    assert view["state"] == "declined"
    (claim,) = (await walk("GET", "/v1/claims", 200))["items"]
    assert (claim["name"], claim["phone"]) == ("自来", oneself["form"].phone)
    await walk("POST", f"/v1/claims/{claim['id']}/resolve", 204)
    assert (await walk("GET", "/v1/claims", 200))["items"] == []

    # Another is typed in from paper; both attend the induction.
    paper = {"station_id": station, "form": form(name="纸上"), "materials": ALL_MATERIALS}
    enrolled = await walk("POST", "/v1/volunteers", 201, paper)
    volunteer = enrolled["volunteer_id"]
    session = await walk(
        "POST",
        "/v1/induction-sessions",
        201,
        {"station_id": station, "held_on": TODAY.isoformat(), "place": "会议室"},
    )
    assert (await walk("GET", "/v1/induction-sessions", 200))["items"] == [session]
    coming = f"/v1/volunteers/{listed_first}/induction-sessions"
    assert [one["id"] for one in await walk("GET", coming, 200)] == [session["id"]]
    await walk("POST", f"{coming}/{session['id']}/sign-up", 200)
    signed_up = await walk("GET", f"/v1/induction-sessions/{session['id']}/sign-ups", 200)
    assert [one["volunteer_id"] for one in signed_up] == [listed_first]
    await walk("DELETE", coming, 204)
    attendees = {
        "attendees": [{"member_no": enrolled["member_no"]}, {"member_no": view["member_no"] or "1"}]
    }
    attended = await walk(
        "POST", f"/v1/induction-sessions/{session['id']}/attendance", 200, attendees
    )
    assert [one["outcome"] for one in attended["outcomes"]] == ["counted", "refused"]
    assert attended["outcomes"][1]["code"] == "volunteer_unknown"
    assert attended["outcomes"][1]["errors"][0]["detail"].startswith("没有找到这位志愿者")
    # He was ticked by mistake, as it seemed; a second person takes it back.
    await sign_in("second")
    list_of = f"/v1/induction-sessions/{session['id']}/attendance"
    (taken,) = await walk("POST", f"{list_of}/{volunteer}/revoke", 200, {"reason": "勾错"})
    assert taken["revoked_reason"] == "勾错"
    assert (await walk("GET", f"/v1/volunteers/{volunteer}", 200))["state"] == "registered"
    await sign_in("desk")
    again = {"attendees": [{"volunteer_id": volunteer}]}
    attended = await walk("POST", list_of, 200, again)
    assert [one["outcome"] for one in attended["outcomes"]] == ["counted"]

    found = await walk("POST", "/v1/volunteers/search", 200, {"name": "纸"})
    assert [one["id"] for one in found["items"]] == [volunteer]
    assert (await walk("GET", f"/v1/volunteers/{volunteer}", 200))["state"] == "active"
    await walk("PATCH", f"/v1/volunteers/{volunteer}", 200, {"skills": "理发"})
    await walk("POST", f"/v1/volunteers/{volunteer}/suspend", 200, {"reason": "休养"})
    view = await walk("POST", f"/v1/volunteers/{volunteer}/reinstate", 200)
    assert view["state"] == "active"

    photo = f"/v1/volunteers/{volunteer}/files/photo"
    jpeg = {"Content-Type": "image/jpeg"}
    await walk("POST", photo, 201, content=image(), headers=jpeg)
    assert (await walk("GET", photo, 200)).content.startswith(b"\xff\xd8")
    await walk("DELETE", photo, 204)

    # Hours: one entry counts, one waits and is approved by a second person, one is corrected.
    line = {"volunteer_id": volunteer, "served_on": TODAY.isoformat()}
    sheet = {"station_id": station, "entries": [line | {"minutes": 300}, line | {"minutes": 200}]}
    outcomes = (await walk("POST", "/v1/service-records", 200, sheet))["outcomes"]
    assert [one["outcome"] for one in outcomes] == ["counted", "waiting"]
    assert outcomes[1]["why"] == "day_over_direct"
    assert "第二人审批" in outcomes[1]["why_detail"]
    counted, waiting = (one["record_id"] for one in outcomes)
    records = await walk("GET", f"/v1/service-records?station_id={station}&state=waiting", 200)
    assert [one["id"] for one in records["items"]] == [waiting]
    assert (await walk("GET", f"/v1/service-records/{counted}", 200))["minutes"] == 300
    mine = await walk("GET", f"/v1/volunteers/{volunteer}/service-records?state=counted", 200)
    assert [one["id"] for one in mine["items"]] == [counted]
    less = {"minutes": 240, "reason": "多记一小时"}
    corrected = await walk("POST", f"/v1/service-records/{counted}/corrections", 201, less)
    assert corrected["outcome"] == "counted"
    await sign_in("second")
    items = (await walk("GET", f"/v1/approvals?station_id={station}", 200))["items"]
    assert [(one["kind"], one["id"]) for one in items] == [("record", waiting)]
    decisions = {"decisions": [{"kind": "record", "id": waiting, "decision": "approve"}]}
    decided = await walk("POST", "/v1/approvals", 200, decisions)
    assert [one["outcome"] for one in decided["outcomes"]] == ["approved"]
    ledger = await walk("GET", f"/v1/volunteers/{volunteer}/ledger", 200)
    assert [one["minutes_delta"] for one in ledger["items"]] == [300, -60, 200]
    stars = await walk("GET", f"/v1/volunteers/{volunteer}/stars", 200)
    assert (stars["star"], stars["next"]["missing_minutes"]) == (0, 6000 - 440)

    await a_life(walk, sign_in, station, volunteer, counted)
    await taking_back(walk, sign_in, station, volunteer)
    await activities(walk, sign_in, station, volunteer)

    # Masked fields are read in full with a reason; for the police by letter and approval.
    plain = {"fields": ["phone", "guardian"], "purpose": "contact", "reason": "回电"}
    seen = await walk("POST", f"/v1/volunteers/{volunteer}/reveal", 200, plain)
    assert (seen["phone"], seen["guardian"]) == (paper["form"].phone, None)
    letter = {"recipient": "公安局", "letter_reference": "7号", "fields": ["phone"], "reason": "x"}
    asked = await walk("POST", f"/v1/volunteers/{volunteer}/disclosures", 201, letter)
    approved = await walk("POST", f"/v1/disclosures/{asked['id']}/approve", 200)
    assert approved["approved_at"]
    assert (await walk("GET", "/v1/disclosures?waiting=false", 200))["items"] == [approved]
    await every_event_numbered(database)
    accesses = await walk("GET", f"/v1/volunteers/{volunteer}/accesses?limit=100", 200)
    assert [one["purpose"] for one in accesses["items"] if one["action"] == "reveal"] == ["contact"]
    await sign_in("eyes")
    subject = f"subject=volunteer/{volunteer}"
    entries = (await walk("GET", f"/v1/audit-entries?{subject}", 200))["items"]
    assert "suspend" in [one["action"] for one in entries]
    await sign_in("second")

    # The volunteer reads his own record with a password he sets himself.
    slip = await walk("POST", f"/v1/volunteers/{volunteer}/slip", 201)
    walk.auth = {}
    use = {"member_no": enrolled["member_no"], "slip": slip["slip"], "password": PASSWORD}
    await walk("POST", "/v1/sessions/slip", 201, use)
    await sign_in(enrolled["member_no"], kind="volunteer")
    walk.auth = {}
    await walk("POST", "/v1/sessions/code-requests", 202, {"name": enrolled["member_no"]})
    (message,) = await sent_codes.take_due(call(now=clock.now()))
    use = {"name": message.phone, "code": message.code}
    token = await walk("POST", "/v1/sessions/code", 201, use)
    walk.auth = {"Authorization": f"Bearer {token['token']}"}
    assert (await walk("GET", "/v1/me", 200))["volunteer_id"] == volunteer
    assert (await walk("GET", f"/v1/service-records/{counted}", 200))["standing_minutes"] == 240
    own = f"/v1/volunteers/{volunteer}"
    asked = (await walk("GET", f"{own}/transfer-proposals", 200))[-1]
    no = {"answer": "refused", "reason": "太远"}
    answered = await walk("POST", f"/v1/transfer-proposals/{asked['id']}/answer", 200, no)
    assert answered["answer_reason"] == "太远"
    export = await walk("POST", f"{own}/export", 200, {})
    assert export["identity"]["document_number"] == paper["form"].document_number
    wish = await walk("POST", f"{own}/correction-requests", 201, {"text": "技能应为理发"})
    assert wish in await walk("GET", f"{own}/correction-requests", 200)
    await his_own(walk, station, own)
    erasure = await walk("POST", f"{own}/erasure", 202, {"reason": "我要退出"})
    change = {"present": PASSWORD, "new": f"{PASSWORD}, changed"}
    await walk("POST", "/v1/me/password", 204, change)
    await walk("DELETE", "/v1/me/sessions", 204)
    (here,) = (await walk("GET", "/v1/me/sessions", 200))["items"]
    other = (await signed_in(UUID(volunteer))).token
    everywhere = (await walk("GET", "/v1/me/sessions", 200))["items"]
    (there,) = (one["id"] for one in everywhere if one["id"] != here["id"])
    await walk("DELETE", f"/v1/me/sessions/{there}", 204)
    gone = await client.get("/v1/me", headers={"Authorization": f"Bearer {other}"})
    assert gone.status_code == 401
    await walk("DELETE", "/v1/sessions/current", 204)
    assert (await client.get("/v1/me", headers=walk.auth)).status_code == 401

    await sign_in("county")
    assert (await walk("GET", f"/v1/dashboard?station_id={station}", 200))["stations"]
    listed = await walk("GET", f"/v1/recognitions/{TODAY.year}?station_id={station}", 200)
    assert (listed["status"], listed["entries"][0]["minutes"]) == ("provisional", 500)
    published = await walk("POST", f"/v1/recognitions/{TODAY.year - 1}/publications", 201, {})
    assert (published["status"], published["entries"]) == ("published", [])

    await certificates_and_badges(walk, sign_in, station)

    # A workbook: uploaded, previewed by the worker, committed, its problems read.
    await sign_in("county")
    upload = await walk(
        "POST",
        "/v1/imports?filename=county.xlsx&reason=paper",
        202,
        content=COUNTY.read_bytes(),
        headers={"Content-Type": XLSX},
    )
    run = upload["id"]
    assert await county_import.work_on_next(clock.now)
    assert (await walk("GET", f"/v1/imports/{run}", 200))["state"] == "previewed"
    problems = await walk("GET", f"/v1/imports/{run}/problems?limit=5", 200)
    assert len(problems["items"]) == 5
    assert problems["next"]
    assert all(item["detail"] != item["code"] for item in problems["items"])
    book = await walk("GET", f"/v1/imports/{run}/problems.xlsx", 200)
    assert book.content.startswith(b"PK")
    await sign_in("county-two")
    await walk("POST", f"/v1/imports/{run}/commit", 202)

    # Staff come and go.
    me = (await walk("GET", "/v1/me", 200))["id"]
    await walk("GET", f"/v1/accounts/{me}/open-work", 200)
    await sign_in("root")
    new = {"display_name": "乙", "password": PASSWORD, "station_id": station}
    deputy, leaver = [
        (await walk("POST", "/v1/accounts", 201, new | {"username": name, "role": role}))["id"]
        for name, role in (("deputy", "deputy_head"), ("leaving", "social_worker"))
    ]
    await sign_in("desk")
    days = {"from_on": TODAY.isoformat(), "to_on": TODAY.isoformat()}
    stand_in = {"to": deputy, "reason": "休假", **days}
    made = await walk("POST", "/v1/delegations", 201, stand_in)
    assert (await walk("GET", "/v1/delegations", 200))["items"] == [made]
    assert (await walk("POST", f"/v1/delegations/{made['id']}/end", 200))["ended_at"]
    handed = {"to": deputy, "reason": "离职"}
    left = await walk("POST", f"/v1/accounts/{leaver}/leave", 200, handed)
    assert left["handed_to"] == deputy

    await sign_in("desk")
    listed = await walk("GET", f"/v1/correction-requests?station_id={station}", 200)
    assert [one["text"] for one in listed["items"]] == ["技能应为理发"]
    answer = {"outcome": "corrected", "reason": "已更正"}
    path = f"/v1/correction-requests/{wish['id']}/resolve"
    assert (await walk("POST", path, 200, answer))["outcome"] == "corrected"
    left = await walk("POST", f"/v1/volunteers/{volunteer}/exit", 200, {"reason": "搬家"})
    assert left["state"] == "exited"
    await sign_in("county")
    path = f"/v1/volunteers/{listed_first}/identity"
    mended = await walk("POST", path, 200, {"name": "自来水", "reason": "身份证"})
    assert mended["name"] == "自来水"
    twice = {"station_id": station, "form": form(name="自来水"), "materials": ALL_MATERIALS}
    await sign_in("desk")
    again = await walk("POST", "/v1/volunteers", 201, twice)
    await sign_in("county")
    ask = {"duplicate_id": again["volunteer_id"], "reason": "同一个人"}
    merged = await walk("POST", f"/v1/volunteers/{listed_first}/merge", 200, ask)
    assert (merged["volunteer"]["id"], merged["records_moved"]) == (listed_first, 0)
    await sign_in("desk")
    path = f"/v1/volunteers/{listed_first}/consents/withdraw"
    gone = await walk("POST", path, 200, {"kind": "rules", "reason": "不再参加"})
    assert gone["state"] == "exited"
    await sign_in("county")
    assert [one["id"] for one in (await walk("GET", "/v1/erasures", 200))["items"]] == [
        erasure["id"]
    ]
    decision = {"decision": "approve", "reason": "本人申请"}
    path = f"/v1/erasures/{erasure['id']}/decide"
    assert (await walk("POST", path, 200, decision))["state"] == "erased"
    assert (await walk("GET", f"/v1/volunteers/{volunteer}", 200))["state"] == "erased"

    # What other services read; the stream is let end at once.
    await every_event_numbered(database)
    assert await digests.publish_digests(call(now=clock.now() + timedelta(days=2))) == TODAY
    told = (await walk("GET", f"/v1/digests?date={TODAY}&station={station}", 200))["items"]
    assert len(told) == 1
    page = await walk("GET", f"/v1/events?limit=1000&subject=volunteer/{volunteer}", 200)
    assert page["events"][0]["type"] == "volunteer-svc.volunteer.applied.v1"
    of_person = await walk("GET", f"/v1/volunteers/{volunteer}/events", 200)
    assert of_person["items"]
    assert (await walk("GET", "/v1/events/info", 200))["head"] == page["head"]
    state = await walk("GET", "/v1/volunteers/snapshot", 200)
    assert volunteer in [one["volunteer_id"] for one in state["items"]]
    monkeypatch.setattr(sse, "OPEN_SECONDS", 0)
    assert page["head"] in (await walk("GET", "/v1/events/stream", 200)).text
    await sign_in("root")
    order = {"station_ids": [station], "on": TODAY.isoformat(), "reason": "承接机构更换"}
    closed = await walk("POST", "/v1/stations/close-accounts", 200, order)
    assert deputy in closed["stations"][0]["closed"]
    await sign_in("county")
    await reports_and_exports(walk, station)
    await webhooks(walk, database)
    assert (await walk("GET", "/health/live", 200)) == {"status": "ok"}
    assert (await walk("GET", "/health/ready", 200)) == {"database": "ok", "redis": "ok"}
    assert "http_requests_total" in (await walk("GET", "/metrics", 200)).text

    paths = (await client.get("/schema/openapi.json")).json()["paths"]
    documented = {(method, path) for path, methods in paths.items() for method in methods}
    taken = {(method, template(path, paths)) for method, path in walk.taken}
    assert documented - taken == WITH_AN_ISSUER
    assert taken <= documented
