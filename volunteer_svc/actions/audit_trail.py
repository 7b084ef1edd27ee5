"""The audit trail as a person reads it: searched by words, the last first, with names."""

import re
from collections.abc import Collection
from datetime import date
from typing import Literal, get_args
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.accesses import AuditView, audit_view
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.actions.named import stations_named
from volunteer_svc.actions.volunteer_view import shown
from volunteer_svc.domain.calendar import local_instant
from volunteer_svc.domain.text import Short
from volunteer_svc.identity.permissions import require

Kind = Literal[
    "account", "activity", "award", "batch", "certificate", "certificate_batch", "claim",
    "client", "complaint", "delegation", "disclosure", "endpoint", "erasure", "export",
    "file", "group", "holidays", "import", "nomination", "objection", "policy", "position",
    "proposal", "recognition", "record", "record_export", "registration", "request",
    "review_signal", "service_record", "session", "signal", "station", "topic", "training",
    "undo", "verification", "volunteer",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What most changes are made to."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DAY_MINUTES = 24 * 60


class AuditSearch(msgspec.Struct, frozen=True, kw_only=True):
    """`since` and `until` are Shanghai days, both included. `who` and `about` are a username, a
    name of staff, service or station in full, a station's code, a member number, or an id."""

    since: date | None = None
    until: date | None = None
    who: Short = ""
    kind: Kind | None = None
    about: Short = ""


class AuditPage(msgspec.Struct, frozen=True):
    """Entries, and what the ids in them are called: a volunteer by a masked name and a number."""

    entries: list[AuditView]
    names: dict[str, str]


@reading
async def search_audit(
    call: Call, wanted: AuditSearch, *, before: int | None, limit: int
) -> AuditPage:
    """Entries with a `seq` below `before`, the last first. Raises `forbidden`."""
    require(call.actor, "audit.read")
    rows = await store.trails.searched(
        since=local_instant(wanted.since, 0) if wanted.since else None,
        until=local_instant(wanted.until, _DAY_MINUTES) if wanted.until else None,
        actor_ids=await _meant(wanted.who),
        subject_ids=await _meant(wanted.about),
        kind=wanted.kind,
        before=before,
        limit=limit,
    )
    entries = [audit_view(row) for row in rows]
    return AuditPage(entries, await _names(call, entries))


async def _meant(text: str) -> list[UUID] | None:
    """Whom or what a word means; None: nobody asked."""
    text = text.strip()
    if not text:
        return None
    if _ID.fullmatch(text.lower()):
        return [UUID(text)]
    found = [
        *await store.accounts.called(text),
        *(await store.volunteers.ids_by_member_number([text])).values(),
    ]
    stations = (await stations_named()).values()
    return found + [one.id for one in stations if text in (one.code, one.name)]


async def _names(call: Call, entries: Collection[AuditView]) -> dict[str, str]:
    told = " ".join(
        f"{one.actor_id} {one.subject} {msgspec.json.encode(one.detail).decode()}"
        for one in entries
    )
    wanted = {UUID(one) for one in _ID.findall(told)}
    names = await store.accounts.names(wanted)
    stations = await stations_named()
    names |= {one: stations[one].name for one in wanted & stations.keys()}
    people = await shown(call, list((await store.volunteers.load(wanted)).values()))
    names |= {one.id: f"{one.name} {one.member_no or ''}".strip() for one in people}
    return {str(one): name for one, name in names.items()}
