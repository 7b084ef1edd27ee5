"""The trail of mended identities and merged files, and the records that moved."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.store import bulk, tables
from volunteer_svc.store.database import execute, fetch


class IdentityCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """`fields`: the names of what changed."""

    id: UUID
    volunteer_id: UUID
    fields: list[str]
    before_sealed: bytes
    reason: str
    corrected_by: UUID
    corrected_at: datetime


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kept_id: UUID
    duplicate_id: UUID
    before_sealed: bytes
    reason: str
    merged_by: UUID
    merged_at: datetime


_CORRECTION = ", ".join(IdentityCorrection.__struct_fields__)
_MERGE = ", ".join(Merge.__struct_fields__)
_COPIED = (
    "station_id, served_on, started_at, ended_at, break_minutes, minutes, standing_minutes,"
    " evidence, evidence_reference, state, level, why, late, late_reason, title, kind, place,"
    " leader, content, external_ref, entered_by, entered_at, decided_by, decided_at,"
    " decision_reason, import_id, activity_id, sheet_id"
)


async def insert_correction(correction: IdentityCorrection) -> None:
    await tables.IdentityCorrection.insert(
        tables.IdentityCorrection(**msgspec.structs.asdict(correction))
    )


async def corrections_of(volunteer_id: UUID) -> list[IdentityCorrection]:
    rows = await fetch(
        f"SELECT {_CORRECTION} FROM identity_correction WHERE volunteer_id = $1 ORDER BY id",
        volunteer_id,
    )
    return [IdentityCorrection(**row) for row in rows]


async def insert_merge(merge: Merge) -> None:
    await tables.Merge.insert(tables.Merge(**msgspec.structs.asdict(merge)))


async def merges_into(kept_id: UUID) -> list[Merge]:
    rows = await fetch(f"SELECT {_MERGE} FROM merge WHERE kept_id = $1 ORDER BY id", kept_id)
    return [Merge(**row) for row in rows]


async def merged_into(volunteer_id: UUID) -> list[UUID]:
    """The files that were merged into this one."""
    rows = await fetch("SELECT id FROM volunteer WHERE merged_into = $1 ORDER BY id", volunteer_id)
    return [row["id"] for row in rows]


async def point_to(duplicate_id: UUID, kept_id: UUID) -> None:
    """The duplicate's numbers and document find the kept file; also those it had taken over,
    and the kept file's own document, when another one is shown later.

    Both are locked. The duplicate's person, password and sessions end.
    """
    for statement in (
        "UPDATE volunteer SET merged_into = $2 WHERE id = $1 OR merged_into = $1",
        "UPDATE former_document SET volunteer_id = $2 WHERE volunteer_id = $1",
        (
            "INSERT INTO former_document SELECT document_hash, $2 FROM person"
            " WHERE volunteer_id IN ($1, $2)"
            " ON CONFLICT (document_hash) DO UPDATE SET volunteer_id = excluded.volunteer_id"
        ),
        "UPDATE staff SET volunteer_id = $2 WHERE volunteer_id = $1",
    ):
        await execute(statement, duplicate_id, kept_id)
    for statement in (
        "DELETE FROM person WHERE volunteer_id = $1",
        "DELETE FROM volunteer_password WHERE volunteer_id = $1",
        "DELETE FROM session WHERE volunteer_id = $1",
    ):
        await execute(statement, duplicate_id)


async def forget_document(volunteer_id: UUID, document_hash: bytes) -> None:
    """A number that was mistyped finds nobody any more."""
    await execute(
        "DELETE FROM former_document WHERE volunteer_id = $1 AND document_hash = $2",
        volunteer_id, document_hash,
    )  # fmt: skip


async def anything_waits(volunteer_id: UUID) -> bool:
    """Whether a record or a correction waits for a second person, an objection or a complaint for
    its answer."""
    rows = await fetch(
        "SELECT 1 FROM service_record WHERE volunteer_id = $1 AND state = 'waiting' UNION ALL"
        " SELECT 1 FROM service_record r JOIN correction c ON c.record_id = r.id"
        " WHERE r.volunteer_id = $1 AND c.state = 'waiting' UNION ALL"
        " SELECT 1 FROM objection WHERE volunteer_id = $1 AND closed_at IS NULL UNION ALL"
        " SELECT 1 FROM complaint WHERE volunteer_id = $1 AND closed_at IS NULL LIMIT 1",
        volunteer_id,
    )
    return bool(rows)


# From the duplicate ($1) to the kept file ($2). What both have stays where it is; so does what
# is sealed with the duplicate's own key, and what says how his file came about.
_MOVE_LIFE = (
    (
        "UPDATE training_completion d SET volunteer_id = $2 WHERE volunteer_id = $1"
        " AND (struck_at IS NOT NULL OR NOT EXISTS (SELECT FROM training_completion k"
        " WHERE k.volunteer_id = $2 AND k.struck_at IS NULL"
        " AND (k.session_id, k.topic) = (d.session_id, d.topic)))"
    ),
    (
        "UPDATE training_signup d SET volunteer_id = $2 WHERE volunteer_id = $1"
        " AND (withdrawn_at IS NOT NULL OR NOT EXISTS (SELECT FROM training_signup k"
        " WHERE k.volunteer_id = $2 AND k.withdrawn_at IS NULL AND k.session_id = d.session_id))"
    ),
    (
        "UPDATE signup d SET volunteer_id = $2 WHERE volunteer_id = $1"
        " AND (state NOT IN ('confirmed', 'waiting') OR NOT EXISTS (SELECT FROM signup k"
        " WHERE k.volunteer_id = $2 AND k.state IN ('confirmed', 'waiting')"
        " AND k.activity_id = d.activity_id))"
    ),
    (
        "UPDATE activity_notice d SET volunteer_id = $2 WHERE volunteer_id = $1"
        " AND NOT EXISTS (SELECT FROM activity_notice k WHERE k.volunteer_id = $2"
        " AND (k.activity_id, k.kind, k.made_at) = (d.activity_id, d.kind, d.made_at))"
    ),
    (
        "UPDATE check_in d SET volunteer_id = $2 WHERE volunteer_id = $1 AND record_id IS NULL"
        " AND (state <> 'open' OR NOT EXISTS (SELECT FROM check_in k WHERE k.volunteer_id = $2"
        " AND k.state = 'open' AND k.activity_id = d.activity_id))"
    ),
    (
        "UPDATE check_in d SET volunteer_id = $2, record_id = m.to_record_id FROM merged_record m"
        " WHERE d.volunteer_id = $1 AND m.from_record_id = d.record_id"
        " AND m.to_record_id IS NOT NULL"
    ),
    (
        "UPDATE record_photo p SET record_id = m.to_record_id FROM merged_record m"
        " JOIN service_record r ON r.id = m.to_record_id AND r.volunteer_id = $2"
        " JOIN service_record f ON f.id = m.from_record_id AND f.volunteer_id = $1"
        " WHERE p.record_id = m.from_record_id"
    ),
    (
        "UPDATE evaluation e SET volunteer_id = $2, record_id = m.to_record_id"
        " FROM merged_record m WHERE e.volunteer_id = $1 AND m.from_record_id = e.record_id"
        " AND m.to_record_id IS NOT NULL"
    ),
    "UPDATE position SET volunteer_id = $2 WHERE volunteer_id = $1 AND to_on IS NOT NULL",
    "UPDATE group_member SET volunteer_id = $2 WHERE volunteer_id = $1 AND to_on IS NOT NULL",
    (
        "UPDATE nomination d SET volunteer_id = $2 WHERE volunteer_id = $1"
        " AND (state <> 'open' OR NOT EXISTS (SELECT FROM nomination k WHERE k.volunteer_id = $2"
        " AND k.state = 'open'"
        " AND (k.honour, k.awarding_body) = (d.honour, d.awarding_body)))"
    ),
    "UPDATE award SET volunteer_id = $2 WHERE volunteer_id = $1",
    "UPDATE reminder SET volunteer_id = $2 WHERE volunteer_id = $1 AND due_at IS NOT NULL",
)


async def move_life(duplicate_id: UUID, kept_id: UUID) -> None:
    """What was planned, done, learnt and granted belongs to the person: it goes to the kept file,
    behind the records (`note_records`)."""
    for statement in _MOVE_LIFE:
        await execute(statement, duplicate_id, kept_id)


async def signed_up_twice(duplicate_id: UUID, kept_id: UUID, now: datetime) -> list[UUID]:
    """Activities to come for which both files have signed up, in id order."""
    rows = await fetch(
        "SELECT d.activity_id FROM signup d JOIN signup k USING (activity_id)"
        " JOIN activity a ON a.id = activity_id WHERE d.volunteer_id = $1 AND k.volunteer_id = $2"
        " AND d.state IN ('confirmed', 'waiting') AND k.state IN ('confirmed', 'waiting')"
        " AND a.started_at > $3 ORDER BY 1",
        duplicate_id, kept_id, now,
    )  # fmt: skip
    return [row["activity_id"] for row in rows]


async def known_twice(duplicate_id: UUID, kept_id: UUID) -> set[UUID]:
    """Counted records of the duplicate whose hours the kept file has already: they overlap one
    there, or came from the same row of a workbook."""
    rows = await fetch(
        """
        SELECT b.id FROM service_record b WHERE b.volunteer_id = $1 AND b.state = 'counted'
            AND EXISTS (SELECT FROM service_record a WHERE a.volunteer_id = $2
                AND a.state IN ('counted', 'waiting') AND (a.import_key = b.import_key
                    OR tstzrange(a.started_at, a.ended_at) && tstzrange(b.started_at, b.ended_at)
                        AND a.started_at IS NOT NULL AND b.started_at IS NOT NULL))
        """,
        duplicate_id, kept_id,
    )  # fmt: skip
    return {row["id"] for row in rows}


async def copy_records(kept_id: UUID, moved: Sequence[tuple[UUID, UUID]]) -> None:
    """Records anew under the kept file: (the duplicate's id, the new one), as they stand."""
    if moved:
        await execute(
            f"""
            INSERT INTO service_record (id, volunteer_id, {_COPIED}, import_key)
            SELECT new.to_id, $1, {_COPIED}, CASE WHEN NOT EXISTS (SELECT FROM service_record a
                WHERE a.volunteer_id = $1 AND a.import_key = b.import_key) THEN import_key END
            FROM unnest($2::uuid[], $3::uuid[]) AS new (from_id, to_id)
            JOIN service_record b ON b.id = new.from_id
            """,
            kept_id, *zip(*moved, strict=True),
        )  # fmt: skip


async def note_records(merge_id: UUID, rows: Sequence[tuple[UUID, UUID | None]]) -> None:
    """Where each record went."""
    await bulk.insert(
        "merged_record",
        ("from_record_id", "to_record_id", "merge_id"),
        [(*row, merge_id) for row in rows],
    )
