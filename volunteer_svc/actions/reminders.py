"""Reminders: made by a job, each once, sent by a worker or put on the station's list."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.calendar import BUSINESS_ZONE, local_date
from volunteer_svc.domain.errors import not_found
from volunteer_svc.domain.reminder import (
    STEPS,
    TRIES,
    Kind,
    is_late,
    may_send,
    step_due,
)
from volunteer_svc.domain.sent_code import Message
from volunteer_svc.i18n import words
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.people import opened_phone
from volunteer_svc.identity.permissions import require, stations_seen
from volunteer_svc.store.reminders import Candidate, Due, Reminder

LEASE_SECONDS = 60
BATCH = 50
_CLOCKS: tuple[Kind, ...] = ("objection_overdue", "complaint_overdue", "correction_overdue")


@command
async def make_reminders(call: Call) -> int:
    """Of everything that is due today and was not reminded of; how many. The key of each is
    unique in the database, so that a doubled run makes none twice."""
    today = local_date(call.now)
    made = [
        *_of_volunteers(call, "induction", await store.reminders.inductions(
            today, today + timedelta(days=max(STEPS["induction"])))),
        *_of_volunteers(call, "training_expiry", await store.reminders.expiries(
            today, today + timedelta(days=max(STEPS["training_expiry"])))),
        *await _waiting(call, today),
    ]  # fmt: skip
    for kind in _CLOCKS:
        made += [
            _reminder(call, kind, one, 0) for one in await store.reminders.overdue(kind, today)
        ]
    new = await store.reminders.insert(made) if made else 0
    call.notes.changed(None, reminders=new)
    call.notes.unchanged = not new
    return new


def _of_volunteers(call: Call, kind: Kind, candidates: Iterable[Candidate]) -> list[Reminder]:
    """At the step of today, unless that one or a later one was reached before."""
    today, made = local_date(call.now), []
    for one in candidates:
        step = step_due(one.due_on, today, STEPS[kind])
        if step is not None and (one.reminded is None or step < one.reminded):
            made.append(_reminder(call, kind, one, step))
    return made


async def _waiting(call: Call, today: date) -> list[Reminder]:
    """The station is told of what waits longer than an answer may take."""
    workdays = (await store.policies.load()).on(today).objection_workdays
    calendar = await store.policies.work_calendar()
    made = []
    for item_id, station_id, entered_at in await store.reminders.waiting():
        since = local_date(entered_at)
        if is_late(since, workdays, calendar, today):
            due_on = calendar.deadline(since, workdays).on
            candidate = Candidate(
                item_id=item_id, volunteer_id=None, station_id=station_id, due_on=due_on,
                reachable=False, reminded=None,
            )  # fmt: skip
            made.append(_reminder(call, "approval_waiting", candidate, 0))
    return made


def _reminder(call: Call, kind: Kind, candidate: Candidate, step: int) -> Reminder:
    return Reminder(
        id=ids.uuid7(),
        kind=kind,
        item_id=candidate.item_id,
        step=step,
        volunteer_id=candidate.volunteer_id,
        station_id=candidate.station_id,
        due_on=candidate.due_on,
        listed=not candidate.reachable,
        made_at=call.now,
    )


async def take_due(call: Call) -> list[Message]:
    """For the worker: messages to send now, by day; by night only that what begins in the morning
    is cancelled. Each comes again unless `sent` is called in time. Whoever cannot be written to is
    on the station's list from then on."""
    morning = local_date(call.now) + timedelta(days=1)
    only = None if may_send(call.now) else morning
    await store.reminders.drop_needless()
    await store.reminders.drop_late_notices(call.now)
    messages = []
    claimed = await store.reminders.claim(
        call.now, seconds=LEASE_SECONDS, limit=BATCH, cancelled_until=only
    )
    for due in claimed:
        message = None if due.attempts > TRIES else await _message(call, due)
        if message is None:
            await store.reminders.put_on_list(due.id)
        else:
            messages.append(message)
    return messages


async def sent(call: Call, message_id: UUID) -> None:
    """The channel has taken a message."""
    await store.reminders.sent(message_id, call.now)


async def _message(call: Call, due: Due) -> Message | None:
    """In the language of the person; None: there is no telephone any more. Names nobody: a family
    may share the telephone."""
    person = await store.people.find(due.volunteer_id)
    if person is None:
        return None
    phone = opened_phone((await person_keys.of([due.volunteer_id])).get(due.volunteer_id), person)
    station = await store.stations.find(due.station_id)
    if phone is None or station is None:
        return None
    params = {
        "station": station.name,
        "due_on": due.due_on.isoformat(),
        "days": (due.due_on - local_date(call.now)).days,
        "topic": (await store.reminders.topic_of(due.item_id)).get(person.language, ""),
    } | await _activity(due)
    said = words(f"reminder_{due.kind}", params, person.language)
    return Message(id=due.id, phone=phone, code="", title=said.title, text=said.detail)


async def _activity(due: Due) -> dict[str, str]:
    """Of a notice: what it is about, and when (Shanghai)."""
    activity_id = await store.signups.noticed(due.item_id)
    activity = await store.activities.find(activity_id) if activity_id else None
    if activity is None:
        return {}
    starts = activity.started_at.astimezone(BUSINESS_ZONE)
    return {"activity": activity.title, "starts": f"{starts:%Y-%m-%d %H:%M}"}


@reading
async def listed(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Reminder]:
    """What a station has to see to itself: its late clocks, and who has no telephone."""
    where = stations_seen(call.actor, "reminder.read", station_id)
    return await store.reminders.listing(station_id=where, after=after, limit=limit)


@command
async def seen_to(call: Call, reminder_id: UUID) -> Reminder:
    """Off the list. Raises `not_found`, `forbidden`."""
    reminder = await store.reminders.lock(reminder_id)
    require(call.actor, "reminder.read", reminder.station_id if reminder else reminder_id)
    if reminder is None:
        raise not_found("reminder")
    call.notes.unchanged = reminder.done_at is not None
    if reminder.done_at is None:
        await store.reminders.done(reminder_id, call.now)
    call.notes.changed(None, kind=reminder.kind, item_id=reminder.item_id)
    return await store.reminders.lock(reminder_id) or reminder
