"""The OWASP API top ten, items 1 to 3, 5 and 6: what belongs to others, or to another role."""

from tests.hostile.attack import DAY, UNKNOWN, XLSX, Attack, get, post, sheet

REASON = {"reason": "x"}
PERSON = "/v1/volunteers/<there.volunteer>"
TICK = {"materials": [{"item": "photo", "copy_received": True}]}
OUTSIDERS = ("social_worker", "deputy_head", "station_head", "volunteer")

OBJECT_LEVEL = [
    one
    for who in OUTSIDERS
    for one in (
        get(who, PERSON),
        get(who, f"{PERSON}/ledger"),
        get(who, f"{PERSON}/stars"),
        get(who, f"{PERSON}/service-records"),
        get(who, "/v1/service-records/<there.record>"),
        get(who, "/v1/registrations/<there.registration>"),
        get(who, "/v1/service-records?station_id=<there.station>"),
        get(who, "/v1/registrations?station_id=<there.station>"),
        get(who, "/v1/approvals?station_id=<there.station>"),
        get(who, "/v1/induction-sessions?station_id=<there.station>"),
        Attack(who, "PATCH", PERSON, {"skills": "x"}),
        post(who, f"{PERSON}/suspend", REASON),
        post(who, f"{PERSON}/reinstate"),
        post(who, f"{PERSON}/exit", REASON),
        post(who, f"{PERSON}/slip"),
        post(who, "/v1/service-records", sheet("there")),
        post(who, "/v1/service-records/<there.record>/corrections", {"minutes": 1} | REASON),
        post(who, "/v1/registrations/<there.registration>/decline", REASON),
        post(who, "/v1/claims/<there.claim>/resolve"),
        post(who, "/v1/induction-sessions/<there.session>/attendance",
             {"attendees": [{"volunteer_id": "<here.volunteer>"}]}),
        Attack(who, "PUT", "/v1/registrations/<there.registration>/materials", TICK),
    )
] + [
    # The same objects under other spellings of their ids, and beside one's own.
    get("social_worker", "/v1/volunteers/{<there.volunteer>}"),
    get("social_worker", "/v1/volunteers/urn:uuid:<there.volunteer>"),
    get("social_worker", "/v1/volunteers/<here.volunteer>/../<there.volunteer>"),
    get("social_worker", "/v1/volunteers/<here.volunteer>%2F..%2F<there.volunteer>", 404),
    get("social_worker", "/v1/volunteers/<there.volunteer>%00", 404),
    get("social_worker", "/v1/volunteers/<there.volunteer>?volunteer_id=<here.volunteer>"),
    get("social_worker", f"/v1/service-records/{UNKNOWN}", 404),
    get("volunteer", f"/v1/volunteers/{UNKNOWN}"),
    get("social_worker",
        "/v1/service-records?station_id=<here.station>&station_id=<there.station>"),
    post("social_worker", "/v1/volunteers/search", {"station_id": "<there.station>"}),
    post("social_worker", "/v1/approvals",
         {"decisions": [{"kind": "record", "id": "<there.waiting>", "decision": "approve"}]},
         "refused"),
    post("volunteer", "/v1/service-records", sheet("there", evidence="self")),
    post("volunteer", "/v1/service-records",
         {"station_id": "<here.station>", "entries": [
             {"volunteer_id": "<here.volunteer>", "served_on": DAY, "minutes": 1,
              "evidence": "self"},
             {"volunteer_id": "<there.volunteer>", "served_on": DAY, "minutes": 1,
              "evidence": "self"}]}),
]  # fmt: skip

ACCOUNT = {"username": "evil", "display_name": "x", "password": "long enough it is",
           "role": "admin"}  # fmt: skip
