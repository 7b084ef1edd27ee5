"""What a team would write without this service: FastAPI and SQLAlchemy, a session per request.

The rules are the same in brief: who may, active, no overlap, the day's measure, late, stars.
"""

import hashlib
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload

from bench import peer_tables as tables

_ZONE = ZoneInfo("Asia/Shanghai")
_STAR_MINUTES = (6_000, 12_000, 18_000, 24_000, 30_000)
_DAY_MINUTES_DIRECT = 480
_DAY_MINUTES_MAX = 720
_ENTRY_WORKDAYS = 10
_SATURDAY = 5

app = FastAPI()
_engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"),
    # As many as the service has. The default opens and closes a connection for most requests.
    pool_size=10,
    max_overflow=0,
)
_sessions = async_sessionmaker(_engine, expire_on_commit=False)


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    volunteer_id: UUID
    started_at: AwareDatetime
    ended_at: AwareDatetime
    title: str = Field("", max_length=128)
    kind: str | None = None
    place: str = Field("", max_length=128)
    late_reason: str = Field("", max_length=512)


class Sheet(BaseModel):
    model_config = ConfigDict(extra="forbid")
    station_id: UUID
    entries: list[Line] = Field(min_length=1, max_length=1)


class Outcome(BaseModel):
    outcome: Literal["counted", "waiting"]
    record_id: UUID
    volunteer_id: UUID
    minutes: int
    late: bool


class SheetOutcome(BaseModel):
    outcomes: list[Outcome]


async def session() -> AsyncIterator[AsyncSession]:
    async with _sessions() as opened, opened.begin():
        yield opened


Database = Annotated[AsyncSession, Depends(session)]


async def current_staff(database: Database, authorization: Annotated[str, Header()]) -> Any:
    token = authorization.removeprefix("Bearer ")
    found = await database.scalar(
        select(tables.Session).where(
            tables.Session.token_hash == hashlib.sha256(token.encode()).digest(),
            tables.Session.expires_at > datetime.now(UTC),
        )
    )
    if found is None or found.staff is None or found.staff.closed_at is not None:
        raise HTTPException(401)
    return found.staff


@app.post("/v1/service-records")
async def record_service(
    sheet: Sheet, database: Database, staff: Annotated[Any, Depends(current_staff)]
) -> SheetOutcome:
    if staff.station_id != sheet.station_id:
        raise HTTPException(403)
    station = await database.get(tables.Station, sheet.station_id)
    if station is None or station.closed_on is not None:
        raise HTTPException(422, "station_unknown")
    return SheetOutcome(
        outcomes=[await _record(database, staff, station, line) for line in sheet.entries]
    )


async def _record(database: AsyncSession, staff: Any, station: Any, line: Line) -> Outcome:
    now = datetime.now(UTC)
    served_on = line.started_at.astimezone(_ZONE).date()
    minutes = int((line.ended_at - line.started_at).total_seconds()) // 60
    volunteer = await database.scalar(
        select(tables.Volunteer)
        .where(tables.Volunteer.id == line.volunteer_id)
        .options(
            selectinload(tables.Volunteer.registrations),
            selectinload(tables.Volunteer.suspensions),
        )
        .with_for_update(key_share=True)
    )
    if volunteer is None or not _is_active(volunteer, served_on):
        raise HTTPException(422, "not_active_on_date")
    if staff.volunteer_id == volunteer.id or line.ended_at > now or minutes < 1:
        raise HTTPException(422, "not_possible")
    record = tables.ServiceRecord
    taken = record.volunteer_id == volunteer.id, record.state.in_(("counted", "waiting"))
    if await database.scalar(
        select(record.id).where(
            *taken, record.started_at < line.ended_at, record.ended_at > line.started_at
        )
    ):
        raise HTTPException(422, "overlapping_service")
    day = await database.scalar(
        select(func.coalesce(func.sum(record.standing_minutes), 0)).where(
            *taken, record.served_on == served_on
        )
    )
    late = await _is_late(database, served_on, now.astimezone(_ZONE).date())
    if late and not line.late_reason:
        raise HTTPException(422, "late_reason_required")
    total = (day or 0) + minutes
    waiting = total > _DAY_MINUTES_DIRECT
    new = tables.ServiceRecord(
        id=uuid4(), volunteer_id=volunteer.id, station_id=station.id, served_on=served_on,
        started_at=line.started_at, ended_at=line.ended_at, minutes=minutes,
        standing_minutes=minutes, evidence="staff", state="waiting" if waiting else "counted",
        level=("county" if total > _DAY_MINUTES_MAX else "station") if waiting else None,
        why="day_over_direct" if waiting else None, late=late,
        late_reason=line.late_reason if late else "", title=line.title, kind=line.kind,
        place=line.place, entered_by=staff.id, entered_at=now,
    )  # fmt: skip
    database.add(new)
    if not waiting:
        await _count(database, volunteer, new, now)
    return Outcome(
        outcome=new.state, record_id=new.id, volunteer_id=volunteer.id, minutes=minutes, late=late
    )


