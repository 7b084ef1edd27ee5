"""Five bugs that such services have in the wild, each as a small change of ours."""

from pathlib import Path

import msgspec


class Change(msgspec.Struct, frozen=True):
    """A text of a file that is there exactly once, and what takes its place."""

    file: str
    old: str
    new: str

    def apply(self, tree: Path) -> None:
        """Raises when the text is not there exactly once: the seed is to be written anew."""
        path = tree / self.file
        text = path.read_text()
        if text.count(self.old) != 1:
            raise LookupError(f"{self.file} holds {text.count(self.old)} times: {self.old}")
        path.write_text(text.replace(self.old, self.new))


class Bug(msgspec.Struct, frozen=True):
    """A bug and the smallest tests that are expected to catch it."""

    name: str
    tests: tuple[str, ...]
    changes: tuple[Change, ...]


_LOG = "volunteer_svc/store/event_log.py"
_OUTBOX = "volunteer_svc/store/outbox.py"
_VOLUNTEERS = "volunteer_svc/store/volunteers.py"
_TRANSACTION = "volunteer_svc/store/transaction.py"
_STAR = "volunteer_svc/domain/star.py"

_LOCK = "WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
_INSERT = '    await bulk.insert(\n        "outbox",\n'
_CLERKS = (
    "tests/actions/test_service_records.py::"
    "test_sixteen_clerks_at_once_across_thresholds_lose_and_double_nothing"
)

BUGS = (
    Bug(
        "id-cursor reader",
        ("tests/events/test_sequencer.py::test_racing_commands_are_numbered_densely_and_in_order",),
        (
            Change(
                _LOG,
                "FROM outbox ORDER BY id LIMIT $1",
                "FROM outbox WHERE id > $2 ORDER BY id LIMIT $1",
            ),
            Change(
                _LOG,
                "rows = await connection.fetch(_TAKE, limit)",
                "rows = await connection.fetch(_TAKE, limit, _LAST.get(connection, 0))",
            ),
            Change(
                _LOG,
                '        first = head["last_seq"] + 1\n',
                '        first = head["last_seq"] + 1\n'
                '        _LAST[connection] = rows[-1]["id"]\n',
            ),
            Change(_LOG, "\nclass Head(", "\n_LAST: Any = {}\n\n\nclass Head("),
        ),
    ),
    Bug(
        # The order of identities is then not the order of versions.
        "event before lock",
        (_CLERKS,),
        (
            Change(
                _VOLUNTEERS,
                "    rows = await fetch(\n"
                '        f"SELECT {_COLUMNS} FROM volunteer ' + _LOCK + '",\n',
                "    from volunteer_svc.store import outbox\n\n"
                "    outbox.EARLY.set([row[0] for row in await fetch("
                "\"SELECT nextval('outbox_id_seq') FROM generate_series(1, 20)\")])\n"
                "    rows = await fetch(\n"
                '        f"SELECT {_COLUMNS} FROM volunteer ' + _LOCK + '",\n',
            ),
            Change(_OUTBOX, _INSERT, '    await _early(\n        "outbox",\n'),
            Change(
                _OUTBOX,
                "\nclass Trace(",
                "\nimport contextvars\n\n"
                'EARLY: contextvars.ContextVar[list[int]] = contextvars.ContextVar("early",'
                " default=[])\n\n\n"
                "async def _early(table, columns, rows):\n"
                "    early = EARLY.get()\n"
                "    if len(early) >= len(rows):\n"
                "        EARLY.set(early[len(rows):])\n"
                '        columns = ("id", *columns)\n'
                "        rows = [(number, *row) for number, row in zip(early, rows)]\n"
                "    await bulk.insert(table, columns, rows)\n\n\nclass Trace(",
            ),
        ),
    ),
    Bug(
        "star from floats",
        ("tests/domain/test_star.py",),
        (
            Change(
                _STAR,
                "return bisect_right(policy.star_minutes, minutes)",
                "hours = round(minutes / 60, 1)\n"
                "    return bisect_right([m / 60 for m in policy.star_minutes], hours)",
            ),
        ),
    ),
    Bug(
        "missing row lock",
        ("tests/crash/test_stress.py",),
        (Change(_VOLUNTEERS, " ORDER BY id FOR NO KEY UPDATE", " ORDER BY id"),),
    ),
    Bug(
        # In a transaction of its own behind the other's commit: a crash between them loses it.
        "publish after commit",
        ("tests/crash/test_one_transaction.py",),
        (
            Change(_OUTBOX, _INSERT, '    LATER.get().append((\n        "outbox",\n'),
            Change(_OUTBOX, "        ],\n    )  # fmt: skip\n", "        ],\n    ))\n"),
            Change(
                _OUTBOX,
                "\nclass Trace(",
                "\nimport contextvars\n\n"
                "LATER: contextvars.ContextVar[list[tuple]] = contextvars.ContextVar("
                '"later")\n\n\nclass Trace(',
            ),
            Change(
                _TRANSACTION,
                "                return await work()\n",
                "                from volunteer_svc.store import bulk, outbox\n\n"
                "                outbox.LATER.set([])\n"
                "                result = await work()\n"
                "            for statement in outbox.LATER.get():\n"
                "                async with Transaction():\n"
                "                    await bulk.insert(*statement)\n"
                "            return result\n",
            ),
        ),
    ),
)
