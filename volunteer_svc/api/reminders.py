"""The station's list of what nobody else is reminded of."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from volunteer_svc.actions import reminders
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.api.documented import documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.domain.reminder import Kind
from volunteer_svc.i18n import Language, words
from volunteer_svc.store.reminders import Reminder


class ReminderItem(msgspec.Struct, frozen=True, kw_only=True):
    """`item_id`: the registration, completion, record, objection … it is about."""

    id: UUID
    kind: Kind
    title: str
    item_id: UUID
    volunteer_id: UUID | None
    station_id: UUID
    due_on: date
    made_at: datetime
    done_at: datetime | None


def _item(row: Reminder, language: Language) -> ReminderItem:
    return ReminderItem(
        id=row.id,
        kind=row.kind,
        title=words(f"reminder_{row.kind}", {}, language).title,
        item_id=row.item_id,
        volunteer_id=row.volunteer_id,
        station_id=row.station_id,
        due_on=row.due_on,
        made_at=row.made_at,
        done_at=row.done_at,
    )


@get("/", **documented("listReminders", "What the station has to see to"))
async def list_reminders(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    language: NamedDependency[Language],
    station_id: FromQuery[UUID | None] = None,
) -> Page[ReminderItem]:
    rows = await reminders.listed(
        call, station_id=station_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page([_item(row, language) for row in rows], lambda row: row.id)


@post(
    "/{reminder_id:uuid}/done",
    status_code=200,
    **documented("seeToReminder", "Seen to: off the list", 404, 409, 422),
)
async def see_to_reminder(
    reminder_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    language: NamedDependency[Language],
) -> ReminderItem:
    return _item(await reminders.seen_to.once(once, call, reminder_id), language)


router = Router("/reminders", tags=["reminders"], route_handlers=[list_reminders, see_to_reminder])
