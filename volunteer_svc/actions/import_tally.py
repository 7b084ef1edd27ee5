"""What an import counts and complains about, sheet by sheet."""

from collections.abc import Mapping, Sequence

from volunteer_svc.domain.errors import Fault
from volunteer_svc.store.imports import Problem, ProblemOutcome
from volunteer_svc.workbooks.county import BadRow, RosterRow, ServiceRow, StationRow

Row = StationRow | RosterRow | ServiceRow | BadRow


class Tally:
    """Counts by sheet and outcome, and the problems met."""

    def __init__(self) -> None:
        self.summary: dict[str, dict[str, int]] = {}
        self.problems: list[Problem] = []

    def count(self, sheet: str, outcome: str, times: int = 1) -> None:
        counts = self.summary.setdefault(sheet, {})
        counts[outcome] = counts.get(outcome, 0) + times

    def add(self, summary: Mapping[str, Mapping[str, int]]) -> None:
        """Add what was counted before."""
        for sheet, counts in summary.items():
            for outcome, times in counts.items():
                self.count(sheet, outcome, times)

    def refuse(
        self, sheet: str, row: Row, faults: Sequence[Fault], columns: Mapping[str, str]
    ) -> None:
        """A row that is not taken, with everything that is wrong with it."""
        self.count(sheet, "refused")
        for fault in faults:
            self._note(sheet, row, "refused", fault, columns.get(fault.field or ""))

    def refuse_unreadable(self, sheet: str, row: BadRow) -> None:
        self.count(sheet, "refused")
        for cell in row.faults:
            self._note(sheet, row, "refused", cell.fault, cell.column)

    def wait(self, sheet: str, row: Row, why: str, level: str) -> None:
        """A row that is taken and waits for a second person of `level`."""
        self.count(sheet, "waiting")
        self._note(sheet, row, "waiting", Fault(why, None, {"level": level}), None)

    def notice(self, sheet: str, row: Row, fault: Fault, columns: Mapping[str, str]) -> None:
        """A row that is taken, and something about it that one should know."""
        self._note(sheet, row, "notice", fault, columns.get(fault.field or ""))

    def _note(
        self, sheet: str, row: Row, outcome: ProblemOutcome, fault: Fault, column: str | None
    ) -> None:
        self.problems.append(
            Problem(
                sheet=sheet,
                line=row.line,
                row=row.row,
                column=column,
                outcome=outcome,
                code=fault.code,
                params=fault.params,
            )
        )
