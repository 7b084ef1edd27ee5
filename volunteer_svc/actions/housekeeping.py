"""What time brings about: lapses are announced, what is over is forgotten."""

from datetime import timedelta
from uuid import UUID

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.enrolment import note_lapse
from volunteer_svc.actions.erasures import retire_person
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.calendar import add_months, local_date
from volunteer_svc.domain.lock_out import FORGOTTEN_HOURS
from volunteer_svc.domain.one_time_code import step_of
from volunteer_svc.domain.record_export import KEPT_HOURS
from volunteer_svc.store.erasures import Cause

BATCH = 200
ATTEMPT_DAYS = 30
IDEMPOTENCY_DAYS = 7
UPLOAD_DAYS = 7


@command
async def announce_lapses(call: Call) -> int:
    """Raise `registration.lapsed` once per lapsed registration (R3); how many. At most a batch.

    The lapse itself is computed from the dates; this only tells of it.
    """
    today = local_date(call.now)
    volunteers = await store.volunteers.lock(await store.registrations.due_lapses(today, BATCH))
    journal = Journal(call, volunteers, await store.policies.load())
    lapsed = {
        registration.id: (volunteer.id, registration)
        for volunteer in volunteers.values()
        for registration in volunteer.registrations
        if registration.lapsed(today)
    }
    announced = await store.registrations.mark_lapse_announced(list(lapsed), today)
    for volunteer_id, registration in (lapsed[one] for one in sorted(announced)):
        note_lapse(journal, volunteer_id, registration)
    await journal.write()
    call.notes.changed(None, registrations=sorted(announced))
    return len(announced)


@command
async def forget_what_is_over(call: Call) -> None:
    """Retention: ended sessions; after a day failed sign-ins, codes and exports; after a week
    answered Idempotency-Keys and uploaded rows; after 30 days attempts of webhooks."""
    await store.sessions.forget_expired(call.now)
    await store.sign_in_attempts.forget_before(call.now - timedelta(hours=FORGOTTEN_HOURS))
    await store.sent_codes.forget_before(call.now - timedelta(hours=FORGOTTEN_HOURS))
    await store.check_ins.forget_codes(step_of(call.now - timedelta(hours=FORGOTTEN_HOURS)))
    await store.record_exports.forget(call.now - timedelta(hours=KEPT_HOURS), call.now)
    await store.idempotency.forget(call.now - timedelta(days=IDEMPOTENCY_DAYS))
    await store.imports.forget(call.now - timedelta(days=UPLOAD_DAYS))
    await store.endpoints.forget_old_secrets(call.now)
    await store.attempts.forget(call.now - timedelta(days=ATTEMPT_DAYS))
    policy = (await store.policies.load()).on(local_date(call.now))
    await store.erasures.blank_claims(call.now - timedelta(days=policy.claim_kept_days))


@command
async def erase_what_is_over(call: Call) -> int:
    """Erase who is not needed any more (R20); how many. At most a batch.

    Applications that led to nothing, after days; people gone, after years: `policy` says.
    """
    today = local_date(call.now)
    policy = (await store.policies.load()).on(today)
    days, years = policy.unfinished_kept_days, policy.records_kept_years
    unfinished = await store.erasures.due_unfinished(today - timedelta(days=days), BATCH)
    gone = await store.erasures.due_kept_enough(add_months(today, -12 * years), BATCH)
    causes: dict[UUID, tuple[Cause, str]] = dict.fromkeys(gone, ("kept_enough", f"{years}年"))
    causes |= dict.fromkeys(unfinished, ("unfinished", f"{days}天"))
    volunteers = await store.volunteers.lock(causes)
    over = [v for v in volunteers.values() if v.over_since(today) is not None]
    for volunteer in over:
        await retire_person(call, volunteer, *causes[volunteer.id])
    return len(over)