NOBODYS = [
    ("GET", "/v1/registrations", None), ("GET", "/v1/claims", None),
    ("GET", "/v1/service-records", None), ("GET", "/v1/approvals", None),
    ("GET", "/v1/accounts", None), ("GET", "/v1/clients", None), ("GET", "/v1/me", None),
    ("GET", "/v1/volunteers/<here.volunteer>", None),
    ("GET", "/v1/recognitions/2025", None), ("GET", "/v1/imports/<run>", None),
    ("POST", "/v1/accounts", ACCOUNT), ("POST", "/v1/volunteers/search", {"name": "王"}),
    ("POST", "/v1/service-records", sheet()), ("DELETE", "/v1/sessions/current", None),
]  # fmt: skip
TOKENS = [
    "Bearer", "Bearer ", "Bearer null", "Bearer undefined", "Bearer 0", "Bearer *", "Bearer true",
    "Basic YWRtaW46YWRtaW4=", "Digest username=admin", "Negotiate x", "Bearer Bearer <token>",
    "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.", "Bearer ' OR '1'='1", "Bearer <token>x",
    "Bearer x<token>", "Bearer <token> <token>", "Bearer <token>, Bearer <token>", "<token>",
    "Token <token>", "Bearer \u00e9", "Bearer " + "a" * 257, "Bearer " + "a" * 60_000,
    "Bearer <hash>", "Bearer vsk_" + "0" * 49, "Bearer vsk_", "Bearer <token.upper>",
    "Bearer <token.cut>", "Bearer %", "Bearer \\x00",
]  # fmt: skip
AUTHENTICATION = [
    *(Attack("nobody", method, path, body, 401) for method, path, body in NOBODYS),
    *(Attack("nobody", "GET", "/v1/me", None, 401, {"Authorization": t.encode()}) for t in TOKENS),
    # Where else somebody might look for who calls.
    get("nobody", "/v1/me?access_token=<token>", 401),
    get("nobody", "/v1/me?token=<token>&api_key=<token>", 401),
    *(get("nobody", "/v1/me", 401, **{name: "<token>"})
      for name in ("X_Api_Key", "X_Auth_Token", "Proxy_Authorization")),
    *(get("nobody", "/v1/me", 401, **{name: "admin"})
      for name in ("X_Forwarded_User", "X_Remote_User", "X_User", "X_Role", "Remote_User")),
    # Signing in with what is no password.
    *(post("nobody", "/v1/sessions", {"kind": "staff", "name": "<name>", "password": wrong}, ends)
      for wrong, ends in (("wrong", 401), (" ", 401), ("A GOOD LONG PASSWORD", 401),
                          ("a good long password ", 401), ("", 400), ({"$ne": None}, 400),
                          (["a good long password"], 400), (True, 400), (None, 400), (0, 400),
                          ("x" * 257, 400), ("a good long password\0", 400), ("%", 401))),
    *(post("nobody", "/v1/sessions", {"kind": "staff", "name": name, "password": "x"}, ends)
      for name, ends in (("' OR 1=1 --", 401), ("admin'/*", 401), ("<name>\0", 400), ("*", 401),
                         ("%", 401), ({"$gt": ""}, 400), (["<name>"], 400))),
    post("nobody", "/v1/sessions", {"kind": "admin", "name": "x", "password": "x"}, 400),
    post("nobody", "/v1/sessions",
         {"kind": "volunteer", "name": "<name>", "password": "a good long password"}, 401),
    *(post("nobody", "/v1/sessions/slip",
           {"member_no": "10000015", "slip": slip, "password": "long enough it is"}, 422)
      for slip in ("AAAA-AAAA-AAAA", "%", "' OR '1'='1", "-")),
]  # fmt: skip

PROPERTIES = [
    # Fields that are not the caller's to see: the name is masked, the rest is left out.
    get("volunteers:read", "/v1/volunteers/<there.volunteer>", 200),
    get("auditor", "/v1/volunteers/<there.volunteer>", 200),
    get("recognitions:read", "/v1/recognitions/2025?station_id=<there.station>", 200),
    *(post(who, "/v1/volunteers/search", {"station_id": "<there.station>"}, 200)
      for who in ("volunteers:read", "auditor")),
    # Fields that are not the caller's to set.
    *(Attack("social_worker", "PATCH", "/v1/volunteers/<here.volunteer>", {name: value}, 400)
      for name, value in (("counted_minutes", 30_000), ("star", 5), ("id", UNKNOWN),
                          ("station_id", "<there.station>"), ("member_no", "1"), ("revision", 99),
                          ("role", "admin"),
                          ("state", "active"), ("document_number", "x"), ("__proto__", {}))),
    *(post("social_worker", "/v1/service-records", sheet(**{name: value}), 400)
      for name, value in (("state", "counted"), ("standing_minutes", 600), ("decided_by", UNKNOWN),
                          ("entered_by", UNKNOWN), ("level", "station"), ("late", False),
                          ("import_key", "x"), ("id", UNKNOWN), ("why", None))),
    post("social_worker", "/v1/service-records", sheet(evidence="timed"), 422),
    *(post("nobody", "/v1/registrations", {"station_id": "<here.station>", name: "x"}, 400)
      for name in ("materials", "registered_on", "member_no", "channel", "state", "volunteer_id")),
    post("social_worker", "/v1/volunteers",
         {"station_id": "<here.station>", "form": {}, "member_no": "1"}, 400),
    *(post("admin", "/v1/accounts", ACCOUNT | {name: "x"}, 400)
      for name in ("id", "password_hash", "closed_at", "is_admin")),
    *(post("admin", "/v1/clients", {"name": "x", "scopes": ["records:read"], name: "x"}, 400)
      for name in ("key", "key_hash", "closed_at")),
    *(post("admin", "/v1/clients", {"name": "x", "scopes": [scope]}, 422)
      for scope in ("*", "admin", "records:write", "events:read ", "events:*")),
    Attack("county", "PATCH", "/v1/stations/<here.station>", {"version": 1}, 400),
    post("county", "/v1/approvals", {"decisions": [
        {"kind": "record", "id": "<here.waiting>", "decision": "approve", "minutes": 720}]}, 400),
]  # fmt: skip

