"""Plays a written year through the HTTP API, and notes what the service answers to each step."""

import io
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import xlsxwriter

PASSWORD = "a good long password"  # noqa: S105 - of this play alone
ZONE = "+08:00"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SERVICES = ["社工站", "日期", "活动名称", "服务类别", "证件号码", "服务时长(小时)"]
_KINDS = {"social_assistance": "社会救助", "child_welfare": "儿童福利", "elder_care": "养老服务",
          "community_governance": "基层治理", "social_affairs": "社会事务"}  # fmt: skip
_MATERIALS = [
    {"item": "id_document", "original_seen": True, "copy_received": True},
    {"item": "photo", "copy_received": True},
]


class RefusedError(Exception):
    """The service did not answer as the play needs it to go on."""


class Play:
    """`at(instant)` sets the service's clock; `work()` lets its worker do what is due."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        script: dict[str, Any],
        at: Callable[[datetime], None],
        work: Callable[[], Awaitable[None]],
    ) -> None:
        self.http, self.script, self.at, self.work = http, script, at, work
        self.stations: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.known: dict[str, dict[str, str]] = {kind: {} for kind in (
            "record", "activity", "correction", "objection", "complaint", "award")}  # fmt: skip
        self.tokens: dict[str, str] = {}
        self.signed_in_at: dict[str, datetime] = {}
        self.slips: set[str] = set()
        self.told: dict[str, Any] = {}
        self.now = datetime.fromisoformat(f"{script['steps'][0]['on']}T00:00:00{ZONE}")
        self.requests = 0

    async def run(self) -> dict[str, Any]:
        """What the service says of every step, and of everybody in the end."""
        await self._set_up()
        for number, step in enumerate(self.script["steps"]):
            self._set_clock(step["on"], step.get("at", "12:00"))
            answer = await getattr(self, step["do"])(step)
            if answer is not None:
                self.told[f"{number} {step['do']} {step['on']}"] = answer
        await self.work()
        return {
            "steps": self.told,
            "people": {name: await self._person(name) for name in self.script["people"]},
            "waiting": sorted([await self._name_of(item) for item in await self._waiting()]),
            "complaints": await self._complaints(),
            "objections": await self._objections(),
        }

    async def ask(self, who: str, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The answer of the service to somebody; raises RefusedError when it is a refusal."""
        answer = await self._send(who, method, path, body, **options)
        if not answer.is_success:
            raise RefusedError(f"{self.now:%F} {who} {method} {path}: {answer.text}")
        return answer.json() if answer.content else None

    async def _send(
        self, who: str, method: str, path: str, body: Any = None, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self._token(who)}"}
        headers |= options.pop("headers", {})
        if body is not None:
            options["json"] = body
        self.requests += 1
        return await self.http.request(method, f"/v1{path}", headers=headers, **options)

    async def _token(self, who: str) -> str:
        """Sessions end in the evening."""
        last = self.signed_in_at.get(who)
        if last is None or not timedelta(0) <= self.now - last < timedelta(hours=2):
            self.tokens[who] = await self._sign_in(who)
            self.signed_in_at[who] = self.now
        return self.tokens[who]

    async def _sign_in(self, who: str) -> str:
        if who not in self.ids:
            kind, name = "staff", who
        else:
            kind, name = "volunteer", (await self.ask("county2", "GET", self._of(who)))["member_no"]
            if who not in self.slips:
                self.slips.add(who)
                desk = self._worker(await self._home(who))  # who gives a slip approves nothing
                slip = await self.ask(desk, "POST", f"{self._of(who)}/slip")
                body = {"member_no": name, "slip": slip["slip"], "password": PASSWORD}
                answer = await self.http.post("/v1/sessions/slip", json=body)
                return str(answer.json()["token"])
        body = {"kind": kind, "name": name, "password": PASSWORD}
        answer = await self.http.post("/v1/sessions", json=body)
        if not answer.is_success:
            raise RefusedError(f"{who} cannot sign in: {answer.text}")
        return str(answer.json()["token"])

    def _set_clock(self, on: str, at: str) -> None:
        self.now = datetime.fromisoformat(f"{on}T{at}:00{ZONE}")
        self.at(self.now)

    def _of(self, name: str) -> str:
        return f"/volunteers/{self.ids[name]}"

    async def _set_up(self) -> None:
        """Stations, their accounts, and the holidays: by the administrator and the county."""
        first = self.script["steps"][0]["on"]
        self._set_clock(first, "08:00")
        for account in ("county1", "county2"):
            body = {"username": account, "display_name": account, "password": PASSWORD,
                    "role": "county"}  # fmt: skip
            await self.ask("admin", "POST", "/accounts", body)
        for key, one in self.script["stations"].items():
            body = {"code": one["code"], "name": one["name"], "kind": "station"}
            self.stations[key] = (await self.ask("county1", "POST", "/stations", body))["id"]
            for role in ("social_worker", "station_head"):
                body = {"username": f"{role}-{key}", "display_name": role, "password": PASSWORD,
                        "role": role, "station_id": self.stations[key]}  # fmt: skip
                await self.ask("admin", "POST", "/accounts", body)
        for year, table in self.script["holidays"].items():
            days = [{"on": on, "is_workday": works, "name": "调休" if works else "节假日"}
                    for on, works in table.items()]  # fmt: skip
            await self.ask("county1", "POST", f"/holidays/{year}", {"days": days})

    def _worker(self, station: str) -> str:
        return f"social_worker-{station}"

    def _head(self, station: str) -> str:
        return f"station_head-{station}"

    async def _home(self, name: str) -> str:
        home = (await self.ask("county2", "GET", self._of(name)))["station_id"]
        return next(key for key, known in self.stations.items() if known == home)

    def _form(self, name: str) -> dict[str, Any]:
        return self.script["people"][name] | {
            "applied_on": f"{self.now:%F}", "document_kind": "id_card", "household_local": True,
            "rules_version": "2025",
        }  # fmt: skip

    def _know(self, name: str, volunteer_id: str) -> None:
        self.ids[name], self.names[volunteer_id] = volunteer_id, name

    # people

    async def apply(self, step: dict[str, Any]) -> None:
        body = {"station_id": self.stations[step["station"]], "form": self._form(step["person"])}
        self.requests += 1
        answer = await self.http.post("/v1/registrations", json=body)
        if not answer.is_success:
            raise RefusedError(answer.text)
        await self.work()
        number = {"document_number": self.script["people"][step["person"]]["document_number"]}
        found = await self.ask("county2", "POST", "/volunteers/search", number)
        self._know(step["person"], found["items"][0]["id"])

    async def materials(self, step: dict[str, Any]) -> None:
        who, cursor = self._worker(await self._home(step["person"])), {}
        while True:
            page = await self.ask(who, "GET", "/registrations", params=cursor)
            for one in page["items"]:
                if one["volunteer_id"] == self.ids[step["person"]]:
                    path = f"/registrations/{one['id']}/materials"
                    await self.ask(who, "PUT", path, {"materials": _MATERIALS})
                    return
            cursor = {"cursor": page["next"]}

    async def enrol(self, step: dict[str, Any]) -> None:
        body = {"station_id": self.stations[step["station"]], "form": self._form(step["person"]),
                "materials": _MATERIALS}  # fmt: skip
        made = await self.ask(self._worker(step["station"]), "POST", "/volunteers", body)
        self._know(step["person"], made["volunteer_id"])

    async def induct(self, step: dict[str, Any]) -> dict[str, str]:
        who = self._worker(step["station"])
        plan = {"station_id": self.stations[step["station"]], "place": "活动室",
                "held_on": step.get("held_on", step["on"])}  # fmt: skip
        session = await self.ask(who, "POST", "/induction-sessions", plan)
        attendees = [{"volunteer_id": self.ids[name]} for name in step["people"]]
        path = f"/induction-sessions/{session['id']}/attendance"
        await self.ask(who, "POST", path, {"attendees": attendees})
        return {name: (await self._person(name))["state"] for name in step["people"]}

    async def suspend(self, step: dict[str, Any]) -> None:
        who = self._worker(await self._home(step["person"]))
        path = f"{self._of(step['person'])}/suspend"
        await self.ask(who, "POST", path, {"reason": "违反服务准则"})

    async def reinstate(self, step: dict[str, Any]) -> None:
        who = self._worker(await self._home(step["person"]))
        await self.ask(who, "POST", f"{self._of(step['person'])}/reinstate")

    async def transfer(self, step: dict[str, Any]) -> None:
        who = self._worker(await self._home(step["person"]))
        body = {"to_station_id": self.stations[step["station"]], "reason": "搬家",
                "consent": {"given": "signed", "on": step["on"]}}  # fmt: skip
        await self.ask(who, "POST", f"{self._of(step['person'])}/transfer", body)

    async def exit(self, step: dict[str, Any]) -> None:
        who = self._worker(await self._home(step["person"]))
        await self.ask(who, "POST", f"{self._of(step['person'])}/exit", {"reason": "外出务工"})

    # training and activities

    async def topic(self, step: dict[str, Any]) -> None:
        body = {"code": step["topic"], "name_zh": step["topic"], "name_en": step["topic"],
                "validity_months": step["months"]}  # fmt: skip
        await self.ask("county1", "POST", "/training-topics", body)

    async def train(self, step: dict[str, Any]) -> None:
        who = self._worker(step["station"])
        body = {"station_id": self.stations[step["station"]], "title": "服务技能辅导",
                "topics": [step["topic"]], "starts_at": f"{step['on']}T09:00:00{ZONE}",
                "ends_at": f"{step['on']}T11:00:00{ZONE}"}  # fmt: skip
        made = await self.ask(who, "POST", "/trainings", body)
        attendees = [{"volunteer_id": self.ids[name]} for name in step["people"]]
        path = f"/trainings/{made['session']['id']}/attendance"
        await self.ask(who, "POST", path, {"attendees": attendees})

    async def activity(self, step: dict[str, Any]) -> None:
        who = self._worker(step["station"])
        body = {
            "station_id": self.stations[step["station"]], "kind": step["kind"],
            "form": step["form"], "title": "志愿服务", "capacity": step["capacity"],
            "started_at": f"{step['held_on']}T{step['starts']}:00{ZONE}",
            "ended_at": f"{step['held_on']}T{step['ends']}:00{ZONE}",
            "required_topics": step["topics"],
        }  # fmt: skip
        (made,) = (await self.ask(who, "POST", "/activities", body))["activities"]
        self.known["activity"][step["activity"]] = made["id"]
        await self.ask(who, "POST", f"/activities/{made['id']}/publish", {})

    def _activity(self, step: dict[str, Any]) -> str:
        return f"/activities/{self.known['activity'][step['activity']]}"

    async def sign_up(self, step: dict[str, Any]) -> dict[str, str]:
        told = {}
        for name in step["people"]:
            who = name if step.get("themselves") else self._worker(step["station"])
            body = {"volunteer_id": self.ids[name]}
            answer = await self._send(who, "POST", f"{self._activity(step)}/sign-ups", body)
            told[name] = answer.json()["state"] if answer.is_success else "refused"
        return told

    async def withdraw(self, step: dict[str, Any]) -> list[str]:
        who, path = self._worker(step["station"]), f"{self._activity(step)}/sign-ups"
        await self.ask(who, "POST", f"{path}/{self.ids[step['person']]}/withdraw", {})
        listed = (await self.ask(who, "GET", path, params={"limit": 100}))["items"]
        return sorted(
            self.names[one["volunteer_id"]] for one in listed if one["state"] == "confirmed"
        )

    async def check_in(self, step: dict[str, Any]) -> None:
        """The first by the code on the site's screen, the others by a tap."""
        who, path = self._worker(step["station"]), self._activity(step)
        code = (await self.ask(who, "GET", f"{path}/site-code"))["code"]
        for name in step["people"]:
            body = {"volunteer_id": self.ids[name]}
            if name == step["people"][0]:
                await self.ask(name, "POST", f"{path}/check-ins", body | {"code": code})
            else:
                await self.ask(who, "POST", f"{path}/check-ins", body)

    async def check_out(self, step: dict[str, Any]) -> dict[str, str]:
        who, told = self._worker(step["station"]), {}
        for name in step["people"]:
            body = {"volunteer_id": self.ids[name]}
            done = await self.ask(who, "POST", f"{self._activity(step)}/check-outs", body)
            self.known["record"][f"{step['activity']}-{name}"] = done["check_in"]["record_id"]
            told[name] = done["outcome"]
        return told

    # hours

    def _line(self, entry: dict[str, Any]) -> dict[str, Any]:
        line = {"served_on": entry["on"], "minutes": entry["minutes"], "kind": entry.get("kind"),
                "late_reason": entry.get("reason", "")}  # fmt: skip
        if "start" in entry:
            start = datetime.fromisoformat(f"{entry['on']}T{entry['start']}:00{ZONE}")
            end = start + timedelta(minutes=entry["minutes"])
            del line["served_on"], line["minutes"]
            line |= {"started_at": start.isoformat(), "ended_at": end.isoformat()}
        if "activity" in entry:
            line["activity_id"] = self.known["activity"][entry["activity"]]
        return line

    async def sheet(self, step: dict[str, Any]) -> dict[str, str]:
        who = self._worker(step["station"])
        entries = [
            self._line(one) | {
                "volunteer_id": self.ids[one["person"]], "evidence": one.get("evidence", "staff"),
                "evidence_reference": one.get("reference", ""),
            }
            for one in step["entries"]
        ]  # fmt: skip
        body = {"station_id": self.stations[step["station"]], "entries": entries}
        answer = await self.ask(who, "POST", "/service-records", body)
        told = {}
        for entry, outcome in zip(step["entries"], answer["outcomes"], strict=True):
            told[entry["name"]] = outcome["outcome"]
            if outcome["outcome"] != "refused":
                self.known["record"][entry["name"]] = outcome["record_id"]
        self.known.setdefault("sheet", {})[step.get("sheet", "")] = answer.get("sheet_id")
        return told

    async def bring_in(self, step: dict[str, Any]) -> dict[str, str]:
        """A workbook of service records: uploaded by one of the county, committed by another."""
        params = {"filename": "year.xlsx", "reason": "paper"}
        run = await self.ask(
            "county1", "POST", "/imports", params=params, content=self._workbook(step["entries"]),
            headers={"Content-Type": WORKBOOK},
        )  # fmt: skip
        await self.work()
        await self.ask("county2", "POST", f"/imports/{run['id']}/commit")
        await self.work()
        path = f"/imports/{run['id']}"
        done = await self.ask("county2", "GET", path)
        if done["state"] != "done":
            raise RefusedError(json.dumps(done, ensure_ascii=False))
        found = (await self.ask("county2", "GET", f"{path}/problems"))["items"]
        outcomes = {
            one["row"]: one["outcome"] for one in found if one["outcome"] in ("waiting", "refused")
        }
        told = {}
        for row, entry in enumerate(step["entries"], start=1):
            told[entry["name"]] = outcomes.get(row, "counted")
            await self._find_record(entry)
        return told

    async def _find_record(self, entry: dict[str, Any]) -> None:
        path = f"{self._of(entry['person'])}/service-records"
        for one in (await self.ask("county2", "GET", path, params={"limit": 100}))["items"]:
            if (one["served_on"], one["minutes"]) == (entry["on"], entry["minutes"]):
                self.known["record"][entry["name"]] = one["id"]

    def _workbook(self, entries: list[dict[str, Any]]) -> bytes:
        file = io.BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True}) as workbook:
            page = workbook.add_worksheet("服务记录")
            page.write_row(0, 0, ["序号", *_SERVICES])
            for row, one in enumerate(entries, start=1):
                number = self.script["people"][one["person"]]["document_number"]
                cells = [
                    str(row),
                    self.script["stations"][one["station"]]["code"],
                    one["on"],
                    "志愿服务",
                    _KINDS[one["kind"]],
                    number,
                    f"{one['minutes']}分钟",
                ]
                for column, cell in enumerate(cells):
                    page.write_string(row, column, cell)
        return file.getvalue()

    async def report_hours(self, step: dict[str, Any]) -> str:
        entry = step["entry"]
        body = self._line(entry) | {"station_id": self.stations[step["station"]],
                                    "content": "陪独居老人就医"}  # fmt: skip
        path = f"{self._of(entry['person'])}/self-reports"
        made = await self.ask(entry["person"], "POST", path, body)
        self.known["record"][entry["name"]] = made["record_id"]
        record = await self.ask(entry["person"], "GET", f"/service-records/{made['record_id']}")
        return str(record["state"])

    async def _waiting(self) -> list[dict[str, Any]]:
        items, cursor = [], None
        while True:
            params = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = await self.ask("county2", "GET", "/approvals", params=params)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    async def _name_of(self, item: dict[str, Any]) -> str:
        known = self.known[item["kind"]].items()
        return next(name for name, known_id in known if known_id == item["id"])

    async def _decide(self, names: list[str], decision: str) -> None:
        items = {await self._name_of(item): item for item in await self._waiting()}
        decisions = [
            {"kind": items[name]["kind"], "id": items[name]["id"], "decision": decision,
             "reason": "签到表核对不上" if decision == "reject" else ""}
            for name in names
        ]  # fmt: skip
        told = await self.ask("county2", "POST", "/approvals", {"decisions": decisions})
        refused = [one for one in told["outcomes"] if one["outcome"] == "refused"]
        if refused:
            raise RefusedError(f"{names}: {refused}")

    async def approve(self, step: dict[str, Any]) -> None:
        await self._decide(step["records"], "approve")

    async def reject(self, step: dict[str, Any]) -> None:
        await self._decide(step["records"], "reject")

    async def correct(self, step: dict[str, Any]) -> str:
        path = f"/service-records/{self.known['record'][step['record']]}/corrections"
        body = {"minutes": step["minutes"], "reason": "与签到表不符", "requested_by": "志愿者"}
        made = await self.ask(self._head(step["station"]), "POST", path, body)
        self.known["correction"][step["record"]] = made["correction_id"]
        return str(made["outcome"])

    async def take_back(self, step: dict[str, Any]) -> None:
        body = {"kind": "sheet", "target_id": self.known["sheet"][step["sheet"]],
                "reason": "录入了别的活动"}  # fmt: skip
        await self.ask(self._head(step["station"]), "POST", "/undos", body)

    # rights, honours

    async def objection(self, step: dict[str, Any]) -> None:
        path = f"/service-records/{self.known['record'][step['record']]}/objections"
        made = await self.ask(step["person"], "POST", path, {"text": "少记了时间"})
        self.known["objection"][step["record"]] = made["id"]

    async def answer(self, step: dict[str, Any]) -> None:
        path = f"/objections/{self.known['objection'][step['record']]}/close"
        body = {"outcome": step["outcome"], "reason": "已核对签到表"}
        await self.ask(self._head(step["station"]), "POST", path, body)

    async def _objections(self) -> dict[str, str]:
        found = {}
        for record, name in self._turned("objection").items():
            owner = next(s["person"] for s in self.script["steps"]
                         if s["do"] == "objection" and s["record"] == name)  # fmt: skip
            path = f"{self._of(owner)}/objections"
            (one,) = [o for o in (await self.ask("county2", "GET", path))["items"]
                      if o["id"] == record]  # fmt: skip
            found[name] = one["outcome"] or "open"
        return found

    def _turned(self, kind: str) -> dict[str, str]:
        return {known: name for name, known in self.known[kind].items()}

    async def complain(self, step: dict[str, Any]) -> None:
        body = {"direction": step["direction"], "text": "约定的时间没有来"}
        path = f"{self._of(step['person'])}/complaints"
        made = await self.ask(self._worker(step["station"]), "POST", path, body)
        self.known["complaint"][step["complaint"]] = made["id"]

    async def close(self, step: dict[str, Any]) -> None:
        path = f"/complaints/{self.known['complaint'][step['complaint']]}"
        contact = {"contact": "call", "on": step["on"], "words": "已致电了解"}
        await self.ask(self._head(step["station"]), "POST", f"{path}/contact", contact)
        body = {"outcome": step["outcome"], "words": "已说明"}
        await self.ask(self._head(step["station"]), "POST", f"{path}/close", body)

    async def _complaints(self) -> dict[str, str]:
        names = self._turned("complaint")
        listed = await self.ask("county2", "GET", "/complaints", params={"limit": 100})
        found = {names[one["id"]]: one["outcome"] or "open" for one in listed["items"]}
        closed = {name: step["outcome"] for name in names.values() if name not in found
                  for step in self.script["steps"]
                  if step["do"] == "close" and step["complaint"] == name}  # fmt: skip
        return dict(sorted((found | closed).items()))

    async def appoint(self, step: dict[str, Any]) -> None:
        path = f"{self._of(step['person'])}/positions"
        body = {"position": step["position"], "reason": "积极负责"}
        await self.ask(self._head(step["station"]), "POST", path, body)

    async def award(self, step: dict[str, Any]) -> None:
        who, own = self._head(step["station"]), self._of(step["person"])
        wish = {"honour": step["honour"], "awarding_body": "县文明办", "reason": "服务时数多",
                "evidence_reference": "推荐表"}  # fmt: skip
        put = await self.ask(who, "POST", f"{own}/nominations", wish)
        grant = {"name": step["honour"], "granted_by": "县文明办", "granted_on": step["on"],
                 "evidence_reference": "证书", "nomination_id": put["id"]}  # fmt: skip
        made = await self.ask(who, "POST", f"{own}/awards", grant)
        self.known["award"][step["honour"]] = made["id"]

    async def revoke(self, step: dict[str, Any]) -> None:
        path = f"/awards/{self.known['award'][step['honour']]}/revoke"
        await self.ask(self._head(step["station"]), "POST", path, {"reason": "重复表彰"})

    # lists, reports, files

    def _at(self, step: dict[str, Any]) -> dict[str, str]:
        return {"station_id": self.stations[step["station"]]} if step.get("station") else {}

    async def read_list(self, step: dict[str, Any]) -> list[list[Any]]:
        path = f"/recognitions/{step['year']}"
        found = await self.ask("county2", "GET", path, params=self._at(step))
        return sorted([self.names[e["volunteer_id"]], e["rank"], e["minutes"]]
                      for e in found["entries"])  # fmt: skip

    async def publish(self, step: dict[str, Any]) -> list[list[Any]]:
        who = self._head(step["station"]) if step.get("station") else "county1"
        path = f"/recognitions/{step['year']}/publications"
        await self.ask(who, "POST", path, self._at(step))
        return await self.read_list(step)

    async def report(self, step: dict[str, Any]) -> dict[str, Any]:
        params = self._at(step) | {"from_on": step["from_on"], "until_on": step["until_on"]}
        told = await self.ask("county2", "GET", "/reports", params=params)
        hours: dict[str, list[int]] = {}
        for one in told["hours"]:
            cell = f"{one['kind'] or '-'}/{one['form'] or '-'}"
            hours[cell] = [one["records"], one["minutes"]]
        return {
            **{part: told[part] for part in ("members", "registrations", "service")},
            "hours": dict(sorted(hours.items())),
            "activities": {
                one["form"]: [one["held"], one["served"], one["yearly_target"]]
                for one in told["activities"]
            },
            "months": {
                one["month"][:7]: [one["members"], one["minutes"]] for one in told["months"]
            },
        }

    async def _person(self, name: str) -> dict[str, Any]:
        found = await self.ask("county2", "GET", self._of(name))
        story = (await self.ask("county2", "GET", f"{self._of(name)}/stars"))["history"]
        awards = await self.ask("county2", "GET", f"{self._of(name)}/awards")
        return {
            "state": found["state"],
            "station": next(k for k, v in self.stations.items() if v == found["station_id"]),
            "minutes": found["counted_minutes"],
            "star": found["star"],
            "promotions": [(s["from_star"], s["to_star"], s["changed_on"]) for s in story],
            "awards": sorted(a["name"] for a in awards if not a["revoked_on"]),
        }
