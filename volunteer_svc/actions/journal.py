"""What a command does to locked volunteers: new totals, ledger entries, stars and events."""

from collections.abc import Callable, Iterable
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.certificate import Because
from volunteer_svc.domain.events import CertificateSuperseded, Event, StarPromoted, StarRevoked
from volunteer_svc.domain.ledger import LedgerEntry, Posting, post
from volunteer_svc.domain.policy import Policies, Policy
from volunteer_svc.domain.star import Cause, StarChange, star_changes
from volunteer_svc.domain.volunteer import Registration, Volunteer
from volunteer_svc.store.certificates import Touched
from volunteer_svc.store.ledger import ChangedStar
from volunteer_svc.store.outbox import Raised


class Pages(msgspec.Struct):
    """What was collected: written at once at the end, a statement per table.

    `changed`: volunteers whose row is written; `moved`: of whose row the totals alone.
    """

    new: set[UUID] = msgspec.field(default_factory=set)
    changed: set[UUID] = msgspec.field(default_factory=set)
    moved: set[UUID] = msgspec.field(default_factory=set)
    registrations: list[Registration] = []
    entries: list[LedgerEntry] = []
    stars: list[ChangedStar] = []
    raised: list[Raised] = []


class Journal:
    """Collects in memory what a call does, writes once at the end, however many rows."""

    def __init__(
        self,
        call: Call,
        volunteers: dict[UUID, Volunteer],
        policies: Policies,
        pages: Pages | None = None,
    ) -> None:
        """`volunteers` are locked by the caller, or new and named in `add`.

        `pages`: those of a journal over the same volunteers, to be written together.
        """
        self.volunteers = volunteers
        self.pages = Pages() if pages is None else pages
        self._call = call
        self._policies = policies

    def add(self, volunteer: Volunteer) -> None:
        """A volunteer that is not in the database yet."""
        self.volunteers[volunteer.id] = volunteer
        self.pages.new.add(volunteer.id)

    def change(self, volunteer: Volunteer) -> None:
        """The volunteer's row as it shall be written."""
        self.volunteers[volunteer.id] = volunteer
        self.pages.changed.add(volunteer.id)

    def _move(self, volunteer: Volunteer) -> None:
        """Totals, star and version of the volunteer's row as they shall be written."""
        self.volunteers[volunteer.id] = volunteer
        self.pages.moved.add(volunteer.id)

    def change_registration(self, volunteer_id: UUID, registration: Registration) -> None:
        """The latest registration of the volunteer as it shall be written."""
        volunteer = self.volunteers[volunteer_id]
        registrations = (*volunteer.registrations[:-1], registration)
        self.change(msgspec.structs.replace(volunteer, registrations=registrations))
        self.pages.registrations.append(registration)

    def note(
        self, volunteer_id: UUID, event: Event, *, station_id: UUID, because: UUID | None = None
    ) -> UUID:
        """Raise an event of the volunteer; `because` is the event that led to it."""
        volunteer = self.volunteers[volunteer_id]
        version = volunteer.version + 1
        self._move(msgspec.structs.replace(volunteer, version=version))
        raised = Raised(
            event=event,
            version=version,
            station_id=station_id,
            happened_at=self._call.now,
            causation_id=because,
            trace=self._call.trace,
        )
        self.pages.raised.append(raised)
        return raised.id

    def post(
        self,
        volunteer_id: UUID,
        posting: Posting,
        cause: Cause,
        tell: Callable[[int], Event],
    ) -> None:
        """Post minutes. `tell` makes the event from the counted minutes after them.

        Stars follow the policy under which the volunteer was rated last: a new policy re-rates
        nobody silently.
        """
        policy = self._policies.named(self.volunteers[volunteer_id].rated_under)
        volunteer, entry, changes = post(self.volunteers[volunteer_id], posting, policy)
        self._move(volunteer)
        self.pages.entries.append(entry)
        because = self.note(volunteer_id, tell(entry.balance), station_id=posting.station_id)
        for change in changes:
            self.pages.stars.append(
                ChangedStar(
                    volunteer_id,
                    posting.id,
                    change,
                    policy.version,
                    cause,
                    local_date(self._call.now),
                )
            )
            event = _star_event(volunteer, change, policy, cause)
            self.note(volunteer_id, event, station_id=posting.station_id, because=because)

    def rate(self, volunteer_id: UUID, policy: Policy, run_id: UUID) -> list[StarChange]:
        """Rate by another policy from now on: the minutes stay, stars may come and go."""
        volunteer = self.volunteers[volunteer_id]
        minutes = volunteer.counted_minutes
        changes = star_changes(volunteer.star, minutes, minutes, policy)
        star = changes[-1].to_star if changes else volunteer.star
        self.change(msgspec.structs.replace(volunteer, rated_under=policy.version, star=star))
        cause, today = Cause("policy", run_id), local_date(self._call.now)
        for change in changes:
            self.pages.stars.append(
                ChangedStar(volunteer_id, None, change, policy.version, cause, today)
            )
            event = _star_event(volunteer, change, policy, cause)
            self.note(volunteer_id, event, station_id=volunteer.station_id)
        return changes

    async def write_new(self) -> None:
        """Insert the new volunteers, before rows that refer to them."""
        await store.volunteers.insert(self._of(self.pages.new), self._call.now)

    async def write(self) -> None:
        """Write everything else; `write_new` has been called if anything was added."""
        await self._end_certificates()
        whole = self.pages.changed - self.pages.new
        await store.volunteers.save(self._of(whole))
        await store.volunteers.save_totals(self._of(self.pages.moved - self.pages.new - whole))
        await store.registrations.save(self.pages.registrations)
        await store.ledger.append(self.pages.entries)
        await store.ledger.append_stars(self.pages.stars)
        await store.outbox.append(self.pages.raised)

    async def supersede(self, touched: Iterable[Touched], because: Because) -> None:
        """Certificates of these volunteers that are no longer true, or are replaced."""
        ended = list(touched)
        today = local_date(self._call.now)
        for one in ended:
            event = CertificateSuperseded(
                certificate_id=one.id,
                volunteer_id=one.volunteer_id,
                station_id=one.station_id,
                because=because,
                superseded_on=today,
            )
            self.note(one.volunteer_id, event, station_id=one.station_id)
        await store.certificates.supersede([one.id for one in ended], because, today)

    async def _end_certificates(self) -> None:
        """What was corrected or lost here may stand in certificates and badges. Whoever issues one
        holds the same volunteer's lock."""
        corrected = {
            (entry.volunteer_id, entry.posting.station_id, entry.posting.served_on)
            for entry in self.pages.entries
            if entry.posting.kind == "correction" and entry.posting.minutes_delta
        }
        lost = {
            (one.volunteer_id, one.change.from_star)
            for one in self.pages.stars
            if not one.change.promoted
        }
        if not corrected and not lost:
            return
        over, starred = await store.certificates.no_longer_true(sorted(corrected), sorted(lost))
        if over:
            await self.supersede(over, "corrected")
        if starred:
            await self.supersede(starred, "star_lost")
        if lost:
            await store.badges.revoke(sorted(lost), self._call.now)

    def _of(self, volunteer_ids: Iterable[UUID]) -> list[Volunteer]:
        return [self.volunteers[volunteer_id] for volunteer_id in sorted(volunteer_ids)]


def _star_event(volunteer: Volunteer, change: StarChange, policy: Policy, cause: Cause) -> Event:
    kind = StarPromoted if change.promoted else StarRevoked
    return kind(
        volunteer_id=volunteer.id,
        member_no=volunteer.member_no or "",
        from_star=change.from_star,
        to_star=change.to_star,
        counted_minutes=change.minutes_after,
        policy_version=policy.version,
        caused_by=cause,
    )
