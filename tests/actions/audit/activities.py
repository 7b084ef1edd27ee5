"""Scenes of activities, signing up for them and being there."""

from datetime import timedelta

from tests import builders
from tests.actions.audit.scene import PAGE, at_once
from tests.actions.plans import END, START, plan, planned, published, signs_up, withdraws
from volunteer_svc.actions import (
    activities,
    agenda,
    attendance,
    calendars,
    check_ins,
    notices,
    signups,
)
from volunteer_svc.actions.activities import (
    CancelActivity,
    ChangeCapacity,
    EditActivity,
    PublishActivity,
)
from volunteer_svc.actions.check_ins import CheckInRequest, CheckOutRequest


async def signed_up(s):
    one = await published(s.worker, s.station.id)
    await signs_up(s.himself, one, s.person)
    return one


def on_an_activity(act, make=published):
    async def prepare(s):
        one = await make(s.worker, s.station.id)
        return lambda: act(s, one)

    return prepare


async def withdraw(s):
    one = await signed_up(s)
    return lambda: withdraws(s.himself, one, s.person)


async def check_in(s):
    one = await signed_up(s)
    tap = CheckInRequest(volunteer_id=s.person.id)
    return lambda: check_ins.check_in(s.worker.call(START), one.id, tap)


async def check_out(s):
    there = await (await check_in(s))()
    tap = CheckOutRequest(volunteer_id=s.person.id)
    return lambda: check_ins.check_out(s.worker.call(END), there.activity_id, tap)


async def close_forgotten(s):
    await (await check_in(s))()
    return lambda: check_ins.close_forgotten(builders.call(now=END + timedelta(hours=1)))


async def read_check_in(s):
    there = await (await check_in(s))()
    return lambda: check_ins.read_check_in(s.himself.call(), there.activity_id, s.person.id)


async def read_notices(s):
    one = await signed_up(s)
    await activities.cancel_activity(s.worker.call(), one.id, CancelActivity(reason="雪"))
    return lambda: notices.read_notices(s.himself.call(), s.person.id)


def make_calendar(s):
    return calendars.make_calendar(s.himself.call(), s.person.id)


async def revoke_calendar(s):
    await make_calendar(s)
    return lambda: calendars.revoke_calendar(s.himself.call(), s.person.id)


CHANGES = {
    "activities.plan_activity": at_once(
        lambda s: activities.plan_activity(s.worker.call(), plan(s.station.id))
    ),
    "activities.edit_activity": on_an_activity(
        lambda s, one: activities.edit_activity(
            s.worker.call(), one.id, EditActivity(title="新"), None
        ),
        planned,
    ),
    "activities.publish_activity": on_an_activity(
        lambda s, one: activities.publish_activity(s.worker.call(), one.id, PublishActivity()),
        planned,
    ),
    "activities.cancel_activity": on_an_activity(
        lambda s, one: activities.cancel_activity(
            s.worker.call(), one.id, CancelActivity(reason="雪")
        )
    ),
    "activities.change_capacity": on_an_activity(
        lambda s, one: activities.change_capacity(
            s.worker.call(), one.id, ChangeCapacity(capacity=99)
        )
    ),
    "check_ins.check_in": check_in,
    "check_ins.check_out": check_out,
    "check_ins.close_forgotten": close_forgotten,
    "calendars.make_calendar": at_once(make_calendar),
    "calendars.revoke_calendar": revoke_calendar,
    "signups.sign_up": on_an_activity(lambda s, one: signs_up(s.himself, one, s.person)),
    "signups.withdraw": withdraw,
    "notices.read_notices": read_notices,
}


READINGS = {
    "activities.read_activity": on_an_activity(
        lambda s, one: activities.read_activity(s.worker.call(), one.id)
    ),
    "activities.activities": at_once(
        lambda s: activities.activities(
            s.worker.call(), station_id=None, from_on=None, to_on=None, **PAGE
        )
    ),
    "check_ins.site_code": on_an_activity(
        lambda s, one: check_ins.site_code(s.worker.call(START), one.id)
    ),
    "check_ins.check_ins": on_an_activity(
        lambda s, one: check_ins.check_ins(s.worker.call(), one.id, **PAGE)
    ),
    "check_ins.read_check_in": read_check_in,
    "signups.signups_for": on_an_activity(
        lambda s, one: signups.signups_for(s.worker.call(), one.id, **PAGE)
    ),
    "signups.signups_of": at_once(
        lambda s: signups.signups_of(s.worker.call(), s.person.id, **PAGE)
    ),
    "notices.notices": at_once(lambda s: notices.notices(s.worker.call(), s.person.id, **PAGE)),
    "notices.unread": at_once(lambda s: notices.unread(s.worker.call(), s.person.id)),
    "agenda.coming": at_once(
        lambda s: agenda.coming(s.worker.call(), s.person.id, station_id=None, **PAGE)
    ),
    "agenda.own": at_once(lambda s: agenda.own(s.worker.call(), s.person.id, past=False, **PAGE)),
    "agenda.look": on_an_activity(lambda s, one: agenda.look(s.worker.call(), s.person.id, one.id)),
    "attendance.attendance": on_an_activity(
        lambda s, one: attendance.attendance(s.worker.call(), one.id, **PAGE)
    ),
    "attendance.present": on_an_activity(
        lambda s, one: attendance.present(s.worker.call(), one.id)
    ),
    "calendars.calendar_made": at_once(
        lambda s: calendars.calendar_made(s.worker.call(), s.person.id)
    ),
}
