"""Alarms: what needs an operator is told as an event, once an incident."""

from collections.abc import Sequence
from datetime import datetime

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.domain.alarm import Alarm, alarms
from volunteer_svc.domain.events import AlarmRaised
from volunteer_svc.store.outbox import Raised


@command
async def watch(call: Call, since: datetime) -> Sequence[Alarm]:
    """Look at where the events stand; `since`: since when somebody does.

    Returns the alarms that are new. One that stands is not raised again, and one that is over is
    ended, so that the next is a new one. While nobody numbers, the event waits with all others:
    the log and the metrics tell at once.
    """
    await store.alarms.hold()
    found = {one.kind: one for one in alarms(await store.relay_marks.readings(), call.now, since)}
    known = await store.alarms.open_kinds()
    new = [one for kind, one in found.items() if kind not in known]
    over = known - found.keys()
    if not new and not over:
        call.notes.unchanged = True
        return []
    for one in new:
        await _raise(call, one)
    await store.alarms.end(over, call.now)
    call.notes.changed(None, raised=[one.kind for one in new], over=sorted(over))
    return new


async def _raise(call: Call, alarm: Alarm) -> None:
    alarm_id = ids.uuid7()
    await store.alarms.insert(alarm_id, alarm, call.now)
    event = AlarmRaised(
        alarm_id=alarm_id, kind=alarm.kind, reading=alarm.reading, limit=alarm.limit
    )
    raised = Raised(event=event, version=1, station_id=None, happened_at=call.now, trace=call.trace)
    await store.outbox.append([raised])
