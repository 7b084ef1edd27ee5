"""Deliveries of webhooks as the relay makes them: lanes laid, heads claimed, answers written down.

A process that is killed between keeps its claims until their lease is over; then others send the
same bytes under the same id again.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions import endpoint_secrets, endpoints
from volunteer_svc.actions.command import Call, command
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.domain.events import OPERATIONAL, DeliveryExhausted
from volunteer_svc.domain.webhook import (
    PROBE_SECONDS,
    Answer,
    DisabledBecause,
    Health,
    LaneKind,
    Step,
    Verdict,
    step_of,
    verdict_of,
)
from volunteer_svc.domain.webhook_signature import signed
from volunteer_svc.identity.vault import VaultError, vault
from volunteer_svc.store import event_log
from volunteer_svc.store.attempts import ANSWER_CHARACTERS_MAX, Attempt
from volunteer_svc.store.lanes import Claimed
from volunteer_svc.store.transaction import in_transaction

FAN_EVENTS = 500
LEASE = timedelta(seconds=30)
"""Longer than an attempt may take; so long after a kill its deliveries are made again."""
SAMPLES = 20
_PASSES = 50
"""So often in a row a claim passes over what nobody wants any more."""
_CHALLENGE = re.compile(rb'"challenge":"([A-Za-z0-9_-]+)"')
# What an endpoint might send back of ours, or of its own, by mistake.
_SECRETS = re.compile(
    r"(?i)whsec_[A-Za-z0-9+/=]+|v1,[A-Za-z0-9+/=]{20,}|vsk_[0-9A-Za-z]+"
    r"|(?:bearer|basic) +[A-Za-z0-9._~+/=-]+"
    r"|(?:password|passwd|secret|token|api[_-]?key)[\"']?\s*[:=]\s*[\"']?[^\s\"',;&]+"
)


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be posted: the same bytes under the same id however often."""

    claimed: Claimed
    body: bytes
    secrets: tuple[bytes, ...]

    def headers(self, now: datetime) -> dict[str, str]:
        """Signed at the moment of the attempt."""
        claimed = self.claimed
        headers = signed(str(claimed.event_id), now, self.body, self.secrets)
        headers["volunteer-attempt"] = str(claimed.attempts + 1)
        if claimed.kind != "subject":
            headers["volunteer-delivery"] = claimed.kind
        return headers


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery and what came of it."""

    delivery: Delivery
    answer: Answer
    at: datetime

    @property
    def verdict(self) -> tuple[Verdict, int]:
        return verdict_of(self.answer, self.at)


async def fan_out(now: datetime) -> bool:
    """Let the next events of the log wait in lanes. False when all do, or another process does."""
    if not await store.lanes.is_behind():
        return False

    async def work() -> bool:
        fanned = await store.lanes.fanned()
        if fanned is None:
            return False
        head = await event_log.head()
        # Behind a new epoch's first number there is nothing that anybody is sent.
        after = max(fanned, head.floor_seq - 1)
        until = min(after + FAN_EVENTS, head.last_seq)
        if until <= fanned:
            return False
        await store.lanes.lay(after, until, now)
        return True

    return await in_transaction(work)


async def claim(
    now: datetime, room: Mapping[UUID, int], *, room_else: int, limit: int
) -> list[Delivery]:
    """Deliveries that are due, lent to this process for the lease; see `store.lanes.claim`."""

    async def work() -> tuple[list[Delivery], bool]:
        probe_next_at = now + timedelta(seconds=PROBE_SECONDS)
        probes = await store.lanes.take_probes(now, probe_next_at)
        claimed = await store.lanes.claim(
            now, LEASE, room, room_else=room_else, probes=probes, limit=limit
        )
        claimed += await store.lanes.claim_samples(now, LEASE, SAMPLES)
        gone = [one for one in claimed if one.body is None]
        if gone:  # beyond what the log keeps, or of another epoch
            await store.lanes.advance(gone, now)
        secrets = await _secrets({one.endpoint_id for one in claimed}, now)
        return [
            Delivery(claimed=one, body=one.body.encode(), secrets=secrets[one.endpoint_id])
            for one in claimed
            if one.body is not None and secrets.get(one.endpoint_id)
        ], bool(gone)

    for _ in range(_PASSES):
        claimed, passed_over = await in_transaction(work)
        if claimed or not passed_over:
            return claimed
    return []  # there is more to pass over; who asks may have been told to stop meanwhile


async def release(deliveries: Sequence[Delivery], now: datetime) -> None:
    """Give back what was claimed and not tried: another process goes on at once."""
    if deliveries:
        await store.lanes.release([one.claimed for one in deliveries], now)


async def finish(
    finished: Sequence[Finished], now: datetime, chance: Callable[[], float] = ids.chance
) -> None:
    """Write down what came of deliveries, whichever way; a repeated call does no harm."""
    for one in finished:  # before its lane is gone, by which a challenge is known to stand
        claimed = one.delivery.claimed
        if claimed.kind == "challenge" and one.verdict[0] == "delivered":
            await activate_endpoint(_call(now), claimed.endpoint_id, claimed)
    ended = await in_transaction(lambda: _finish(finished, now, chance))
    for endpoint_id, because in ended.items():
        await disable_failing(_call(now), endpoint_id, because)


def challenged(delivery: Delivery, answer: Answer, content: bytes) -> Answer:
    """The answer to a challenge: a success only when its content holds the challenge's text."""
    sent = _CHALLENGE.search(delivery.body)
    if delivery.claimed.kind == "challenge" and not (sent and sent[1] in content):
        return msgspec.structs.replace(answer, fault=answer.fault or "challenge_missing")
    return answer


