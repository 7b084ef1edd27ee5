"""A policy's day has come: it is activated once, then everybody is rated by it, batch by batch."""

from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.events import PolicyActivated
from volunteer_svc.domain.policy import Policies, Policy
from volunteer_svc.store.outbox import Raised
from volunteer_svc.store.re_evaluations import ReEvaluation

BATCH = 1_000


@command
async def activate_next(call: Call) -> str | None:
    """The version activated, at most one; its re-evaluation is to go on with `rate_batch`.

    Until then nobody is rated by it: a new policy re-rates nobody silently.
    """
    version = await store.re_evaluations.activate_next(call.now, local_date(call.now))
    call.notes.unchanged = version is None
    if version is None:
        return None
    policies = await store.policies.load()
    policy, run_id = policies.named(version), ids.uuid7()
    total = await store.re_evaluations.start(run_id, version, _earlier(policies, policy), call.now)
    event = PolicyActivated(
        policy_version=version,
        valid_from=policy.valid_from,
        re_evaluation_id=run_id,
        volunteers=total,
    )
    raised = Raised(event=event, version=1, station_id=None, happened_at=call.now, trace=call.trace)
    await store.outbox.append([raised])
    call.notes.changed(f"policy/{version}", None, {"valid_from": policy.valid_from}, total=total)
    return version


@command
async def rate_batch(call: Call) -> bool:
    """Rate at most a batch anew; False when nothing is left. A killed one is simply taken again:
    whoever was rated is not rated twice."""
    run = await store.re_evaluations.take()
    call.notes.unchanged = run is None
    if run is None:
        return False
    policies = await store.policies.load()
    policy = policies.named(run.policy_version)
    earlier = _earlier(policies, policy)
    due = await store.re_evaluations.due(earlier, after=run.after_id, limit=BATCH)
    run = await _rate(call, run, policies, policy, due)
    if not due:
        # Behind the last one; whoever came in front of it meanwhile is taken by another round.
        over = run.after_id is None
        run = msgspec.structs.replace(run, after_id=None, finished_at=call.now if over else None)
    await store.re_evaluations.save(run)
    call.notes.changed(
        f"policy/{run.policy_version}",
        done=run.done,
        promoted=run.promoted,
        revoked=run.revoked,
        finished=run.finished_at is not None,
    )
    return True


async def _rate(
    call: Call, run: ReEvaluation, policies: Policies, policy: Policy, due: list[UUID]
) -> ReEvaluation:
    volunteers = await store.volunteers.lock(due)
    journal = Journal(call, volunteers, policies)
    earlier = set(_earlier(policies, policy))
    here = [v for v in volunteers.values() if v.is_there and v.rated_under in earlier]
    await store.re_evaluations.note(
        run.id, policy.version, [(v.id, v.ledger_seq, v.rated_under) for v in here]
    )
    changes = [change for v in here for change in journal.rate(v.id, policy, run.id)]
    await journal.write()
    return msgspec.structs.replace(
        run,
        after_id=due[-1] if due else run.after_id,
        done=run.done + len(here),
        promoted=run.promoted + sum(change.promoted for change in changes),
        revoked=run.revoked + sum(not change.promoted for change in changes),
    )


def _earlier(policies: Policies, policy: Policy) -> list[str]:
    """Who came later was rated by a later one already."""
    return [one.version for one in policies.versions if one.valid_from < policy.valid_from]
