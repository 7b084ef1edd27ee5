"""A story in which every event happens, told by the service's own commands.

A new event: name the command whose scene raises it, or write a moment of its own.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import msgspec

from tests.actions.audit.events import an_endpoint, numbered
from tests.actions.audit.scene import Scene
from tests.actions.test_audit import CHANGES
from tests.actions.world import hours
from volunteer_svc.actions import approvals, corrections, deliveries, recognitions
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.deliveries import Finished
from volunteer_svc.actions.recognitions import Publish
from volunteer_svc.domain.events import EVENTS
from volunteer_svc.domain.webhook import Answer
from volunteer_svc.store import event_log
from volunteer_svc.store.database import execute, fetch

Body = dict[str, Any]
COMMANDS = (
    "alarms.watch",  # before anything is numbered
    "activities.cancel_activity",
    "awards.revoke_award",
    "certificates.issue_star",
    "certificates.reissue_certificate",
    "certificates.revoke_certificate",
    "complaints.close_complaint",
    "digests.publish_digests",
    "endpoints.disable_endpoint",
    "erasures.decide_erasure",
    "heads.sign_head",
    "housekeeping.announce_lapses",
    "induction_revocations.revoke_induction",
    "merging.merge_volunteers",
    "objections.close_objection",
    "positions.end_position",
    "re_evaluation.activate_next",
    "registrations.decline",
    "service_records.record_service",
    "signups.withdraw",
    "training_attendance.record_training",
    "training_attendance.strike_training",
    "transfers.transfer_volunteer",
    "volunteers.edit_volunteer",
    "volunteers.exit_volunteer",
    "volunteers.reinstate",
    "corrections.correct_record",
)
"""Their scenes raise, besides, what has to come before: applied, registered, inducted …"""


async def star_won_and_lost(s: Scene) -> None:
    """101 hours, of which two are taken back."""
    await hours(s.worker, s.station.id, s.person, 6_060)
    records = await fetch("SELECT id FROM service_record WHERE volunteer_id = $1", s.person.id)
    correction = Correct(minutes=0, reason="看错")
    await corrections.correct_record(s.worker.call(), records[0]["id"], correction)


async def hours_refused(s: Scene) -> None:
    record_id = await s.recorded(minutes=500)
    decision = Decide(kind="record", id=record_id, decision="reject", reason="无此事")
    await approvals.decide_waiting(s.second.call(), Decisions(decisions=[decision]))


async def list_issued_twice(s: Scene) -> None:
    """Of a station; the county's has none."""
    for station_id in (s.station.id, None):
        for issued, served_on in enumerate((date(2025, 12, 1), date(2025, 12, 2))):
            await s.recorded(served_on=served_on, minutes=90)
            request = Publish(station_id=station_id, replaces=issued)
            await recognitions.publish_recognition(s.county.call(), 2025, request)


async def delivery_given_up(s: Scene) -> None:
    """The tenth attempt fails as those before it did."""
    await an_endpoint(s, on_failure="block")
    await s.recorded(minutes=60)
    await numbered()
    now = s.worker.call().now
    while await deliveries.fan_out(now):
        pass
    await execute("UPDATE lane SET attempts = 9")
    lent = await deliveries.claim(now, {}, room_else=1_000, limit=1_000)
    refused = Answer(milliseconds=1, status=500)
    await deliveries.finish([Finished(delivery=one, answer=refused, at=now) for one in lent], now)


MOMENTS = (star_won_and_lost, hours_refused, list_issued_twice, delivery_given_up)


def by_command(name: str) -> Callable[[Scene], Awaitable[None]]:
    async def moment(scene: Scene) -> None:
        act = await CHANGES[name](scene)
        await act()

    return moment


async def tell(connection: Any) -> list[Body]:
    """The events of the whole story, numbered, in order."""
    for moment in (*map(by_command, COMMANDS), *MOMENTS):
        await moment(await Scene().set())
    while await event_log.move(connection, 1_000):
        pass
    told = [msgspec.json.decode(one.body) for one in await event_log.read(0, 10_000)]
    missing = EVENTS.keys() - {name_of(body) for body in told}
    assert not missing, f"nothing in the story raises {sorted(missing)}"
    return told


def name_of(body: Body) -> str:
    return str(body["type"]).removeprefix("volunteer-svc.").removesuffix(".v1")


def shape(value: Any) -> Any:
    """Which fields there are, whatever they hold: two samples of one shape say the same."""
    match value:
        case dict():
            return {key: shape(one) for key, one in sorted(value.items())}
        case list():
            return [shape(one) for one in value[:1]]
    return type(value).__name__
