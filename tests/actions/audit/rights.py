"""Scenes of what a volunteer may ask of his data, a third party, and time itself."""

from datetime import date, timedelta

from tests import builders
from tests.actions.audit.scene import PAGE, at_once
from tests.builders import NOW
from volunteer_svc.actions import (
    accesses,
    audit_trail,
    disclosures,
    erasures,
    exports,
    housekeeping,
    intake,
    rights,
    volunteers,
)
from volunteer_svc.actions.accesses import Reveal
from volunteer_svc.actions.audit_trail import AuditSearch
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.actions.rights import AskCorrection, ResolveCorrection, WithdrawConsent
from volunteer_svc.actions.volunteers import WithReason


async def approve_disclosure(s):
    asked = await s.asked()
    return lambda: disclosures.approve_disclosure(s.county.call(), asked.id)


async def read_disclosure(s):
    asked = await s.asked()
    return lambda: disclosures.read_disclosure(s.worker.call(), s.person.id, asked.id)


async def announce_lapses(s):
    await builders.registered(s.station.id, date(2025, 1, 2))
    return lambda: housekeeping.announce_lapses(builders.call())


async def forget(s):
    late = NOW + timedelta(days=4000)
    return lambda: housekeeping.forget_what_is_over(builders.call(now=late))


async def ask_correction(s):
    request = AskCorrection(text="住址有误")
    return lambda: rights.ask_correction(s.himself.call(), s.person.id, request)


async def resolve_correction(s):
    wish = await (await ask_correction(s))()
    answer = ResolveCorrection(outcome="refused", reason="无误")
    return lambda: rights.resolve_correction(s.worker.call(), wish.id, answer)


async def ask_erasure(s):
    request = AskErasure(reason="本人申请")
    return lambda: erasures.ask_erasure(s.himself.call(), s.person.id, request)


async def decide_erasure(s):
    asked = await (await ask_erasure(s))()
    request = DecideErasure(decision="approve", reason="本人申请")
    return lambda: erasures.decide_erasure(s.county.call(), asked.id, request)


async def erase_again(s):
    await (await ask_erasure(s))()
    return lambda: erasures.erase_again(builders.call(), s.person.id)


async def erase_what_is_over(s):
    exited = WithReason(reason="搬家")
    await volunteers.exit_volunteer(s.worker.call(), s.person.id, exited, None)
    return lambda: housekeeping.erase_what_is_over(builders.call(now=NOW + timedelta(days=4_000)))


CHANGES = {
    "disclosures.ask_disclosure": at_once(lambda s: s.asked()),
    "disclosures.approve_disclosure": approve_disclosure,
    "housekeeping.announce_lapses": announce_lapses,
    "housekeeping.forget_what_is_over": forget,
    "housekeeping.erase_what_is_over": erase_what_is_over,
    "erasures.erase_again": erase_again,
    "erasures.ask_erasure": ask_erasure,
    "erasures.decide_erasure": decide_erasure,
    "rights.ask_correction": ask_correction,
    "rights.resolve_correction": resolve_correction,
    "rights.withdraw_consent": at_once(
        lambda s: rights.withdraw_consent(
            s.himself.call(), s.person.id, WithdrawConsent(kind="rules")
        )
    ),
}


READINGS = {
    "accesses.reveal": at_once(
        lambda s: accesses.reveal(
            s.worker.call(),
            s.person.id,
            Reveal(fields=["phone"], purpose="contact", reason="回电"),
        )
    ),
    "accesses.accesses": at_once(
        lambda s: accesses.accesses(s.county.call(), s.person.id, after=0, limit=5)
    ),
    "accesses.audit_entries": at_once(
        lambda s: accesses.audit_entries(
            s.auditor.call(), subject=None, actor_id=None, after=0, limit=5
        )
    ),
    "audit_trail.search_audit": at_once(
        lambda s: audit_trail.search_audit(s.auditor.call(), AuditSearch(), before=None, limit=5)
    ),
    "intake.stuck_ages": at_once(lambda s: intake.stuck_ages(s.auditor.call(), limit=5)),
    "rights.correction_requests_of": at_once(
        lambda s: rights.correction_requests_of(s.himself.call(), s.person.id)
    ),
    "exports.export_person": at_once(
        lambda s: exports.export_person(s.worker.call(), s.person.id, AskExport(reason="申请"))
    ),
    "disclosures.disclosures_of": at_once(
        lambda s: disclosures.disclosures_of(s.worker.call(), s.person.id, before=None, limit=9)
    ),
    "disclosures.read_disclosure": read_disclosure,
    "disclosures.disclosures": at_once(
        lambda s: disclosures.disclosures(s.worker.call(), waiting=True, **PAGE)
    ),
}
