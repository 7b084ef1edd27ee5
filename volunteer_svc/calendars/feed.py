"""A calendar feed (RFC 5545) of activities; no person is named in it."""

from collections.abc import Iterable
from datetime import datetime

from volunteer_svc.domain.activity import Activity

MEDIA_TYPE = "text/calendar"
_PRODUCT = "-//volunteer_svc//activities//ZH"


def feed(name: str, activities: Iterable[Activity], now: datetime) -> bytes:
    """The feed's text. A cancelled activity stays in it, marked, so that calendars strike it out.

    Leaders are left out: a feed's address is passed on.
    """
    from icalendar import Calendar, Event  # noqa: PLC0415 - 3 MB that only this feed needs

    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for activity in activities:
        event = Event()
        event.add("uid", f"{activity.id}@volunteer-svc")
        event.add("dtstamp", now)
        event.add("dtstart", activity.started_at)
        event.add("dtend", activity.ended_at)
        event.add("summary", activity.title)
        if activity.place:
            event.add("location", activity.place)
        if activity.risk_notice:
            event.add("description", activity.risk_notice)
        cancelled = activity.state == "cancelled"
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
        event.add("sequence", activity.revision)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
