"""Small makers of what tests need: stations, accounts with tokens, people, active volunteers.

Document numbers begin with 100000, an address code that is never issued, phones with 100.
"""

import itertools
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import httpx
import msgspec
from argon2 import PasswordHasher
from litestar import Litestar

from volunteer_svc import clock, ids, store
from volunteer_svc.actions import (
    inductions,
    intake,
    registrations,
    stations,
    training_attendance,
    trainings,
)
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.inductions import Attendee, PlanSession, RecordAttendance
from volunteer_svc.actions.intake import Receipt, Register
from volunteer_svc.actions.registrations import Enrol, Tick
from volunteer_svc.actions.stations import NewStation
from volunteer_svc.actions.training_attendance import TrainingList
from volunteer_svc.actions.trainings import PlanTraining, SaveTopic
from volunteer_svc.api.rate_limit import RULES
from volunteer_svc.app import create_app
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Actor, Anyone, Client, Role, Self, Staff
from volunteer_svc.domain.calendar import BUSINESS_ZONE, local_date
from volunteer_svc.domain.document import check_digit
from volunteer_svc.domain.registration import Form
from volunteer_svc.identity.client_keys import hint, new_key
from volunteer_svc.identity.tokens import token_hash
from volunteer_svc.store.accounts import Account
from volunteer_svc.store.clients import ClientRow, KeyRow
from volunteer_svc.store.stations import Station

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""Friday noon in Shanghai."""
TODAY = local_date(NOW)
PASSWORD = "a good long password"
ALL_MATERIALS = [
    Tick(item="id_document", original_seen=True, copy_received=True),
    Tick(item="photo", copy_received=True),
]
UNLIMITED = {rule.setting: 1_000_000 for rule in RULES.values()}
"""Settings under which nobody reaches a rate limit."""
_numbers = itertools.count(1)
_phones = itertools.count()
_documents: defaultdict[date, Any] = defaultdict(itertools.count)
"""Numbers of each day of birth: 1000, then the next day's."""


class SignedIn(msgspec.Struct, kw_only=True):
    """Somebody with a session: as the actions see him, and his token for the API."""

    actor: Any
    token: str

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def call(self, now: datetime = NOW) -> Call:
        return Call(actor=self.actor, now=now)


class Person(msgspec.Struct, kw_only=True):
    """A volunteer and the form he came with."""

    id: UUID
    member_no: str
    registration_id: UUID
    station_id: UUID
    form: Form


@cache
def application(config: Config) -> Litestar:
    """One for all tests with the same settings: building the routes takes longer than they do."""
    return create_app(config)


