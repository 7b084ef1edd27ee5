"""Two stations with one of everything, and somebody of every role: what must be kept apart."""

from datetime import timedelta
from typing import get_args

import msgspec

from tests.actions.plans import published
from tests.actions.test_county_import import bring_in, workbook
from tests.actions.world import line, record
from tests.builders import (
    NOW,
    TODAY,
    SignedIn,
    active,
    call,
    client_key,
    form,
    handed_in,
    registered,
    signed_in,
    staff,
    station,
)
from tests.builders import (
    county as county_actor,
)
from volunteer_svc.actions import (
    awards,
    certificate_batches,
    certificates,
    complaints,
    disclosures,
    endpoints,
    erasures,
    groups,
    inductions,
    objections,
    positions,
    recognitions,
    reminders,
    reviews,
    rights,
    service_records,
    staffing,
    trainings,
    transfer_proposals,
    undos,
)
from volunteer_svc.actions.awards import Nominate, RecordAward
from volunteer_svc.actions.certificate_batches import IssueBatch
from volunteer_svc.actions.certificates import IssueCertificate
from volunteer_svc.actions.complaints import Complain
from volunteer_svc.actions.disclosures import AskDisclosure
from volunteer_svc.actions.endpoints import NewEndpoint
from volunteer_svc.actions.erasures import AskErasure
from volunteer_svc.actions.groups import NewGroup
from volunteer_svc.actions.inductions import PlanSession
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.objections import Object
from volunteer_svc.actions.positions import Appoint
from volunteer_svc.actions.recognitions import Publish
from volunteer_svc.actions.rights import AskCorrection
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.actions.staffing import Delegate
from volunteer_svc.actions.trainings import PlanTraining, SaveTopic
from volunteer_svc.actions.transfer_proposals import ProposeTransfer
from volunteer_svc.actions.undos import AskUndo
from volunteer_svc.domain.actor import STATION_ROLES, Role
from volunteer_svc.domain.calendar import add_months
from volunteer_svc.domain.webhook_url import Rules
from volunteer_svc.identity.permissions import CLIENT_SCOPES
from volunteer_svc.store.database import execute, fetch

SECRET = "欧阳不可见"
"""The name of whoever is `there`: seen by those who may, and by nobody else."""


class Place(msgspec.Struct):
    """A station and one of everything that is there."""

    station: str
    volunteer: str
    record: str
    waiting: str
    registration: str
    claim: str
    session: str
    disclosure: str
    colleague: str
    delegation: str
    correction: str
    erasure: str
    objection: str
    position: str
    group: str
    training: str
    proposal: str
    nomination: str
    award: str
    complaint: str
    reminder: str
    activity: str
    undo: str
    sheet: str
    signal: str
    certificate: str
    batch: str

    def ids(self):
        return set(msgspec.structs.astuple(self))


class World(msgspec.Struct):
    places: dict[str, Place]
    actors: dict[str, SignedIn]
    run: str
    account: str
    client: str
    endpoint: str