def shown_head(content: bytes) -> str:
    """The beginning of an answer as text that can be stored and shown: bounded, no secrets."""
    text = content[: 4 * ANSWER_CHARACTERS_MAX].decode(errors="replace")
    text = "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return _SECRETS.sub("***", text)[:ANSWER_CHARACTERS_MAX]


@command
async def disable_failing(call: Call, endpoint_id: UUID, because: DisabledBecause) -> None:
    """The endpoint has said that it is gone, or has taken nothing for 120 hours."""
    endpoint = await store.endpoints.lock(endpoint_id)
    if endpoint is None or endpoint.state not in ("active", "paused"):
        call.notes.unchanged = True
        return
    await endpoints.disabled(call, endpoint, because)


@command
async def activate_endpoint(
    call: Call, endpoint_id: UUID, challenge: Claimed | None = None
) -> None:
    """It has answered its challenge: it has every event from now on.

    Unless the `challenge` stands no longer: the endpoint was disabled, deleted or moved to another
    address while the answer was on its way.
    """
    endpoint = await store.endpoints.lock(endpoint_id)
    stands = challenge is None or await store.lanes.lock_own([challenge])
    if endpoint is None or not stands or endpoint.state not in ("unverified", "disabled"):
        call.notes.unchanged = True
        return
    # While no lanes are laid: what is numbered after this comes, what was before does not.
    await store.lanes.hold_fan_out()
    first = (await event_log.head()).last_seq + 1
    active = msgspec.structs.replace(
        endpoint, state="active", state_reason=None, verified_at=call.now, from_seq=first
    )
    await store.endpoints.save(active)
    await store.endpoints.healths([endpoint_id], lock=True)
    await store.endpoints.save_healths({endpoint_id: Health(last_success_at=call.now)})
    call.notes.changed(None, endpoint, active)