ADMINS = [
    ("GET", "/v1/accounts", None), ("POST", "/v1/accounts", ACCOUNT),
    ("POST", "/v1/accounts/<account>/close", None),
    ("POST", "/v1/accounts/<account>/link", {"volunteer_id": "<here.volunteer>"}),
    ("GET", "/v1/clients", None),
    ("POST", "/v1/clients", {"name": "x", "scopes": ["records:read"]}),
    ("POST", "/v1/clients/<client>/rotate", {}), ("POST", "/v1/clients/<client>/close", None),
]  # fmt: skip
DESKS = [
    ("POST", "/v1/service-records", sheet()),
    ("POST", "/v1/approvals",
     {"decisions": [{"kind": "record", "id": "<here.waiting>", "decision": "approve"}]}),
    ("POST", "/v1/service-records/<here.record>/corrections", {"minutes": 1} | REASON),
    ("POST", "/v1/volunteers/<here.volunteer>/suspend", REASON),
    ("POST", "/v1/recognitions/2025/publications", {"station_id": "<here.station>"}),
    ("POST", "/v1/imports/<run>/commit", None),
]  # fmt: skip
FUNCTION_LEVEL = [
    *(Attack(who, *one) for who in ("social_worker", "station_head", "county", "auditor", "bureau",
                                    "volunteer", "volunteers:read") for one in ADMINS),
    *(Attack(who, *one) for who in ("admin", "bureau", "auditor", "records:read",
                                    "subscriptions:write") for one in DESKS),
    *(post(who, "/v1/recognitions/2025/publications", {}) for who in ("station_head",
                                                                      "deputy_head")),
    *(get(who, "/v1/imports/<run>") for who in ("station_head", "admin", "events:read")),
    *(post(who, "/v1/imports?filename=a.xlsx", b"x", Content_Type=XLSX)
      for who in ("station_head", "admin", "volunteer")),
    post("station_head", "/v1/stations", {"code": "X", "name": "x", "kind": "station"}),
    get("events:read", "/v1/volunteers/<here.volunteer>"),
    get("records:read", "/v1/volunteers/<here.volunteer>"),
    get("volunteers:read", "/v1/service-records"),
    # What a route does not do is not to be had under another method's name.
    *(Attack("social_worker", "GET", "/v1/accounts", None, 403, {name: "POST"})
      for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method")),
    *(post("social_worker", path, {}, 405) for path in ("/v1/me", "/v1/policy",
                                                        "/v1/volunteers/<here.volunteer>")),
    *(Attack("admin", method, "/v1/stations/<here.station>", None, 405)
      for method in ("DELETE", "PUT", "TRACE", "CONNECT", "PROPFIND", "BREW")),
    Attack("county", "DELETE", "/v1/service-records/<here.record>", None, 405),
    post("social_worker", "/v1/service-records/<here.record>?_method=DELETE", {}, 405),
]  # fmt: skip

FLOWS = [
    # Hours that nobody served.
    *(post("social_worker", "/v1/service-records", sheet(**line), "refused")
      for line in ({"minutes": -60}, {"minutes": 0}, {"minutes": 1441}, {"served_on": "2099-01-01"},
                   {"served_on": "2020-01-01"}, {"minutes": 10**18},
                   {"served_on": None, "minutes": None, "started_at": f"{DAY}T08:00:00Z",
                    "ended_at": f"{DAY}T07:00:00Z"},
                   {"served_on": None, "minutes": None, "started_at": f"{DAY}T08:00:00Z",
                    "ended_at": "2026-11-21T08:00:00Z"})),
    # For oneself, and by oneself.
    post("volunteer", "/v1/service-records", sheet(evidence="staff")),
    post("volunteer", "/v1/service-records", sheet(evidence="historical")),
    post("volunteer", "/v1/volunteers/<here.volunteer>/slip"),
    post("county", "/v1/approvals", {"decisions": [
        {"kind": "record", "id": "<here.record>", "decision": "approve"}]}, "refused"),
    post("social_worker", "/v1/service-records/<here.record>/corrections",
         {"minutes": 1441} | REASON, 400),
    post("social_worker", "/v1/service-records/<here.record>/corrections",
         {"minutes": 120, "reason": ""}, 400),
    post("county", "/v1/recognitions/2026/publications", {}, 422),
    post("county", "/v1/recognitions/2025/publications", {"station_id": "<here.station>"}, 409),
]  # fmt: skip
