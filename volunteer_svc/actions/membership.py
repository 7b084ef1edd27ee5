"""How somebody is, and was, a member: suspended, back, moved."""

from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.actions.transfer_proposals import shown
from volunteer_svc.domain.errors import not_found
from volunteer_svc.identity.permissions import reads_free_text, require_volunteer
from volunteer_svc.store.exports import SuspensionRow
from volunteer_svc.store.transfers import Proposal, Transfer


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """Each oldest first. A suspension without `to_on` goes on."""

    suspensions: list[SuspensionRow]
    transfers: list[Transfer]
    proposals: list[Proposal]

    @property
    def suspended(self) -> SuspensionRow | None:
        """The suspension that goes on, if there is one."""
        return next((one for one in self.suspensions if one.to_on is None), None)

    @property
    def proposed(self) -> Proposal | None:
        """The transfer that waits for the volunteer's answer, if there is one."""
        return next((one for one in self.proposals if one.answer is None), None)


@reading
async def membership_of(call: Call, volunteer_id: UUID) -> Membership:
    """With the reasons, which the volunteer himself may read (R17). Raises `not_found`,
    `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "volunteer.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["file"])
    suspensions = await store.exports.suspensions(volunteer_id)
    transfers = await store.transfers.of(volunteer_id)
    if not reads_free_text(call.actor):
        suspensions = [msgspec.structs.replace(one, reason="") for one in suspensions]
        transfers = [msgspec.structs.replace(one, reason="") for one in transfers]
    proposals = await store.transfers.proposals_of(volunteer_id)
    return Membership(
        suspensions=suspensions,
        transfers=transfers,
        proposals=[shown(call, one) for one in proposals],
    )