async def _finish(
    finished: Sequence[Finished], now: datetime, chance: Callable[[], float]
) -> dict[UUID, DisabledBecause]:
    """Those endpoints that are to be disabled, and why."""
    claimed = [one.delivery.claimed for one in finished]
    healths = await store.endpoints.healths({one.endpoint_id for one in claimed}, lock=True)
    own = await store.lanes.lock_own(claimed)
    steps: dict[str, list[tuple[Claimed, Step]]] = {}
    ended: dict[UUID, DisabledBecause] = {}
    before = dict(healths)
    for one in finished:
        lane, (verdict, wait_seconds) = one.delivery.claimed, one.verdict
        # Of a lane that was taken over, sent back or removed: perhaps by another address.
        stands = (lane.endpoint_id, lane.name) in own
        if stands and lane.kind not in ("test", "challenge"):
            health = healths[lane.endpoint_id].after(verdict, one.at, wait_seconds=wait_seconds)
            healths[lane.endpoint_id] = health
            if verdict == "gone":
                ended[lane.endpoint_id] = "gone"
            elif health.is_given_up(one.at):
                ended.setdefault(lane.endpoint_id, "no_success")
        if stands:
            step = step_of(
                lane.kind, lane.attempts, lane.on_failure, verdict, one.at,
                wait_seconds=wait_seconds, chance=chance(),
            )  # fmt: skip
            steps.setdefault(step.kind, []).append((lane, step))
    changed = {key: one for key, one in healths.items() if one != before[key]}
    await store.endpoints.save_healths(changed)
    await _take(steps, now)
    await store.attempts.append(map(_attempt, finished))
    return ended


async def _take(steps: Mapping[str, list[tuple[Claimed, Step]]], now: datetime) -> None:
    def timed(kind: str) -> list[tuple[Claimed, int, datetime]]:
        return [
            (lane, step.attempts, step.due_at)
            for lane, step in steps.get(kind, ())
            if step.due_at is not None
        ]

    exhausted = steps.get("exhausted", [])
    await store.lanes.set_aside(timed("late"))
    await store.lanes.retry(timed("retry"))
    await store.lanes.advance(
        [lane for kind in ("done", "late", "exhausted") for lane, _ in steps.get(kind, ())], now
    )
    for lane, step in exhausted:
        await _tell_exhausted(lane, step.attempts, now)


async def _tell_exhausted(lane: Claimed, attempts: int, now: datetime) -> None:
    if lane.event_name in OPERATIONAL or lane.event_id is None:
        return  # or two broken endpoints would tell each other for ever
    endpoint = await store.endpoints.lock(lane.endpoint_id)
    if endpoint is None:
        return
    endpoint = msgspec.structs.replace(endpoint, version=endpoint.version + 1)
    await store.endpoints.save(endpoint)
    event = DeliveryExhausted(
        endpoint_id=endpoint.id,
        event_id=lane.event_id,
        event_sequence=f"{lane.sequence:020}",
        attempts=attempts,
    )
    await store.outbox.append([endpoints.raised(_call(now), endpoint, event)])


def _attempt(one: Finished) -> Attempt:
    lane, answer = one.delivery.claimed, one.answer
    kind: LaneKind = lane.kind
    assert lane.event_id is not None  # noqa: S101 - it had a body # nosec B101
    return Attempt(
        endpoint_id=lane.endpoint_id,
        event_id=lane.event_id,
        sequence=lane.sequence,
        kind=kind,
        number=lane.attempts + 1,
        at=one.at,
        milliseconds=answer.milliseconds,
        verdict=one.verdict[0],
        status=answer.status,
        fault=answer.fault,
        answer=answer.head,
    )


async def _secrets(endpoint_ids: set[UUID], now: datetime) -> dict[UUID, tuple[bytes, ...]]:
    found: dict[UUID, tuple[bytes, ...]] = {}
    if not endpoint_ids:
        return found
    ring = vault()
    for row in await store.endpoints.secrets(endpoint_ids, now):
        try:
            secret = ring.open(row.secret_sealed, endpoint_secrets.secret_place(row.id))
        except VaultError:
            continue  # its key is gone; the other endpoints go on
        found[row.endpoint_id] = (*found.get(row.endpoint_id, ()), secret)
    return found


def _call(now: datetime) -> Call:
    return Call(actor=Anyone(), now=now, channel="worker")