@asynccontextmanager
async def serving(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, whose lifespan is entered."""
    transport = httpx.ASGITransport(app)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://test") as http,
    ):
        yield http


def call(actor: Actor | None = None, now: datetime = NOW) -> Call:
    return Call(actor=actor or Anyone(), now=now)


def noon(day: date) -> datetime:
    """Noon in Shanghai."""
    return datetime.combine(day, time(12), BUSINESS_ZONE).astimezone(UTC)


def county() -> Staff:
    """A county actor without an account: for commands that sign nothing."""
    return Staff(ids.uuid7(), "county")


async def station(**changes: Any) -> Station:
    code = f"S{next(_numbers):04d}"
    request = NewStation(**{"code": code, "name": f"{code}社工站", "kind": "station"} | changes)
    return await stations.add_station(call(county()), request)


async def staff(
    role: Role = "social_worker",
    station_id: UUID | None = None,
    *,
    volunteer_id: UUID | None = None,
    now: datetime = NOW,
) -> SignedIn:
    """An account with the password PASSWORD, signed in."""
    account = Account(
        id=ids.uuid7(),
        username=f"{role}-{next(_numbers)}",
        display_name="社工",
        role=role,
        station_id=station_id,
        volunteer_id=volunteer_id,
        created_at=now,
    )
    await store.accounts.insert(account, _password_hash())
    actor = Staff(account.id, role, station_id, volunteer_id)
    return SignedIn(actor=actor, token=await _session(now, staff_id=account.id))


async def signed_in(volunteer_id: UUID, now: datetime = NOW) -> SignedIn:
    """The volunteer himself."""
    token = await _session(now, volunteer_id=volunteer_id)
    return SignedIn(actor=Self(volunteer_id), token=token)


async def client_key(*scopes: str, now: datetime = NOW) -> SignedIn:
    """Another service with these scopes."""
    token = new_key()
    row = ClientRow(id=ids.uuid7(), name="平台", scopes=list(scopes), created_at=now)
    await store.clients.insert(row)
    key = KeyRow(hint=hint(token), created_at=now, expires_at=None)
    await store.clients.add_key(row.id, key, token_hash(token))
    return SignedIn(actor=Client(row.id, frozenset(scopes)), token=token)


def form(birth_date: date = date(1990, 5, 1), **changes: Any) -> Form:
    """A form of a new person, today's unless said; sex and number fit each other."""
    serial = next(_documents[birth_date])
    while serial >= 1000 and "document_number" not in changes:  # a known number says the day
        birth_date += timedelta(days=1)
        serial = next(_documents[birth_date])
    first_17 = f"100000{birth_date:%Y%m%d}{serial % 1000:03d}"
    fields: dict[str, Any] = {
        "name": "王小明",
        "sex": "M" if serial % 2 else "F",
        "birth_date": birth_date,
        "document_kind": "id_card",
        "document_number": first_17 + check_digit(first_17),
        "phone": f"100{next(_phones):08d}",
        "household_local": True,
        "applied_on": TODAY,
        "rules_version": "2026",
    }
    return Form(**fields | changes)


async def handed_in(there: Call, request: Register) -> Receipt:
    """An open registration, and what the worker makes of it."""
    receipt = await intake.register(there, request)
    await taken_up(there.now)
    return receipt


async def taken_up(now: datetime | None = None) -> None:
    """The worker has seen all forms handed in."""
    while await intake.take_up_next(call(now=now or clock.now())):
        pass


async def registered(station_id: UUID, on: date = TODAY, **changes: Any) -> Person:
    """A person whose materials are complete on that day; the induction is due."""
    worker = await staff("social_worker", station_id, now=noon(on))
    filled = form(**{"applied_on": on} | changes)
    request = Enrol(station_id=station_id, form=filled, materials=ALL_MATERIALS)
    outcome = await registrations.enrol_volunteer(worker.call(noon(on)), request)
    assert outcome.member_no
    return Person(
        id=outcome.volunteer_id,
        member_no=outcome.member_no,
        registration_id=outcome.registration_id,
        station_id=station_id,
        form=filled,
    )


async def active(station_id: UUID, inducted_on: date = date(2025, 3, 3), **changes: Any) -> Person:
    """A volunteer registered and inducted on that day, through the actions."""
    person = await registered(station_id, inducted_on, **changes)
    worker = await staff("social_worker", station_id, now=noon(inducted_on))
    there = worker.call(noon(inducted_on))
    session = await inductions.plan_session(
        there, PlanSession(station_id=station_id, held_on=inducted_on, place=f"{next(_numbers)}号")
    )
    attendees = RecordAttendance(attendees=[Attendee(volunteer_id=person.id)])
    result = await inductions.record_attendance(there, session.id, attendees)
    assert result.outcomes[0].state == "active"
    return person


async def _session(now: datetime, **owner: UUID) -> str:
    token = ids.token()
    await store.sessions.insert(
        ids.uuid7(),
        token_hash(token),
        staff_id=owner.get("staff_id"),
        volunteer_id=owner.get("volunteer_id"),
        now=now,
        # Long: tests move between the years.
        expires_at=now + timedelta(days=3650),
    )
    return token


@cache
def _password_hash() -> str:
    return PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)


async def topics(*codes: str) -> None:
    """Training topics whose validity never ends."""
    for code in codes:
        await trainings.save_topic(call(county()), SaveTopic(code=code, name_zh=code, name_en=code))


async def trained(desk: SignedIn, person: "Person", *codes: str) -> None:
    """The person completed these topics the day before yesterday."""
    then = NOW - timedelta(days=2)
    plan = PlanTraining(
        station_id=desk.actor.station_id, title="辅导", topics=list(codes), starts_at=then,
        ends_at=then + timedelta(hours=2),
    )  # fmt: skip
    session = (await trainings.plan_training(desk.call(), plan)).session
    there = TrainingList(attendees=[Attendee(volunteer_id=person.id)])
    await training_attendance.record_training(desk.call(), session.id, there)
