"""Small makers of activities for the tests."""

from datetime import timedelta

from tests.builders import NOW
from volunteer_svc.actions import activities, signups
from volunteer_svc.actions.activities import PlanActivity, PublishActivity
from volunteer_svc.actions.signups import SignUp, Withdraw
from volunteer_svc.store.database import fetch

START = NOW + timedelta(days=2)
END = START + timedelta(hours=2)


def plan(station_id, **fields):
    """Two hours in two days, for ten people, unless said."""
    plain = {
        "station_id": station_id, "kind": "elder_care", "form": "community_activity",
        "title": "敬老院陪伴", "started_at": START, "ended_at": END, "capacity": 10,
    }  # fmt: skip
    return PlanActivity(**plain | fields)


async def planned(worker, station_id, **fields):
    made = await activities.plan_activity(worker.call(), plan(station_id, **fields))
    return made.activities[0]


async def published(worker, station_id, **fields):
    one = await planned(worker, station_id, **fields)
    made = await activities.publish_activity(worker.call(), one.id, PublishActivity())
    return made.activities[0]


async def signs_up(who, activity, person, now=NOW):
    return await signups.sign_up(who.call(now), activity.id, SignUp(volunteer_id=person.id))


async def withdraws(who, activity, person, now=NOW):
    return await signups.withdraw(who.call(now), activity.id, person.id, Withdraw(reason="有事"))


async def standing(activity):
    """(volunteer, state) in the order of arrival; the counter of places tells the same."""
    rows = await fetch(
        "SELECT volunteer_id, state FROM signup WHERE activity_id = $1"
        " AND state IN ('confirmed', 'waiting') ORDER BY number",
        activity.id,
    )
    (one,) = await fetch("SELECT confirmed, capacity FROM activity WHERE id = $1", activity.id)
    assert one["confirmed"] == sum(row["state"] == "confirmed" for row in rows) <= one["capacity"]
    return [(row["volunteer_id"], row["state"]) for row in rows]
