"""The one place where activities ask for trainings (R4).

`store.trainings` answers it: `valid_topics(volunteer_ids, on)`.
"""

from collections.abc import Collection
from datetime import date
from uuid import UUID


async def held_topics(volunteer_ids: Collection[UUID], on: date) -> dict[UUID, frozenset[str]]:
    """The codes of the topics each volunteer holds, valid on that day.

    Before there are trainings nobody holds any: an activity that requires one admits nobody.
    """
    del on
    return dict.fromkeys(volunteer_ids, frozenset[str]())
