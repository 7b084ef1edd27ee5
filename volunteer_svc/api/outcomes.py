"""What became of each line of a sheet, a list or a round of decisions, with its sentences."""

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.actions.approvals import Decided
from volunteer_svc.actions.inductions import Attended
from volunteer_svc.actions.recording import Outcome
from volunteer_svc.actions.training_attendance import Trained
from volunteer_svc.api.faults import ErrorItem, error_items
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.service_record import Level
from volunteer_svc.i18n import Language, words


class RecordOutcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`why` and `why_detail` say what it waits for; `code` is the first of the `errors`."""

    outcome: Literal["counted", "waiting", "refused", "already_imported"]
    record_id: UUID | None
    volunteer_id: UUID | None
    minutes: int | None
    late: bool
    calendar: Literal["approximate"] | None
    level: Level | None
    why: str | None
    why_detail: str | None
    code: str | None
    errors: list[ErrorItem]


class RecordOutcomes(msgspec.Struct, frozen=True):
    """One outcome per entry, in the order of the sheet; `sheet_id` names it for an undo."""

    outcomes: list[RecordOutcome]
    sheet_id: UUID | None


class AttendanceResult(msgspec.Struct, frozen=True, kw_only=True):
    """`not_counted`: on the list, but it does not make the person active."""

    outcome: Literal["counted", "not_counted", "refused"]
    volunteer_id: UUID | None
    state: str | None
    code: str | None
    errors: list[ErrorItem]


class AttendanceResults(msgspec.Struct, frozen=True):
    """One outcome per attendee, in order."""

    outcomes: list[AttendanceResult]


class TrainingResult(msgspec.Struct, frozen=True, kw_only=True):
    outcome: Literal["counted", "refused"]
    volunteer_id: UUID | None
    code: str | None
    errors: list[ErrorItem]


class TrainingResults(msgspec.Struct, frozen=True):
    """One outcome per attendee, in order."""

    outcomes: list[TrainingResult]


class DecisionResult(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    outcome: Literal["approved", "rejected", "refused"]
    code: str | None
    errors: list[ErrorItem]


class DecisionResults(msgspec.Struct, frozen=True):
    """One outcome per decision, in order."""

    outcomes: list[DecisionResult]


def record_outcomes(outcomes: Iterable[Outcome], language: Language) -> list[RecordOutcome]:
    return [
        RecordOutcome(
            outcome=one.outcome,
            record_id=one.record_id,
            volunteer_id=one.volunteer_id,
            minutes=one.minutes,
            late=one.late,
            calendar=one.calendar,
            level=one.level,
            why=one.why,
            why_detail=words(one.why, {}, language).detail if one.why else None,
            code=_code(one.faults),
            errors=error_items(one.faults, language),
        )
        for one in outcomes
    ]


def attendance_results(outcomes: Iterable[Attended], language: Language) -> list[AttendanceResult]:
    return [
        AttendanceResult(
            outcome=one.outcome,
            volunteer_id=one.volunteer_id,
            state=one.state,
            code=_code(one.faults),
            errors=error_items(one.faults, language),
        )
        for one in outcomes
    ]


def training_results(outcomes: Iterable[Trained], language: Language) -> list[TrainingResult]:
    return [
        TrainingResult(
            outcome=one.outcome,
            volunteer_id=one.volunteer_id,
            code=_code(one.faults),
            errors=error_items(one.faults, language),
        )
        for one in outcomes
    ]


def decision_results(outcomes: Iterable[Decided], language: Language) -> list[DecisionResult]:
    return [
        DecisionResult(
            id=one.id,
            outcome=one.outcome,
            code=_code(one.faults),
            errors=error_items(one.faults, language),
        )
        for one in outcomes
    ]


def _code(faults: tuple[Fault, ...]) -> str | None:
    return faults[0].code if faults else None
