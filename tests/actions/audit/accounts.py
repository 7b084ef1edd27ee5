"""Scenes of accounts and stations, and what these are reminded of."""

from datetime import timedelta

import pytest

from tests import builders
from tests.actions.audit.scene import PAGE, at_once
from tests.builders import NOW, TODAY
from volunteer_svc.actions import accounts, holidays, passwords, reminders, staffing, stations
from volunteer_svc.actions.accounts import Link, NewAccount
from volunteer_svc.actions.holidays import YearTable
from volunteer_svc.actions.passwords import ChangePassword
from volunteer_svc.actions.staffing import CloseStations, Delegate, Leave
from volunteer_svc.actions.stations import EditStation, NewStation
from volunteer_svc.domain.calendar import add_months
from volunteer_svc.domain.errors import Refusal


async def add_account(s):
    request = NewAccount(username="new", display_name="新", password="long password", role="bureau")
    return lambda: accounts.add_account(s.admin.call(), request)


async def unlock(s):
    change = ChangePassword(present="wrong password", new="another long one")
    with pytest.raises(Refusal, match="password_wrong"):
        await passwords.change_password(s.worker.call(), change)
    return lambda: accounts.unlock_account(s.admin.call(), s.worker.actor.id)


async def delegated(s):
    head = await builders.staff("station_head", s.station.id)
    asked = Delegate(to=s.worker.actor.id, from_on=TODAY, to_on=TODAY, reason="王小明代")
    return head, lambda: staffing.delegate(head.call(), asked)


async def delegate(s):
    return (await delegated(s))[1]


async def end_delegation(s):
    head, act = await delegated(s)
    made = await act()
    return lambda: staffing.end_delegation(head.call(), made.id)


async def close_what_is_due(s):
    asked = CloseStations(station_ids=[s.station.id], on=TODAY + timedelta(days=1), reason="换")
    await staffing.close_stations(s.admin.call(), asked)
    return lambda: staffing.close_what_is_due(builders.call(now=NOW + timedelta(days=1)))


async def make_reminders(s):
    await builders.registered(s.station.id, add_months(TODAY, -3), phone="")
    return lambda: reminders.make_reminders(builders.call())


async def see_to_reminder(s):
    await (await make_reminders(s))()
    (one,) = await reminders.listed(s.worker.call(), station_id=None, **PAGE)
    return lambda: reminders.seen_to(s.worker.call(), one.id)


CHANGES = {
    "staffing.delegate": delegate,
    "staffing.end_delegation": end_delegation,
    "staffing.leave": at_once(
        lambda s: staffing.leave(
            s.admin.call(), s.worker.actor.id, Leave(to=s.second.actor.id, reason="离职")
        )
    ),
    "staffing.close_stations": at_once(
        lambda s: staffing.close_stations(
            s.admin.call(), CloseStations(station_ids=[s.station.id], on=TODAY, reason="换")
        )
    ),
    "staffing.close_what_is_due": close_what_is_due,
    "accounts.unlock_account": unlock,
    "accounts.add_account": add_account,
    "accounts.link_account": at_once(
        lambda s: accounts.link_account(
            s.admin.call(), s.worker.actor.id, Link(volunteer_id=s.person.id)
        )
    ),
    "accounts.close_account": at_once(
        lambda s: accounts.close_account(s.admin.call(), s.worker.actor.id)
    ),
    "accounts.reset_password": at_once(
        lambda s: accounts.reset_password(s.admin.call(), s.worker.actor.id)
    ),
    "reminders.make_reminders": make_reminders,
    "reminders.seen_to": see_to_reminder,
    "holidays.set_holidays": at_once(
        lambda s: holidays.set_holidays(s.admin.call(), 2026, YearTable([]))
    ),
    "stations.add_station": at_once(
        lambda s: stations.add_station(
            s.county.call(), NewStation(code="N1", name="新站", kind="station")
        )
    ),
    "stations.edit_station": at_once(
        lambda s: stations.edit_station(
            s.county.call(), s.station.id, EditStation(name="改名"), None
        )
    ),
}


READINGS = {
    "staffing.open_work": at_once(
        lambda s: staffing.open_work(s.admin.call(), s.worker.actor.id, **PAGE)
    ),
    "reminders.listed": at_once(
        lambda s: reminders.listed(s.worker.call(), station_id=None, **PAGE)
    ),
    "staffing.delegations": at_once(lambda s: staffing.delegations(s.worker.call(), **PAGE)),
    "accounts.accounts": at_once(lambda s: accounts.accounts(s.admin.call(), after="", limit=5)),
}
