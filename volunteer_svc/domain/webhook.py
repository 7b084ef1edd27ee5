"""Deliveries of webhooks: what an answer means, when the next attempt is, when an endpoint ends.

Events of one subject wait in a lane, the next at its head. A failing head holds its lane through
the third attempt; then later ones pass it and it goes on in a lane of its own, marked as late.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

import msgspec

SCHEDULE_SECONDS = (
    0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600,
)  # fmt: skip
"""How long after the attempt before each of the ten is made."""
JITTER = 0.2
HOLDING_ATTEMPTS = 3
FAILURES_OPEN = 10
"""So many failures in a row open the circuit."""
PROBE_SECONDS = 60
GIVEN_UP_AFTER = timedelta(hours=120)
RETRY_AFTER_SECONDS_MAX = 24 * 3600
OLD_SECRET_HOURS = 24

LaneKind = Literal["subject", "late", "resend", "test", "challenge"]
OnFailure = Literal["pass", "block"]
State = Literal["unverified", "active", "paused", "disabled", "deleted"]
DisabledBecause = Literal["owner", "gone", "no_success", "client_closed"]
Verdict = Literal["delivered", "failed", "told_to_wait", "gone"]
Fault = Literal[
    "name_unknown", "address_refused", "connect_failed", "connect_timeout", "tls_failed",
    "timeout", "connection_lost", "answer_malformed", "challenge_missing",
]  # fmt: skip


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an attempt: a status, or the fault that kept it away.

    `head` is the beginning of the answer's body as text.
    """

    milliseconds: int
    status: int | None = None
    fault: Fault | None = None
    head: str = ""
    retry_after: str | None = None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How an endpoint has answered of late. Until `wait_until` nothing is sent to it."""

    failures: int = 0
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    wait_until: datetime | None = None

    def after(self, verdict: Verdict, now: datetime, *, wait_seconds: int = 0) -> "Health":
        """Of several under way at once answers come in any order: one that is taken does not undo
        another's Retry-After, nor does a shorter one."""
        if verdict == "delivered":
            is_told = self.failures < FAILURES_OPEN
            return Health(last_success_at=now, wait_until=self.wait_until if is_told else None)
        since = self.failing_since or now
        if verdict == "told_to_wait":
            told = now + timedelta(seconds=wait_seconds)
            told = max(told, self.wait_until) if self.wait_until else told
            return msgspec.structs.replace(self, failing_since=since, wait_until=told)
        failures = self.failures + 1
        until = self.wait_until
        if failures >= FAILURES_OPEN:
            probe_at = now + timedelta(seconds=PROBE_SECONDS)
            until = max(until, probe_at) if until else probe_at
        return msgspec.structs.replace(
            self, failures=failures, failing_since=since, wait_until=until
        )

    def is_given_up(self, now: datetime) -> bool:
        return self.failing_since is not None and now - self.failing_since >= GIVEN_UP_AFTER


class Step(msgspec.Struct, frozen=True):
    """What becomes of a lane's head.

    `done`: the next one follows. `retry`: it stays, due at `due_at`. `late`: it goes into a lane
    of its own, due then, and the next one follows. `exhausted`: nobody tries any more.
    """

    kind: Literal["done", "retry", "late", "exhausted"]
    attempts: int = 0
    due_at: datetime | None = None


def verdict_of(answer: Answer, now: datetime) -> tuple[Verdict, int]:
    """The verdict, and for how many seconds the endpoint asked not to be called."""
    if answer.fault == "challenge_missing" or answer.status is None:
        return "failed", 0
    if 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return "delivered", 0
    if answer.status == 410:  # noqa: PLR2004
        return "gone", 0
    seconds = retry_after_seconds(answer.retry_after, now)
    if answer.status in (429, 503) and seconds > 0:
        return "told_to_wait", seconds
    return "failed", 0


def retry_after_seconds(header: str | None, now: datetime) -> int:
    """Seconds or an HTTP date, at most a day; 0 when it says nothing that can be understood."""
    if not header:
        return 0
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), RETRY_AFTER_SECONDS_MAX)
    try:
        at = parsedate_to_datetime(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - now).total_seconds()
    except (ValueError, OverflowError):
        return 0
    return min(max(0, round(seconds)), RETRY_AFTER_SECONDS_MAX)


def due_after(attempts: int, now: datetime, chance: float) -> datetime | None:
    """When the next attempt is due after so many; None: there is none. `chance`: 0 to 1."""
    if attempts >= len(SCHEDULE_SECONDS):
        return None
    factor = 1 + JITTER * (2 * chance - 1)
    return now + timedelta(seconds=SCHEDULE_SECONDS[attempts] * factor)


def step_of(
    kind: LaneKind,
    attempts: int,
    on_failure: OnFailure,
    verdict: Verdict,
    now: datetime,
    *,
    wait_seconds: int = 0,
    chance: float = 0.5,
) -> Step:
    """What becomes of the head after an attempt; `attempts` were made before it."""
    if verdict == "delivered" or kind in ("test", "challenge"):
        return Step("done")
    if verdict == "told_to_wait":
        return Step("retry", attempts, now + timedelta(seconds=wait_seconds))
    made = attempts + 1
    due_at = due_after(made, now, chance)
    if due_at is None:
        return Step("exhausted", made)
    if kind == "subject" and on_failure == "pass" and made >= HOLDING_ATTEMPTS:
        return Step("late", made, due_at)
    return Step("retry", made, due_at)
