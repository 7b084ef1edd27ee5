"""A report as tables, in words: what the workbook, the printed page and the page show."""

from decimal import Decimal

from volunteer_svc.actions.reports import Report
from volunteer_svc.domain.activity import ActivityForm
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.domain.report import Hours
from volunteer_svc.i18n import Language, term
from volunteer_svc.i18n.pages import say
from volunteer_svc.printing import paper
from volunteer_svc.workbooks.tables import Table


class Words:
    """The words of reports in a language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, name: str, **params: object) -> str:
        return say(f"reports.{name}", self.language, params)

    def hours_of(self, cell: Hours) -> tuple[str, str]:
        """Kind and form of a cell."""
        if cell.together:
            return self("together"), ""
        return (
            term("kind", cell.kind, self.language) if cell.kind else self("no_kind"),
            self.form(cell.form) if cell.form else self("no_form"),
        )

    def told(self, count: int | None) -> int | str:
        return self("few") if count is None else count

    def hours(self, minutes: int | None) -> float | str:
        """Rounded down to two decimals."""
        return self("few") if minutes is None else float(Decimal(hours_shown(minutes)))

    def form(self, form: ActivityForm) -> str:
        return term("form", form, self.language)


def tables(report: Report, language: Language) -> list[Table]:
    """Summary, hours, evidence, activities, months and, of the county, its stations."""
    say = Words(language)
    made = [
        _summary(report, say),
        _hours(report, say),
        Table(
            say("evidence"),
            [say("evidence"), say("records"), say("hours")],
            [
                [term("evidence", one.evidence, language), say.told(one.records),
                 say.hours(one.minutes)]
                for one in report.evidence
            ],
        ),
        Table(
            say("activities"),
            [say("form"), say("held"), say("with_volunteers"), say("yearly_target")],
            [
                [say.form(one.form), one.held, one.served,
                 "" if one.yearly_target is None else one.yearly_target]
                for one in report.activities
            ],
        ),
        Table(
            say("months"),
            [say("month"), say("joined"), say("left"), say("members"), say("records"),
             say("hours")],
            [
                [f"{one.month:%Y-%m}", one.joined, one.left, one.members, say.told(one.records),
                 say.hours(one.minutes)]
                for one in report.months
            ],
        ),
    ]  # fmt: skip
    return [*made, _stations(report, say)] if report.station_id is None else made


def printed(report: Report, language: Language) -> bytes:
    """JSON for the printing template of files: the summary as facts, the rest as tables."""
    say = Words(language)
    summary, *others = tables(report, language)
    return paper.file(
        say("title"),
        " · ".join(str(row[1]) for row in summary.rows[:2]),
        [(str(name), str(value)) for name, value in summary.rows[2:]],
        [
            paper.Section(
                one.title, list(one.headers), [[str(cell) for cell in row] for row in one.rows]
            )
            for one in others
        ],
        say("printed_note"),
    )


def scope(report: Report, language: Language) -> str:
    """Whose report it is."""
    return report.station_name or say("reports.county", language)


def file_name(report: Report, language: Language) -> str:
    """What it is, whose and of which days; what follows the last dot is the caller's."""
    title = say("reports.title", language)
    return f"{title}-{scope(report, language)}-{report.from_on}-{report.until_on}"


def _summary(report: Report, say: Words) -> Table:
    members, registrations, service = report.members, report.registrations, report.service
    rows: list[list[str | int | float]] = [
        [say("scope"), scope(report, say.language)],
        [say("range"), say("from_to", first=report.from_on, last=report.until_on)],
        [say("as_of"), report.as_of.isoformat()],
        [say("opening"), members.opening],
        [say("new"), members.new],
        [say("returned"), members.returned],
        [say("moved_in"), members.moved_in],
        [say("exited"), members.exited],
        [say("moved_out"), members.moved_out],
        [say("closing"), members.closing],
        [say("active"), say.told(members.active)],
        [say("suspended"), say.told(members.suspended)],
        [say("applied"), registrations.applied],
        [say("registered"), registrations.registered],
        [say("lapsed"), registrations.lapsed],
        [say("volunteers"), service.volunteers],
        [say("records"), say.told(service.records)],
        [say("hours"), say.hours(service.minutes)],
        [say("on_time"), say.told(service.on_time)],
        [say("late"), say.told(service.late)],
        [say("waiting_records"), say.told(service.waiting.records)],
        [say("waiting_hours"), say.hours(service.waiting.minutes)],
        [say("certificates"), report.certificates],
    ]
    return Table(say("summary"), [say("figure"), say("value")], rows)


def _hours(report: Report, say: Words) -> Table:
    return Table(
        say("hours_by"),
        [say("kind"), say("form"), say("volunteers"), say("records"), say("hours")],
        [
            [*say.hours_of(one), "" if one.volunteers is None else one.volunteers,
             say.told(one.records), say.hours(one.minutes)]
            for one in report.hours
        ],
    )  # fmt: skip


def _stations(report: Report, say: Words) -> Table:
    forms = [one.form for one in report.activities]
    return Table(
        say("stations"),
        [say("station"), say("members"), say("new"), say("exited"), say("volunteers"),
         say("records"), say("hours"), *(say("with_form", form=say.form(form)) for form in forms)],
        [
            [one.name, one.members, one.new, one.exited, one.volunteers, say.told(one.records),
             say.hours(one.minutes), *(one.served_activities.get(form, 0) for form in forms)]
            for one in report.stations
        ],
    )  # fmt: skip
