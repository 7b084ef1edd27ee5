"""Erasures: asked, decided, done; and every column that could say who somebody was."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row

Cause = Literal["request", "unfinished", "kept_enough", "restored"]
"""`restored`: erased before, and brought back by a backup from before that."""


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """`asked_by` is None when the volunteer himself asked, or retention did."""

    id: UUID
    volunteer_id: UUID
    cause: Cause
    reason: str
    asked_by: UUID | None
    asked_at: datetime
    state: Literal["waiting", "erased", "refused"]
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None


_ROW = ", ".join(Erasure.__struct_fields__)
# Rows of one volunteer ($1) in which people write what they like: his name ($2) is taken out.
_FREE_TEXT = {
    "service_record": (
        "evidence_reference", "late_reason", "title", "place", "leader", "content", "external_ref",
        "decision_reason",
    ),
    "correction": ("reason", "decision_reason"),
    "review_signal": ("reason",),
    "erasure": ("reason", "decision_reason"),
    "disclosure": ("recipient", "letter_reference"),
}  # fmt: skip
# Rows about many people, among whom the words may name him.
_FREE_TEXT_OF_MANY = {
    "record_export": ("reason",),
    "undo": ("reason", "decision_reason"),
    "import_run": ("reason",),
}
# Rows that exist for his sake alone, or say only who he was.
_FORGET = (
    (
        "DELETE FROM sent_code USING person p WHERE p.volunteer_id = $1 AND to_hash = p.phone_hash"
        " AND NOT EXISTS (SELECT 1 FROM person q WHERE q.phone_hash = p.phone_hash"
        " AND q.volunteer_id <> $1)"  # of a family that shares it somebody may be waiting
    ),
    "DELETE FROM person WHERE volunteer_id = $1",
    "DELETE FROM person_key WHERE volunteer_id = $1",
    "DELETE FROM volunteer_password WHERE volunteer_id = $1",
    "DELETE FROM session WHERE volunteer_id = $1",
    "DELETE FROM induction_sign_up WHERE volunteer_id = $1",
    "DELETE FROM calendar_feed WHERE volunteer_id = $1",
    "UPDATE staff SET volunteer_id = NULL WHERE volunteer_id = $1",
    (
        "UPDATE registration SET form_sealed = '', decline_reason = NULL, end_reason = NULL"
        " WHERE volunteer_id = $1"
    ),
    "DELETE FROM former_document WHERE volunteer_id = $1",
    "UPDATE identity_correction SET before_sealed = '', reason = '' WHERE volunteer_id = $1",
    "UPDATE merge SET before_sealed = '', reason = '' WHERE kept_id = $1",
    (
        "UPDATE claim SET form_sealed = '', resolved_at = coalesce(resolved_at, now())"
        " WHERE volunteer_id = $1"
    ),
    "UPDATE suspension SET reason = '' WHERE volunteer_id = $1",
    "UPDATE transfer SET reason = '' WHERE volunteer_id = $1",
    (
        "UPDATE transfer_proposal SET reason = '', answer_reason = '',"
        " answered_at = coalesce(answered_at, greatest(now(), proposed_at)),"
        " answer = coalesce(answer, 'over') WHERE volunteer_id = $1"
    ),
    (
        "UPDATE attendance SET revoked_reason = '' WHERE volunteer_id = $1"
        " AND revoked_reason IS NOT NULL"
    ),
    (
        "UPDATE training_completion SET struck_reason = '' WHERE volunteer_id = $1"
        " AND struck_reason IS NOT NULL"
    ),
    "UPDATE correction SET requested_by = '' WHERE volunteer_id = $1",
    (
        "UPDATE correction_request SET text_sealed = '',"
        " reason = CASE WHEN reason IS NOT NULL THEN '' END WHERE volunteer_id = $1"
    ),
    (
        "UPDATE objection SET text_sealed = '',"
        " reason = CASE WHEN reason IS NOT NULL THEN '' END WHERE volunteer_id = $1"
    ),
    (
        "UPDATE position SET reason = '', to_on = coalesce(to_on, greatest(current_date, from_on)),"
        " end_reason = '' WHERE volunteer_id = $1"
    ),
    (
        "UPDATE group_member SET to_on = greatest(current_date, from_on)"
        " WHERE volunteer_id = $1 AND to_on IS NULL"
    ),
    (
        "UPDATE complaint SET text_sealed = '',"
        " contact_sealed = CASE WHEN contact_sealed IS NOT NULL THEN ''::bytea END,"
        " outcome_sealed = CASE WHEN outcome_sealed IS NOT NULL THEN ''::bytea END"
        " WHERE volunteer_id = $1"
    ),
    "UPDATE evaluation SET words = '' WHERE volunteer_id = $1",
    "UPDATE nomination SET reason = '', evidence_reference = '' WHERE volunteer_id = $1",
    (
        "UPDATE award SET evidence_reference = '-',"
        " revoke_reason = CASE WHEN revoke_reason IS NOT NULL THEN '' END WHERE volunteer_id = $1"
    ),
    (
        "UPDATE certificate SET stated_sealed = '',"
        " reason = CASE WHEN reason IS NOT NULL THEN '' END WHERE volunteer_id = $1"
    ),
    "UPDATE badge SET identity_sealed = '', share_code = NULL WHERE volunteer_id = $1",
    (
        "UPDATE certificate_batch SET state = 'expired', key_sealed = NULL"
        " WHERE state = 'done' AND id IN"
        " (SELECT batch_id FROM certificate_batch_item WHERE volunteer_id = $1)"
    ),
    "UPDATE disclosure SET reason = '' WHERE volunteer_id = $1",
    (
        "UPDATE recognition_issue SET exclusions = (SELECT jsonb_agg(CASE"
        " WHEN (e ->> 'volunteer_id')::uuid = $1 THEN e || '{\"reason\": \"-\"}' ELSE e END"
        " ORDER BY n) FROM jsonb_array_elements(exclusions) WITH ORDINALITY AS x (e, n))"
        " WHERE exclusions @> jsonb_build_array(jsonb_build_object('volunteer_id', $1::uuid))"
    ),
    (
        "UPDATE name_consent SET withdrawn_at = greatest(now(), given_at)"
        " WHERE volunteer_id = $1 AND withdrawn_at IS NULL"
    ),
    "UPDATE reminder SET due_at = NULL WHERE volunteer_id = $1",
    (  # made of files like his, wherever he belonged then, and those a worker is at
        "UPDATE record_export SET state = 'forgotten', workbook_sealed = NULL, leased_until = NULL,"
        " finished_at = coalesce(finished_at, now())"
        " WHERE (state = 'done' OR state = 'asked' AND attempts > 0)"
        " AND EXISTS (SELECT FROM volunteer WHERE id = $1)"
    ),
    "UPDATE signup SET end_reason = '' WHERE volunteer_id = $1 AND state = 'withdrawn'",
    "UPDATE consent_withdrawal SET reason = '' WHERE volunteer_id = $1",
    (
        "UPDATE file SET removed_at = greatest(now(), stored_at)"
        " WHERE volunteer_id = $1 AND removed_at IS NULL"
    ),
)


async def insert(erasure: Erasure) -> None:
    """Raises database.Violation when one waits or is done already."""
    await tables.Erasure.insert(tables.Erasure(**msgspec.structs.asdict(erasure)))


async def find(erasure_id: UUID) -> Erasure | None:
    row = await fetch_row(f"SELECT {_ROW} FROM erasure WHERE id = $1", erasure_id)
    return Erasure(**row) if row else None


async def of(volunteer_id: UUID) -> list[Erasure]:
    """In the order they were asked for; of somebody who is there, such as wait or were refused."""
    rows = await fetch(f"SELECT {_ROW} FROM erasure WHERE volunteer_id = $1 ORDER BY id",
                       volunteer_id)  # fmt: skip
    return [Erasure(**row) for row in rows]


async def waiting(*, after: UUID | None, limit: int) -> list[Erasure]:
    """In the order they were asked for."""
    rows = await fetch(
        f"SELECT {_ROW} FROM erasure WHERE state = 'waiting' AND ($1::uuid IS NULL OR id > $1)"
        " ORDER BY id LIMIT $2",
        after, limit,
    )  # fmt: skip
    return [Erasure(**row) for row in rows]


async def decide(
    erasure_id: UUID, state: str, decided_by: UUID, reason: str, now: datetime
) -> None:
    await execute(
        "UPDATE erasure SET state = $2, decided_by = $3, decision_reason = $4, decided_at = $5"
        " WHERE id = $1",
        erasure_id, state, decided_by, reason, now,
    )  # fmt: skip


async def drop_waiting(volunteer_id: UUID) -> None:
    """What was asked for is done otherwise."""
    await execute("DELETE FROM erasure WHERE volunteer_id = $1 AND state = 'waiting'", volunteer_id)


async def erased(*, after: UUID | None, limit: int) -> list[tuple[UUID, date]]:
    """Who is erased, merged files too, and since when; by id."""
    rows = await fetch(
        "SELECT id, erased_on FROM volunteer WHERE erased_on IS NOT NULL"
        " AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2",
        after, limit,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def forget_person(volunteer_id: UUID, names: Iterable[str], mask: str, on: date) -> None:
    """Destroy the key and everything that says who the locked volunteer was.

    `names` are taken out of free text; one of one character would be found inside of other words.
    """
    for name in (name for name in names if len(name) > 1):
        for table, columns in _FREE_TEXT.items():
            sets = ", ".join(f"{column} = replace({column}, $2, $3)" for column in columns)
            await execute(
                f"UPDATE {table} SET {sets} WHERE volunteer_id = $1", volunteer_id, name, mask
            )
        for table, columns in _FREE_TEXT_OF_MANY.items():
            for column in columns:
                await execute(
                    f"UPDATE {table} SET {column} = replace({column}, $1, $2)"
                    f" WHERE strpos({column}, $1) > 0",
                    name, mask,
                )  # fmt: skip
    for statement in _FORGET:
        await execute(statement, volunteer_id)
    await execute("UPDATE volunteer SET erased_on = $2 WHERE id = $1", volunteer_id, on)


async def due_unfinished(before: date, limit: int) -> list[UUID]:
    """People who never became members and whose last application was over before that day."""
    return await _due("v.member_no IS NULL", before, limit)


async def due_kept_enough(before: date, limit: int) -> list[UUID]:
    """People whose last registration was over before that day."""
    return await _due("true", before, limit)


async def _due(condition: str, before: date, limit: int) -> list[UUID]:
    rows = await fetch(
        f"""
        SELECT v.id FROM volunteer v
        JOIN LATERAL (SELECT * FROM registration WHERE volunteer_id = v.id
            ORDER BY number DESC LIMIT 1) r ON true
        WHERE v.erased_on IS NULL AND v.merged_into IS NULL AND {condition} AND $1 > CASE
            WHEN r.declined_on IS NOT NULL THEN r.declined_on
            WHEN r.ended_on IS NOT NULL THEN r.ended_on
            WHEN r.registered_on IS NULL THEN r.expires_on
            WHEN r.inducted_on IS NULL THEN r.induction_due_on END
        ORDER BY v.id LIMIT $2
        """,
        before, limit,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def blank_claims(before: datetime) -> None:
    """Retention: forms of claims that were resolved before that moment."""
    await execute("UPDATE claim SET form_sealed = '' WHERE resolved_at < $1"
                  " AND form_sealed <> ''", before)  # fmt: skip