async def a_place(home, **changes):
    person, worker = await active(home.id, **changes), await staff("social_worker", home.id)
    counted, waiting = await record(
        worker, home.id, line(person, minutes=60), line(person, minutes=500)
    )
    again = msgspec.structs.replace(person.form, applied_on=TODAY)
    await handed_in(call(), Register(station_id=home.id, form=form()))
    await handed_in(call(), Register(station_id=home.id, form=again))
    (applied,) = await fetch(
        "SELECT id FROM registration WHERE registered_on IS NULL AND station_id = $1", home.id
    )
    (claim,) = await fetch("SELECT id FROM claim WHERE station_id = $1", home.id)
    plan = PlanSession(station_id=home.id, held_on=TODAY, place="x")
    session = await inductions.plan_session(worker.call(), plan)
    letter = AskDisclosure(recipient="x", letter_reference="x", fields=["phone"], reason="x")
    disclosure = await disclosures.ask_disclosure(worker.call(), person.id, letter)
    stand_in = Delegate(to=worker.actor.id, from_on=TODAY, to_on=TODAY, reason="x")
    head = await staff("station_head", home.id)
    group = await groups.add_group(worker.call(), NewGroup(station_id=home.id, name="x"))
    backbone = Appoint(position="backbone", reason="x")
    position = await positions.appoint(head.call(), person.id, backbone)
    honour = Nominate(honour="x", awarding_body="x", reason="x", evidence_reference="x")
    nomination = await awards.nominate(head.call(), person.id, honour)
    granted = RecordAward(name="x", granted_by="x", granted_on=TODAY, evidence_reference="x")
    award = await awards.record_award(head.call(), person.id, granted)
    complaint = await complaints.open_complaint(
        worker.call(), person.id, Complain(direction="about", text="x")
    )
    topic = SaveTopic(code="first-aid", name_zh="急救", name_en="First aid")
    await trainings.save_topic(call(county_actor()), topic)
    plan = PlanTraining(
        station_id=home.id,
        title="x",
        topics=["first-aid"],
        starts_at=NOW + timedelta(days=9),
        ends_at=NOW + timedelta(days=9, hours=2),
    )
    training = await trainings.plan_training(worker.call(), plan)
    away = ProposeTransfer(to_station_id=(await station()).id, reason="x")
    proposal = await transfer_proposals.propose_transfer(worker.call(), person.id, away)
    delegation = await staffing.delegate(head.call(), stand_in)
    correction = await rights.ask_correction(worker.call(), person.id, AskCorrection(text="x"))
    objection = await objections.open_objection(worker.call(), counted.record_id, Object(text="x"))
    await registered(home.id, add_months(TODAY, -3), phone="", **changes)
    await reminders.make_reminders(call())
    (reminder,) = await fetch("SELECT id FROM reminder WHERE station_id = $1", home.id)
    county = await staff("county")
    erasure = await erasures.ask_erasure(county.call(), person.id, AskErasure(reason="x"))
    activity = await published(worker, home.id)
    large = Sheet(
        station_id=home.id,
        entries=[line(person, minutes=1, served_on=TODAY - timedelta(days=n)) for n in range(21)],
    )
    sheet_id = (await service_records.record_service(worker.call(), large)).sheet_id
    wish = AskUndo(kind="sheet", target_id=sheet_id, reason="x")
    undo = await undos.ask_undo(worker.call(), wish)
    long_day = line(person, minutes=700, served_on=TODAY - timedelta(days=1))
    await record(worker, home.id, long_day)
    await reviews.find_signals(call())
    (signal,) = await fetch("SELECT id FROM review_signal WHERE station_id = $1"
                            " AND rule = 'improbable_day' LIMIT 1", home.id)  # fmt: skip
    await recognitions.publish_recognition(county.call(), 2025, Publish(station_id=home.id))
    period = {"station_id": home.id, "from_on": TODAY, "to_on": TODAY}
    certificate = await certificates.issue_certificate(
        worker.call(), person.id, IssueCertificate(**period)
    )
    # Whoever may print it is told why not, which is quicker than drawing it.
    await execute("UPDATE certificate SET stated_sealed = ''")
    batch = await certificate_batches.issue_batch(worker.call(), IssueBatch(**period))
    found = (home.id, person.id, counted.record_id, waiting.record_id, applied["id"],
             claim["id"], session.id, disclosure.id, worker.actor.id, delegation.id,
             correction.id, erasure.id, objection.id,
             position.id, group.id, training.session.id, proposal.id,
             nomination.id, award.id, complaint.id, reminder["id"], activity.id, undo.id, sheet_id,
             signal["id"], certificate.id, batch.id)  # fmt: skip
    return Place(*map(str, found))


async def a_world():
    """Two stations, `here` and `there`, somebody of every role (here), a key of every scope."""
    here, there = await station(), await station()
    places = {"here": await a_place(here), "there": await a_place(there, name=SECRET)}
    actors = {
        role: await staff(role, here.id if role in STATION_ROLES else None)
        for role in get_args(Role)
    }
    actors["volunteer"] = await signed_in(places["here"].volunteer)
    actors |= {scope: await client_key(scope) for scope in CLIENT_SCOPES}
    actors["nobody"] = SignedIn(actor=None, token="")
    county = await staff("county")
    run, _ = await bring_in(county, workbook(), commit=False)
    leaver, platform = await staff("bureau"), await client_key("events:read")
    hook = await endpoints.add_endpoint(
        county.call(), NewEndpoint(url="https://platform.example.org/"), Rules(), 5
    )
    ids = (str(run.id), str(leaver.actor.id), str(platform.actor.id), str(hook.endpoint.id))
    return World(places, actors, *ids)
