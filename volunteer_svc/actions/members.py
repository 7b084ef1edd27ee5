"""Members as a clerk finds them while typing a sheet: by number, name or pinyin."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.volunteer_view import shown
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.volunteer import State
from volunteer_svc.identity.permissions import require, stations_seen
from volunteer_svc.identity.pinyin import pinyin_of, typed_letters
from volunteer_svc.store.stations import Station
from volunteer_svc.store.volunteers import Meant

FOUND_MAX = 8
BATCH = 1_000
_DIGITS_MIN = 3
"""Fewer digits of a member number are in too many of them."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Who may be meant. The name is masked outside the member's own station.

    `birth_year` and `phone_end` (its last two digits) tell those of one name apart, and are
    given for no others.
    """

    member_no: str
    name: str
    state: State
    birth_year: int | None = None
    phone_end: str | None = None


@reading
async def sheet_stations(call: Call) -> list[Station]:
    """Where the caller may record a sheet, by code. Raises `forbidden`."""
    own = stations_seen(call.actor, "record.write")
    stations = await store.stations.by_code()
    return [one for _, one in sorted(stations.items()) if own in (None, one.id)]


@reading
async def find_members(call: Call, station_id: UUID, texts: Sequence[str]) -> list[list[Member]]:
    """For each text who may be meant, at most FOUND_MAX, those of the station first.

    A whole member number finds a member of any station; a part of it (from three digits on), of a
    name or of its pinyin those the caller may see. Raises `forbidden`.
    """
    require(call.actor, "record.write", station_id)
    return await meant_by(call, station_id, texts)


async def meant_by(call: Call, station_id: UUID, texts: Sequence[str]) -> list[list[Member]]:
    """Like `find_members`, inside the running command and for who may record there."""
    where = stations_seen(call.actor, "volunteer.read")
    found = {text: await _found(text.strip(), station_id, where) for text in set(texts)}
    volunteers = await store.volunteers.load({one for ids in found.values() for one in ids})
    views = {view.id: view for view in await shown(call, list(volunteers.values()))}
    result = []
    for text in texts:
        those = [views[one] for one in found[text] if one in views]
        names = Counter(view.name for view in those)
        result.append(
            [
                Member(
                    member_no=view.member_no,
                    name=view.name,
                    state=view.state,
                    birth_year=view.birth_date.year if view.birth_date and twice else None,
                    phone_end=view.phone[-2:] if view.phone and twice else None,
                )
                for view in those
                if view.member_no
                for twice in [names[view.name] > 1]
            ]
        )
    return result


async def _found(text: str, first: UUID, where: UUID | None) -> list[UUID]:
    number = normalise_member_number(text)
    if number is not None:
        return list((await store.volunteers.ids_by_member_number([number])).values())
    if not text:
        return []
    return await store.volunteers.meant_first(
        meant(text), first=first, station_id=where, limit=FOUND_MAX
    )


def meant(text: str) -> Meant:
    """How a member is found by what was typed, in the sheet and in the list alike."""
    is_number = text.isascii() and text.isdigit() and len(text) >= _DIGITS_MIN
    return Meant(text if is_number else None, typed_letters(text) or None, text)


@command
async def fill_pinyin(call: Call) -> int:
    """Make a batch of people findable by pinyin who were enrolled before they were; how many."""
    names = await store.people.without_pinyin(BATCH)
    if names:
        await store.people.fill_pinyin({one: pinyin_of(name) for one, name in names.items()})
    call.notes.changed(None, people=len(names))
    call.notes.unchanged = not names
    return len(names)
