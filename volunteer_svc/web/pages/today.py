"""Today: what waits for the station, as a list that can be worked off."""

from litestar import Response, Router, get
from litestar.di import NamedDependency

from volunteer_svc.actions import (
    activities,
    approvals,
    named,
    objections,
    policies,
    registrations,
    reviews,
    rights,
    today,
    trainings,
)
from volunteer_svc.actions.policies import PolicyView
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.stations import own_station
from volunteer_svc.web.visit import Visit, page

SHOWN_MAX = 5
"""Of each kind; the rest is behind its link."""

link(
    Entry(frame="staff", path="/staff/today", word="today.nav", icon="home",
          operation="listWaiting", order=10),
)  # fmt: skip


@get("/staff/today", **page("listWaiting"))
async def show_today(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Claims only as a number: their list shows telephones in full, which is noted."""
    call = visit.call
    counts = await today.waiting_counts(call, station_id=None)
    materials = await registrations.registrations(
        call, station_id=None, open_only=True, after=None, limit=SHOWN_MAX
    )
    waiting = await approvals.waiting(call, station_id=None, after=None, limit=SHOWN_MAX)
    requests = await rights.open_correction_requests(
        call, station_id=None, after=None, limit=SHOWN_MAX
    )
    raised = await objections.open_objections(
        call, station_id=None, overdue=False, after=None, limit=SHOWN_MAX
    )
    signals = await reviews.review_signals(
        call, station_id=None, state="open", after=None, limit=SHOWN_MAX
    )
    here = await activities.activities(
        call, station_id=own_station(visit), from_on=local_date(call.now),
        to_on=local_date(call.now), after=None, limit=SHOWN_MAX,
    )  # fmt: skip
    lapsing = await today.inductions_due(call, station_id=None, limit=SHOWN_MAX)
    wanted = {one.volunteer_id for one in (*materials, *lapsing)}
    wanted |= {one.volunteer_id for one in requests}
    wanted |= {one.record.volunteer_id for one in waiting}
    wanted |= {one.volunteer_id for one in raised}
    wanted |= {one.volunteer_id for one in signals if one.volunteer_id}
    people = await named.volunteers_named(call, wanted)
    return visit.page(
        "today/home.html",
        counts=counts,
        materials=materials,
        waiting=waiting,
        requests=requests,
        lapsing=lapsing,
        raised=raised,
        signals=signals,
        here=[one for one in here if one.state == "published"],
        unlisted=await trainings.unlisted_trainings(call, station_id=None, limit=SHOWN_MAX),
        hears=visit.may("listComplaints"),
        rating=await _rating(visit),
        people=people,
        date=local_date(call.now),
        since=lambda moment: (local_date(call.now) - local_date(moment)).days,
    )


async def _rating(visit: Visit) -> list[PolicyView]:
    """Policies by which everybody is being rated anew."""
    if not visit.may("readPolicies"):
        return []
    return [
        one
        for one in await policies.policies(visit.call)
        if one.re_evaluation is not None and one.re_evaluation.finished_at is None
    ]


router = Router("/", route_handlers=[show_today])
