"""Scenes of enrolment, from an open form to the induction."""

from tests import builders
from tests.actions.audit.scene import PAGE, at_once
from tests.builders import TODAY
from volunteer_svc.actions import (
    claims,
    induction_revocations,
    inductions,
    intake,
    receipts,
    registrations,
)
from volunteer_svc.actions.induction_revocations import RevokeInduction
from volunteer_svc.actions.inductions import Attendee, PlanSession, RecordAttendance
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.receipts import AskReceipt
from volunteer_svc.actions.registrations import CheckMaterials, Decline, Enrol
from volunteer_svc.store.database import fetch


async def resolve_claim(s):
    form = builders.form()
    request = Enrol(station_id=s.station.id, form=form, materials=[])
    await registrations.enrol_volunteer(s.worker.call(), request)
    await builders.handed_in(builders.call(), Register(station_id=s.station.id, form=form))
    (claim,) = await claims.open_claims(s.worker.call(), after=None, limit=2)
    return lambda: claims.resolve_claim(s.worker.call(), claim.id)


async def record_attendance(s):
    new = await builders.registered(s.station.id)
    session = await inductions.plan_session(
        s.worker.call(), PlanSession(station_id=s.station.id, held_on=TODAY)
    )
    request = RecordAttendance(attendees=[Attendee(volunteer_id=new.id)])
    return lambda: inductions.record_attendance(s.worker.call(), session.id, request)


async def revoke_induction(s):
    session_of = "SELECT session_id FROM attendance WHERE volunteer_id = $1"
    (there,) = await fetch(session_of, s.person.id)
    request = RevokeInduction(reason="勾错了人")
    revoke = induction_revocations.revoke_induction
    return lambda: revoke(s.second.call(), there["session_id"], s.person.id, request)


async def sign_up(s):
    new = await builders.registered(s.station.id)
    asked = PlanSession(station_id=s.station.id, held_on=TODAY)
    session = await inductions.plan_session(s.worker.call(), asked)
    return lambda: inductions.sign_up(s.worker.call(), new.id, session.id)


async def cancel_sign_up(s):
    outcome = await (await sign_up(s))()
    (new,) = await inductions.sign_ups(s.worker.call(), outcome.id)
    return lambda: inductions.cancel_sign_up(s.worker.call(), new.volunteer_id)


async def read_sign_ups(s):
    session = await (await sign_up(s))()
    return lambda: inductions.sign_ups(s.worker.call(), session.id)


async def read_receipt(s):
    row = await s.applied()
    return lambda: receipts.read_receipt(builders.call(), AskReceipt(receipt=row.receipt))


async def check_materials(s):
    row = await s.applied()
    request = CheckMaterials(materials=builders.ALL_MATERIALS)
    return lambda: registrations.check_materials(s.worker.call(), row.id, request, None)


async def decline(s):
    row = await s.applied()
    return lambda: registrations.decline(s.worker.call(), row.id, Decline(reason="重复"), None)


async def enrol(s):
    request = Enrol(station_id=s.station.id, form=builders.form(), materials=[])
    return lambda: registrations.enrol_volunteer(s.worker.call(), request)


async def take_up(s):
    request = Register(station_id=s.station.id, form=builders.form())
    await intake.register(builders.call(), request)
    return lambda: intake.take_up_next(builders.call())


CHANGES = {
    "claims.resolve_claim": resolve_claim,
    "inductions.plan_session": at_once(
        lambda s: inductions.plan_session(
            s.worker.call(), PlanSession(station_id=s.station.id, held_on=TODAY)
        )
    ),
    "inductions.record_attendance": record_attendance,
    "induction_revocations.revoke_induction": revoke_induction,
    "inductions.sign_up": sign_up,
    "inductions.cancel_sign_up": cancel_sign_up,
    "intake._take_up": take_up,
    "intake.register": at_once(
        lambda s: intake.register(
            builders.call(), Register(station_id=s.station.id, form=builders.form())
        )
    ),
    "registrations.enrol_volunteer": enrol,
    "registrations.check_materials": check_materials,
    "registrations.decline": decline,
}


READINGS = {
    "registrations.newest_registrations": at_once(
        lambda s: registrations.newest_registrations(
            s.worker.call(), station_id=None, state=None, before=None, limit=9
        )
    ),
    "inductions.coming_sessions": at_once(
        lambda s: inductions.coming_sessions(s.himself.call(), s.person.id)
    ),
    "inductions.sign_ups": read_sign_ups,
    "receipts.read_receipt": read_receipt,
    "claims.open_claims": at_once(lambda s: claims.open_claims(s.worker.call(), **PAGE)),
    "registrations.registrations": at_once(
        lambda s: registrations.registrations(
            s.worker.call(), station_id=None, open_only=False, **PAGE
        )
    ),
    "registrations.read_registration": at_once(
        lambda s: registrations.read_registration(s.worker.call(), s.person.registration_id)
    ),
}