async def _count(database: AsyncSession, volunteer: Any, record: Any, now: datetime) -> None:
    before, star = volunteer.counted_minutes, volunteer.star
    volunteer.counted_minutes += record.minutes
    volunteer.ledger_seq += 1
    volunteer.star = sum(volunteer.counted_minutes >= minutes for minutes in _STAR_MINUTES)
    entry = tables.LedgerEntry(
        id=uuid4(), volunteer_id=volunteer.id, seq=volunteer.ledger_seq, record=record,
        kind="service", minutes_delta=record.minutes, balance=volunteer.counted_minutes,
        station_id=record.station_id, served_on=record.served_on, entered_at=now,
    )  # fmt: skip
    said = (entry.id, entry.volunteer_id, entry.seq, entry.minutes_delta, entry.balance)
    entry.hash = hashlib.sha256(volunteer.ledger_hash + repr(said).encode()).digest()
    volunteer.ledger_hash = entry.hash
    database.add(entry)
    _raise_event(
        database, volunteer, "service.recorded", record, now,
        record_id=record.id, served_on=record.served_on, minutes=record.minutes,
        evidence=record.evidence, late=record.late,
    )  # fmt: skip
    for at in range(star, volunteer.star):
        change = tables.StarChange(
            id=uuid4(), volunteer_id=volunteer.id, ledger_entry=entry, from_star=at,
            to_star=at + 1, minutes_before=before, minutes_after=volunteer.counted_minutes,
            policy_version="jilin-2021", cause_kind="service_record", cause_id=record.id,
            changed_on=now.astimezone(_ZONE).date(),
        )  # fmt: skip
        database.add(change)
        _raise_event(
            database, volunteer, "star.promoted", record, now,
            member_no=volunteer.member_no, from_star=at, to_star=at + 1,
        )  # fmt: skip
    owner = {"volunteer_id": volunteer.id, "year": record.served_on.year}
    for total, key in (
        (tables.YearlyMinutes, owner | {"station_id": record.station_id}),
        (tables.YearTotal, owner),
    ):
        upsert = tables.insert(total).values(**key, minutes=record.minutes)
        await database.execute(
            upsert.on_conflict_do_update(
                index_elements=list(key),
                set_={"minutes": total.minutes + upsert.excluded.minutes},
            )
        )


def _raise_event(
    database: AsyncSession, volunteer: Any, name: str, record: Any, now: datetime, **fields: Any
) -> None:
    volunteer.version += 1
    event = {
        "volunteer_id": volunteer.id, "station_id": record.station_id,
        "counted_minutes": volunteer.counted_minutes, **fields,
    }  # fmt: skip
    database.add(
        tables.Outbox(
            event_id=uuid4(), name=name, subject=f"volunteer/{volunteer.id}",
            subject_version=volunteer.version, station_id=record.station_id, happened_at=now,
            correlation_id=str(uuid4()), data=json.dumps(event, default=str),
        )
    )  # fmt: skip


def _is_active(volunteer: Any, day: date) -> bool:
    enrolled = any(
        r.inducted_on is not None
        and r.inducted_on <= day
        and (r.ended_on is None or day <= r.ended_on)
        for r in volunteer.registrations
    )
    return enrolled and not any(
        s.from_on <= day and (s.to_on is None or day < s.to_on) for s in volunteer.suspensions
    )


async def _is_late(database: AsyncSession, served_on: date, today: date) -> bool:
    holidays = {h.on: h.is_workday for h in await database.scalars(select(tables.Holiday).where(
        tables.Holiday.on.between(served_on, today)))}  # fmt: skip
    passed = sum(
        holidays.get(day, day.weekday() < _SATURDAY)
        for n in range(1, (today - served_on).days)
        for day in [served_on + timedelta(days=n)]
    )
    return passed >= _ENTRY_WORKDAYS
