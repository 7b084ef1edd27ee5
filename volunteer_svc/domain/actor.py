"""Who acts: staff with a role, a volunteer for his own record, or another service."""

from typing import Literal
from uuid import UUID

import msgspec

Role = Literal[
    "social_worker", "deputy_head", "station_head", "county", "bureau", "auditor", "admin"
]
STATION_ROLES: tuple[Role, ...] = ("social_worker", "deputy_head", "station_head")


class Staff(msgspec.Struct, frozen=True, tag="staff"):
    """A social worker or officer. `station_id` is None for the roles above the stations.

    `volunteer_id`: the same person as a volunteer, if registered as one.
    """

    id: UUID
    role: Role
    station_id: UUID | None = None
    volunteer_id: UUID | None = None


class Self(msgspec.Struct, frozen=True, tag="volunteer"):
    """A volunteer, acting for himself."""

    id: UUID


class Client(msgspec.Struct, frozen=True, tag="client"):
    """Another service with its own key and scopes."""

    id: UUID
    scopes: frozenset[str]


class Anyone(msgspec.Struct, frozen=True, tag="anyone"):
    """Nobody is signed in."""


Actor = Staff | Self | Client | Anyone


def as_volunteer(actor: Actor) -> UUID | None:
    """Who acts as a volunteer: himself, or as the staff member that he is, too."""
    match actor:
        case Self(id=volunteer_id):
            return volunteer_id
        case Staff(volunteer_id=volunteer_id):
            return volunteer_id
    return None
