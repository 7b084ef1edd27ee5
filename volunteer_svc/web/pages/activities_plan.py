"""Planning an activity, or a series; changing it while it is planned."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import activities, named
from volunteer_svc.actions.activities import EditActivity, PlanActivity
from volunteer_svc.domain.activity import Activity, ActivityForm
from volunteer_svc.domain.calendar import BUSINESS_ZONE
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.i18n import term
from volunteer_svc.identity.permissions import require
from volunteer_svc.web.forms import Form
from volunteer_svc.web.pages.activities import HOME
from volunteer_svc.web.stations import own_station, station_choices
from volunteer_svc.web.visit import Visit, page

_KINDS: tuple[str, ...] = get_args(ServiceCategory)
_FORMS: tuple[str, ...] = get_args(ActivityForm)
_INSTANTS = ("started_at", "ended_at")
_TEXTS = ("place", "leader", "risk_notice", "insurance_reference", "external_ref")
_YOUNGEST = 14
"""Nobody younger is a volunteer: as good as no minimum age."""


class _Seen(msgspec.Struct, frozen=True):
    """Which revision the form was filled in from."""

    revision: int


@get(f"{HOME}/new", **page("planActivity"))
async def show_plan(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("activities/plan.html", activity=None, **await _choices(visit))


@post(f"{HOME}/new", **page("planActivity"))
async def plan(visit: NamedDependency[Visit]) -> Response[bytes]:
    own = own_station(visit)
    try:
        given = {"station_id": own} if own is not None else {}
        request = _told(visit.form).into(PlanActivity, **given)
        made = await activities.plan_activity.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        refusal = _at_fields(refusal)
        return visit.again("activities/plan.html", refusal, activity=None, **await _choices(visit))
    planned = made.activities
    return visit.done(f"{HOME}/{planned[0].id}", "activities.planned_said", n=len(planned))


@get(f"{HOME}/{{activity_id:uuid}}/edit", **page("editActivity"))
async def show_edit(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    activity = await activities.read_activity(visit.call, activity_id)
    require(visit.actor, "activity.write", activity.station_id)
    form = Form.showing(**_shown(activity))
    return visit.page("activities/plan.html", form=form, activity=activity, **await _choices(visit))


@post(f"{HOME}/{{activity_id:uuid}}/edit", **page("editActivity"))
async def edit(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    """What is emptied is emptied: a form shows everything, unlike a PATCH."""
    activity = await activities.read_activity(visit.call, activity_id)
    try:
        revision = visit.form.into(_Seen).revision
        request = _told(visit.form).into(EditActivity, **_emptied(visit.form, activity))
        await activities.edit_activity(visit.call, activity_id, request, revision)
    except Refusal as refusal:
        refusal = _at_fields(refusal)
        return visit.again(
            "activities/plan.html", refusal, activity=activity, **await _choices(visit)
        )
    return visit.done(f"{HOME}/{activity_id}", "activities.edited_said")


def _told(form: Form) -> Form:
    """The same with instants: what a clock on the wall in Shanghai shows has no zone."""
    values = dict(form.values)
    for name in _INSTANTS:
        try:
            wall = datetime.fromisoformat(form.value(name))
            values[name] = [wall.replace(tzinfo=BUSINESS_ZONE).isoformat()]
        except (ValueError, OverflowError):
            continue
    return Form(values)


def _emptied(form: Form, activity: Activity) -> dict[str, Any]:
    """What stays empty on purpose. Raises what must not."""
    missing = [
        Fault("field_missing", name, {"field": name})
        for name in (*_INSTANTS, "title", "kind", "form", "capacity")
        if not form.value(name).strip()
    ]
    if missing:
        raise Refusal(*missing)
    given: dict[str, Any] = {name: "" for name in _TEXTS if not form.value(name).strip()}
    given["hazardous"] = form.has("hazardous", "true")
    if not form.values.get("required_topics"):
        given["required_topics"] = []
    if not form.value("minimum_age").strip():
        given["minimum_age"] = _YOUNGEST if activity.minimum_age else None
    return given


def _at_fields(refusal: Refusal) -> Refusal:
    """`required_topics[2]` stands at the list of topics."""
    return Refusal(
        *(Fault(one.code, one.field and one.field.partition("[")[0], one.params)
          for one in refusal.faults),
        kind=refusal.kind,
    )  # fmt: skip


def _shown(activity: Activity) -> dict[str, Any]:
    names = (*_TEXTS, "kind", "form", "title", "capacity", "minimum_age", "revision")
    values: dict[str, Any] = {name: getattr(activity, name) for name in names}
    for name in _INSTANTS:
        values[name] = f"{getattr(activity, name).astimezone(BUSINESS_ZONE):%Y-%m-%dT%H:%M}"
    values["required_topics"] = list(activity.required_topics)
    values["hazardous"] = "true" if activity.hazardous else ""
    return values


async def _choices(visit: Visit) -> dict[str, Any]:
    return {
        "choices": await station_choices(visit),
        "kinds": [(one, term("kind", one, visit.language)) for one in _KINDS],
        "forms": [(one, term("form", one, visit.language)) for one in _FORMS],
        "topics": list((await named.topics_named(visit.language, open_only=True)).items()),
    }


router = Router("/", route_handlers=[show_plan, plan, show_edit, edit])
