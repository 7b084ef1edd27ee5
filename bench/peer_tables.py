"""The plain peer's ORM mapping of the tables that recording an entry touches."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

__all__ = ["insert"]


class Base(DeclarativeBase):
    """Instants carry their zone."""

    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy's way


class Station(Base):
    __tablename__ = "station"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    closed_on: Mapped[date | None]


class Staff(Base):
    __tablename__ = "staff"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    station_id: Mapped[UUID | None]
    volunteer_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]


class Session(Base):
    __tablename__ = "session"
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    expires_at: Mapped[datetime]
    staff: Mapped[Staff] = relationship(lazy="joined")


class Registration(Base):
    __tablename__ = "registration"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteer.id"))
    number: Mapped[int]
    inducted_on: Mapped[date | None]
    ended_on: Mapped[date | None]


class Suspension(Base):
    __tablename__ = "suspension"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteer.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]


class Volunteer(Base):
    __tablename__ = "volunteer"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_no: Mapped[str | None]
    station_id: Mapped[UUID]
    counted_minutes: Mapped[int]
    star: Mapped[int]
    ledger_seq: Mapped[int]
    ledger_hash: Mapped[bytes]
    version: Mapped[int]
    registrations: Mapped[list[Registration]] = relationship(order_by=Registration.number)
    suspensions: Mapped[list[Suspension]] = relationship()


class ServiceRecord(Base):
    __tablename__ = "service_record"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    volunteer_id: Mapped[UUID]
    station_id: Mapped[UUID]
    served_on: Mapped[date]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    break_minutes: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int]
    standing_minutes: Mapped[int]
    evidence: Mapped[str]
    evidence_reference: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    level: Mapped[str | None]
    why: Mapped[str | None]
    late: Mapped[bool]
    late_reason: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str | None]
    place: Mapped[str]
    leader: Mapped[str] = mapped_column(default="")
    content: Mapped[str] = mapped_column(default="")
    external_ref: Mapped[str] = mapped_column(default="")
    entered_by: Mapped[UUID | None]
    entered_at: Mapped[datetime]


class LedgerEntry(Base):
    __tablename__ = "ledger_entry"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    volunteer_id: Mapped[UUID]
    seq: Mapped[int]
    record_id: Mapped[UUID] = mapped_column(ForeignKey("service_record.id"))
    # Without relationships the mapping does not know which insert comes first.
    record: Mapped[ServiceRecord] = relationship()
    kind: Mapped[str]
    minutes_delta: Mapped[int]
    balance: Mapped[int]
    station_id: Mapped[UUID]
    served_on: Mapped[date]
    entered_at: Mapped[datetime]
    hash: Mapped[bytes]


class StarChange(Base):
    __tablename__ = "star_change"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    volunteer_id: Mapped[UUID]
    ledger_entry_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_entry.id"))
    ledger_entry: Mapped[LedgerEntry] = relationship()
    from_star: Mapped[int]
    to_star: Mapped[int]
    minutes_before: Mapped[int]
    minutes_after: Mapped[int]
    policy_version: Mapped[str]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    changed_on: Mapped[date]


class YearlyMinutes(Base):
    __tablename__ = "yearly_minutes"
    volunteer_id: Mapped[UUID] = mapped_column(primary_key=True)
    station_id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    minutes: Mapped[int]


class YearTotal(Base):
    __tablename__ = "year_total"
    volunteer_id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    minutes: Mapped[int]


class Holiday(Base):
    __tablename__ = "holiday"
    on: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]


class Outbox(Base):
    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[UUID]
    name: Mapped[str]
    subject: Mapped[str]
    subject_version: Mapped[int]
    station_id: Mapped[UUID | None]
    happened_at: Mapped[datetime]
    correlation_id: Mapped[str | None]
    data: Mapped[str] = mapped_column(Text)
