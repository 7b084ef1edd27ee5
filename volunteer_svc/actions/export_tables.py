"""A person's export as tables to read and print: the record classes of 令第67号, and the rest."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

from volunteer_svc.actions.export_handling import Handling
from volunteer_svc.actions.exports import PersonExport
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.i18n import Language, term
from volunteer_svc.i18n.dates import day, moment
from volunteer_svc.i18n.pages import page_words
from volunteer_svc.identity.people import Identity

Rows = tuple[str, Sequence[str], Iterable[Sequence[object]]]
"""Title, columns and rows of a table, by their names."""


class Table(msgspec.Struct, frozen=True):
    """One class of records. `rows` may be none."""

    title: str
    columns: list[str]
    rows: list[list[str]]


class Everything(msgspec.Struct, frozen=True):
    """`facts`: pairs of what it is and what it says."""

    title: str
    exported_at: datetime
    facts: list[tuple[str, str]]
    tables: list[Table]
    none: str


def tables_of(export: PersonExport, language: Language) -> Everything:
    """All of it in words, nothing masked."""

    def word(name: str, value: object = None) -> str:
        return term("export", name, language) if value is None else term(name, value, language)

    def shown(value: object) -> str:
        if isinstance(value, datetime):
            return moment(value, language)
        if isinstance(value, date):
            return day(value, language)
        return "" if value is None else str(value)

    def period(first: date | None, last: date | None) -> str:
        return f"{shown(first)} – {shown(last)}" if first and last else ""

    def identity(one: Identity) -> str:
        return f"{one.name} {one.document_number} {shown(one.birth_date)}"

    who, lives = export.identity, [export.life, *(one.life for one in export.merged_files)]
    facts = [
        ("member_no", export.member_no), ("name", who.name), ("sex", word("sex", who.sex)),
        ("birth_date", who.birth_date), ("document_kind", word("document", who.document_kind)),
        ("document_number", who.document_number), ("phone", who.phone),
        ("address", who.address), ("area", who.area), ("skills", who.skills),
        ("service_category", who.service_category and word("kind", who.service_category)),
        ("language", word("language", who.language)),
        ("state", word("state", export.state)), ("counted_hours", export.counted_hours),
        ("star", export.star),
    ]  # fmt: skip
    tables: list[Rows] = [
        ("registrations",
         ("applied_on", "registered_on", "inducted_on", "ended_on", "address", "guardian",
          "guardian_phone", "consented_on"),
         [(r.registration.applied_on, r.registration.registered_on, r.registration.inducted_on,
           r.registration.ended_on or r.registration.declined_on, r.form and r.form.address,
           *_guardian(r.form and r.form.guardian)) for r in export.registrations]),
        ("claims", ("received_at", "name", "phone", "address"),
         [(c.received_at, c.form.name, c.form.phone, c.form.address) for c in export.claims]),
        ("service",
         ("served_on", "activity", "place", "leader", "content", "hours", "state"),
         [(r.served_on, r.title, r.place, r.leader, r.content, hours_shown(r.standing_minutes),
           word("state", r.state)) for r in export.service_records]),
        ("corrections", ("entered_at", "hours_before", "hours_after", "reason", "requested_by"),
         [(c.entered_at, hours_shown(c.minutes_before), hours_shown(c.minutes_after), c.reason,
           c.requested_by) for c in export.corrections]),
        ("inductions", ("held_on", "place", "revoked_on"),
         [(a.held_on, a.place, a.revoked_at) for a in export.inductions]),
        ("induction_sign_up", ("asked_at",),
         [(one.signed_up_at,) for one in (export.induction_sign_up,) if one is not None]),
        ("suspensions", ("from_on", "to_on", "reason"),
         [(s.from_on, s.to_on, s.reason) for s in export.suspensions]),
        ("transfers", ("on", "consent", "reason"),
         [(t.transferred_on, t.consented_on, t.reason) for one in lives for t in one.transfers]),
        ("sign_ups", ("activity", "asked_at", "state", "ended_on"),
         [(s.title, s.signup.entered_at, word("state", s.signup.state), s.signup.ended_at)
          for one in lives for s in one.sign_ups]),
        ("check_ins", ("activity", "from_on", "to_on"),
         [(c.title, c.check_in.in_at, c.check_in.out_at) for one in lives for c in one.check_ins]),
        ("photos", ("stored_at", "bytes"),
         [(p.file.stored_at, p.file.bytes) for one in lives for p in one.photos]),
        ("transfer_proposals", ("asked_at", "reason", "state"),
         [(t.proposed_at, t.reason, word("state", t.answer or "open"))
          for one in lives for t in one.transfer_proposals]),
        ("training_sign_ups", ("activity", "held_on", "asked_at"),
         [(t.title, t.starts_at, t.signed_up_at) for one in lives for t in one.training_sign_ups]),
        ("trainings", ("on", "topic", "valid_until", "revoked_on"),
         [(t.completed_on, t.topic, t.valid_until, t.struck_at)
          for one in lives for t in one.trainings]),
        ("groups", ("name", "from_on", "to_on"),
         [(g.name, g.from_on, g.to_on) for one in lives for g in one.groups]),
        ("nominations", ("name", "on", "granted_by", "state"),
         [(n.honour, n.nominated_on, n.awarding_body, word("state", n.state))
          for one in lives for n in one.nominations]),
        ("positions", ("position", "from_on", "to_on"),
         [(word("position", p.kind), p.from_on, p.to_on) for one in lives for p in one.positions]),
        ("awards", ("name", "on", "granted_by", "revoked_on"),
         [(a.name, a.granted_on, a.granted_by, a.revoked_on)
          for one in lives for a in one.awards]),
        ("evaluations", ("on", "grade", "content"),
         [(e.evaluated_on, e.grade, e.words) for one in lives for e in one.evaluations]),
        ("objections", ("asked_at", "content", "due_on", "reason"),
         [(o.opened_at, o.text, o.due_on, o.reason) for one in lives for o in one.objections]),
        ("complaints", ("asked_at", "content", "due_on", "reason"),
         [(c.opened_at, c.text, c.due_on, c.outcome_words)
          for one in lives for c in one.complaints]),
         ("certificates", ("number", "kind", "period", "hours", "on", "state"),
          [(c.number, word("certificate_kind", c.kind), period(c.from_on, c.to_on), c.hours,
            c.issued_on, word("certificate_state", c.state))
           for one in lives for c in one.certificates]),
         ("badges", ("star", "on"), [(b.star, b.won_on) for one in lives for b in one.badges]),
        ("stars", ("changed_on", "from_star", "to_star"),
         [(s.changed_on, s.from_star, s.to_star) for s in export.stars]),
        ("recognitions", ("year", "rank", "hours"),
         [(r.year, r.rank, hours_shown(r.minutes)) for r in export.recognitions]),
        ("requests", ("asked_at", "content", "due_on", "reason"),
         [(r.asked_at, r.text, r.due_on, r.reason) for r in export.correction_requests]),
        ("withdrawals", ("asked_at", "consent", "reason"),
         [(w.withdrawn_at, word("consent", w.kind), w.reason)
          for w in export.consents_withdrawn]),
        ("identity_corrections", ("entered_at", "fields", "before", "reason"),
         [(c.corrected_at, ", ".join(word(name) for name in c.fields), identity(c.before),
           c.reason) for c in export.identity_corrections]),
        ("merged", ("member_no", "before", "registered_on"),
         [(m.member_no, identity(m.before),
           " · ".join(shown(r.registration.registered_on) for r in m.registrations))
          for m in export.merged_files]),
        ("files", ("kind", "stored_at", "bytes"),
         [(word("file", f.kind), f.stored_at, f.bytes) for f in export.files]),
        *_handling([export.handling, *(m.handling for m in export.merged_files)], language),
    ]  # fmt: skip
    return Everything(
        title=word("title"),
        exported_at=export.exported_at,
        facts=[(word(name), shown(value)) for name, value in facts],
        tables=[
            Table(word(title), [word(one) for one in columns],
                  [[shown(value) for value in row] for row in rows])
            for title, columns, rows in tables
        ],
        none=word("none"),
    )  # fmt: skip


def _handling(handled: Sequence[Handling], language: Language) -> list[Rows]:
    """What became of the data, of this file and of those merged into it."""
    secret = term("export", "secret", language)

    def look(name: str, value: str | None) -> str:
        return page_words(language).get(f"my_file.{name}_{value}", value) if value else ""

    return [
        ("accesses", ("at", "who", "what", "purpose", "recipient", "reason"),
         [(a.happened_at, a.actor_name or look("actor", a.actor_kind),
           ", ".join(look("field", name) for name in a.fields), look("purpose", a.purpose),
           a.recipient, a.reason) for one in handled for a in one.accesses]),
        ("disclosures", ("approved_at", "what", "recipient", "letter"),
         [(d.approved_at, ", ".join(look("field", name) for name in d.fields),
           secret if d.secret else d.recipient, d.letter_reference)
          for one in handled for d in one.disclosures]),
        ("sessions", ("at", "until"),
         [(s.created_at, s.expires_at) for one in handled for s in one.sessions]),
        ("notices", ("at", "content", "read_at"),
         [(n.made_at, term("notice", n.kind, language), n.read_at)
          for one in handled for n in one.notices]),
        ("messages", ("at", "content", "due_on", "sent_at"),
         [(m.made_at, term("reminder", m.kind, language), m.due_on, m.sent_at or m.done_at)
          for one in handled for m in one.messages]),
        ("erasures", ("asked_at", "reason", "state"),
         [(e.asked_at, e.reason, term("state", e.state, language))
          for one in handled for e in one.erasures]),
        ("left_out", ("year", "version", "reason"),
         [(x.year, x.version, x.reason) for one in handled for x in one.left_out]),
    ]  # fmt: skip


def _guardian(guardian: object) -> tuple[object, object, object]:
    name, phone, day = (getattr(guardian, n, None) for n in ("name", "phone", "consented_on"))
    return name, phone, day
