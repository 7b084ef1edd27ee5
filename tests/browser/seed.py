"""Who and what is there when the browser comes: one station, each role, volunteers of all states.

A page's own test adds what it needs with `site.run(…)`; nothing here is counted on to stay alone.
"""

from datetime import date, timedelta
from typing import get_args
from uuid import UUID

import msgspec

from tests.actions.world import hours, line, record
from tests.browser.seed_activities import seed_activities
from tests.builders import (
    TODAY,
    Person,
    SignedIn,
    active,
    call,
    form,
    handed_in,
    registered,
    signed_in,
    staff,
    station,
)
from volunteer_svc.actions import inductions
from volunteer_svc.actions.inductions import PlanSession
from volunteer_svc.actions.intake import Register
from volunteer_svc.domain.actor import STATION_ROLES, Role
from volunteer_svc.store.stations import Station

LONG_NAME = "阿卜杜热合曼·买买提吐尔逊·古丽巴哈尔·艾尼瓦尔江·努尔"
HOSTILE = "<b>粗</b>&amp;\u202e\u2066倒\u2069😀"


class Seeded(msgspec.Struct):
    """`staff` by role; volunteers: `usual` has a star and hours that wait, `fresh` is due for his
    induction, `empty` has no hours, `full` has the longest name, five stars and many records,
    `doer` signs up, reports and objects."""

    home: Station
    staff: dict[str, SignedIn]
    people: dict[str, Person]
    volunteers: dict[str, SignedIn]
    ids: dict[str, UUID]
    """What else has a page of its own, by a name."""


async def seed() -> Seeded:
    home = await station(name="红旗街道社工站")
    # Signed in long ago and for years: the server's clock goes on from NOW.
    keys = {
        role: await staff(role, home.id if role in STATION_ROLES else None)
        for role in get_args(Role)
    }
    people = {
        "usual": await active(home.id, name="王小明"),
        "fresh": await registered(home.id, TODAY - timedelta(days=40), name="李春花"),
        "empty": await active(home.id, name="赵安"),
        "full": await active(home.id, date(2024, 3, 4), name=LONG_NAME[:30]),
    }
    worker = keys["social_worker"]
    await hours(worker, home.id, people["usual"], 130 * 60)
    await record(
        worker, home.id,
        line(people["usual"], minutes=500, served_on=TODAY - timedelta(days=1), title="敬老院读报"),
        line(people["usual"], minutes=120, title=HOSTILE, place="红旗广场"),
    )  # fmt: skip
    await hours(worker, home.id, people["full"], 520 * 60)
    for days, place in ((7, "二楼会议室"), (21, ""), (40, "红旗广场社区活动中心")):
        on = TODAY + timedelta(days=days)
        planned = PlanSession(station_id=home.id, held_on=on, place=place)
        await inductions.plan_session(worker.call(), planned)
    await handed_in(call(), Register(station_id=home.id, form=form(name="孙新")))
    people["doer"] = await active(home.id, name="陈好")
    volunteers = {name: await signed_in(one.id) for name, one in people.items()}
    ids = await seed_activities(home, keys, people, volunteers)
    return Seeded(home, keys, people, volunteers, ids)
