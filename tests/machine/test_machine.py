"""Whatever happens in whatever order, the service's books, states and events are the model's.

`MACHINE_STEPS` says how far (`make check` goes far), `MACHINE_SEED` repeats a run.
"""

import os
import random
import time

import anyio.to_thread
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import STATES, Machine
from tests.machine.stage import Stage

PARTS = 2
"""Played side by side where there are two workers."""
STEPS = int(os.environ.get("MACHINE_STEPS", "300")) // PARTS
RUN_STEPS = 50
FAR = 4_000
"""From here on a part must have seen all of this, else it is blind."""
SIGHTS = {
    *STATES, "counted", "not_counted", "approved", "rejected", "refused", "sheet_refused",
    "correction counted None", "correction waiting station", "waiting county day_over_max",
    "waiting station day_over_direct", "waiting station evidence_self",
    "waiting station evidence_historical", "overlapping_service", "not_inducted",
    "not_active_on_date", "late_reason_required", "service_in_future", "own_hours",
    "second_person_required", "star.promoted", "star.revoked", "registration.lapsed",
    "induction_window_over", "applied_before_end", "induction.revoked",
    "served_since_induction", "induction_not_deciding",
}  # fmt: skip


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.usefixtures("database")
async def test_books_states_and_events_are_those_of_the_model(part, record_property):
    # Chosen by chance unless told: what is found once is found again by its number.
    first = int(os.environ.get("MACHINE_SEED", random.SystemRandom().randrange(10**6)))
    started = time.monotonic()
    steps = await anyio.to_thread.run_sync(play, first + part * 10**6)
    seconds = round(time.monotonic() - started)
    record_property("machine", f"{steps=} {seconds=} seed={first} {part=}")


def play(number):
    """Runs of at most `RUN_STEPS` steps until there are enough."""
    stage = Stage()
    while stage.steps < STEPS:
        print(f"repeat with: MACHINE_SEED={number}, the first part")  # noqa: T201 - if it fails
        limits = settings(
            max_examples=max(1, min(40, (STEPS - stage.steps) // RUN_STEPS)),
            stateful_step_count=RUN_STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(seed(number)(lambda: Machine(stage)), settings=limits)
        number += 1
    if stage.steps >= FAR:
        assert stage.seen.keys() >= SIGHTS, SIGHTS - stage.seen.keys()
    return stage.steps
