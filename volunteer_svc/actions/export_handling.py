"""What became of a person's data, for his export: who read it, who got it, what he was sent."""

from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions import accesses
from volunteer_svc.actions.accesses import AccessView
from volunteer_svc.store.erasures import Erasure
from volunteer_svc.store.exports import LeftOut, Message
from volunteer_svc.store.sessions import OwnSession
from volunteer_svc.store.signups import Notice

_ALL = 100_000


class Disclosed(msgspec.Struct, frozen=True, kw_only=True):
    """A third party was allowed to read these fields. Of a secret letter only that much is told."""

    fields: list[str]
    approved_at: datetime | None
    secret: bool
    recipient: str | None
    letter_reference: str | None


class Handling(msgspec.Struct, frozen=True, kw_only=True):
    """`accesses`: whoever looked at the file, the first first. `sessions`: those that are not over;
    of devices nothing is kept. `left_out`: of which published lists, and why."""

    accesses: list[AccessView]
    disclosures: list[Disclosed]
    sessions: list[OwnSession]
    notices: list[Notice]
    messages: list[Message]
    erasures: list[Erasure]
    left_out: list[LeftOut]


async def handling_of(volunteer_id: UUID, now: datetime) -> Handling:
    looks = await store.trails.listing(
        "access", subject=f"volunteer/{volunteer_id}", after=0, limit=_ALL
    )
    return Handling(
        accesses=await accesses.shown(volunteer_id, looks, own=True),
        disclosures=[
            Disclosed(
                fields=one.fields,
                approved_at=one.approved_at,
                secret=one.secret,
                recipient=None if one.secret else one.recipient,
                letter_reference=None if one.secret else one.letter_reference,
            )
            for one in await store.disclosures.approved_of(volunteer_id)
        ],
        sessions=await store.sessions.listing(volunteer_id, now, after=None, limit=_ALL),
        notices=await store.signups.notices_of(volunteer_id, after=None, limit=_ALL),
        messages=await store.exports.messages(volunteer_id),
        erasures=await store.erasures.of(volunteer_id),
        left_out=await store.exports.left_out(volunteer_id),
    )
