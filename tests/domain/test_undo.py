"""Taking a sheet back: who alone, and what becomes of each record."""

from uuid import uuid4

import pytest

from volunteer_svc.domain.undo import ALONE_MAX, Standing, fate, needs_second

ASKER, OTHER, OWN = uuid4(), uuid4(), uuid4()


def test_an_import_never_alone_ones_own_large_sheet_neither_and_somebody_elses_at_once():
    assert needs_second("import", 1, own=False)
    assert not needs_second("sheet", ALONE_MAX, own=True)
    assert needs_second("sheet", ALONE_MAX + 1, own=True)
    assert not needs_second("sheet", 1_000, own=False)


@pytest.mark.parametrize(
    ("changes", "signers", "expected"),
    [
        ({}, [ASKER], ("reversed", None)),
        ({"state": "waiting"}, [ASKER], ("left", None)),
        ({"state": "waiting"}, [OTHER, ASKER], ("rejected", OTHER)),
        ({"state": "waiting", "entered_by": OTHER}, [ASKER], ("rejected", ASKER)),
        ({"state": "waiting", "entered_by": None}, [ASKER], ("rejected", ASKER)),
        ({"correction_waits": True}, [OTHER, ASKER], ("left", None)),
        ({"volunteer_id": OWN}, [OTHER, ASKER], ("left", None)),
        ({"state": "rejected"}, [OTHER, ASKER], ("left", None)),
    ],
)
def test_what_becomes_of_a_record(changes, signers, expected):
    fields = {"volunteer_id": uuid4(), "state": "counted", "entered_by": ASKER,
              "correction_waits": False} | changes  # fmt: skip
    assert fate(Standing(**fields), signers, {OWN}) == expected
