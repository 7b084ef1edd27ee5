"""Certificates: numbered without gaps, true to the books, ended by what makes them untrue (R16)."""

import asyncio
from datetime import date, timedelta

import asyncpg
import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events, hours, line, record
from tests.builders import TODAY
from tests.printing.pdf import pages
from volunteer_svc.actions import (
    certificate_papers,
    certificates,
    corrections,
    erasures,
    exports,
    identities,
    merging,
    undos,
)
from volunteer_svc.actions.certificates import IssueCertificate, IssueStar, RevokeCertificate
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.actions.identities import CorrectIdentity
from volunteer_svc.actions.merging import MergeVolunteer
from volunteer_svc.actions.undos import AskUndo
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import execute, fetch

FROM = date(2026, 1, 1)
WRONG = RevokeCertificate(reason="张冠李戴")


class Desk:
    """A station, its worker and head, and a volunteer with three hours in two activities."""

    async def set(self):
        self.station = await builders.station(name="海州街道社工站")
        self.worker = await builders.staff("social_worker", self.station.id)
        self.head = await builders.staff("station_head", self.station.id)
        self.person = await builders.active(self.station.id)
        self.himself = await builders.signed_in(self.person.id)
        lines = (
            line(self.person, minutes=120, title="敬老院陪伴", kind="elder_care"),
            line(self.person, minutes=60, title="义诊", served_on=date(2026, 3, 3)),
        )
        self.records = [o.record_id for o in await record(self.worker, self.station.id, *lines)]
        return self

    def period(self, from_on=FROM, to_on=TODAY):
        return IssueCertificate(station_id=self.station.id, from_on=from_on, to_on=to_on)

    async def issued(self, who=None, **period):
        call = (who or self.worker).call()
        return await certificates.issue_certificate(call, self.person.id, self.period(**period))

    async def correct(self, n, minutes):
        request = Correct(minutes=minutes, reason="看错")
        return await corrections.correct_record(self.worker.call(), self.records[n], request)

    async def states(self):
        found = await certificates.certificates_of(self.worker.call(), self.person.id)
        return [(int(one.number[-6:]), one.state, one.because) for one in reversed(found)]


@pytest.fixture
async def desk(database):
    return await Desk().set()


async def code_of(view):
    return view.verify_path.rpartition("/")[2]


@pytest.mark.rule("R16")
async def test_the_station_or_the_volunteer_gets_what_the_books_say_and_everybody_can_verify_it(
    desk,
):
    made = await desk.issued()
    assert (made.number, made.minutes, made.hours, made.state) == (
        f"{desk.station.code}-2026-000001", 180, "3.00", "valid",
    )  # fmt: skip
    assert await desk.issued(desk.himself) == made, "the same again is the same certificate"
    told = await certificate_papers.verify((await code_of(made)).lower().replace("-", " "))
    assert (told.name, told.unit, told.minutes, told.state) == (
        "王**", "海州街道社会工作服务站", 180, "valid",
    )  # fmt: skip
    assert told.title == "海州街道社会工作服务站志愿服务记录证明"
    with pytest.raises(Refusal, match="certificate_unknown"):
        await certificate_papers.verify("AAAA-BBBB-CCCC-DDDD-EEEE")
    (event,) = await events("certificate.issued")
    assert (event["number"], event["minutes"], event["kind"]) == (made.number, 180, "service_time")
    # More has been counted since: the new one says it, the old one is superseded.
    await record(desk.worker, desk.station.id, line(desk.person, minutes=30, served_on=FROM))
    grown = await desk.issued()
    assert (grown.minutes, grown.replaces) == (210, made.id)
    assert await desk.states() == [(1, "superseded", "re_issued"), (2, "valid", None)]
    await assert_books_agree()


@pytest.mark.rule("R16")
async def test_a_correction_supersedes_what_it_makes_untrue_and_nothing_else(desk):
    spring = await desk.issued(to_on=date(2026, 6, 30))
    whole = await desk.issued()
    await desk.correct(0, 90)  # of today: the spring's is as true as before
    assert await desk.states() == [(1, "valid", None), (2, "superseded", "corrected")]
    assert (await certificate_papers.verify(await code_of(spring))).state == "valid"
    assert (await certificate_papers.verify(await code_of(whole))).state == "superseded"
    (event,) = await events("certificate.superseded")
    assert (event["certificate_id"], event["because"]) == (str(whole.id), "corrected")
    anew = await certificates.reissue_certificate(desk.worker.call(), whole.id)
    assert (anew.minutes, anew.replaces) == (150, whole.id)
    with pytest.raises(Refusal, match="certificate_replaced"):
        await certificates.reissue_certificate(desk.worker.call(), whole.id)
    # A whole sheet taken back supersedes both that are left.
    (sheet,) = await fetch("SELECT DISTINCT sheet_id FROM service_record")
    wish = AskUndo(kind="sheet", target_id=sheet["sheet_id"], reason="录错")
    await undos.ask_undo(desk.worker.call(), wish)
    assert [state for _, state, _ in await desk.states()] == ["superseded"] * 3
    with pytest.raises(Refusal, match="no_counted_hours"):
        await desk.issued()
    await assert_books_agree()


async def test_a_refused_correction_leaves_the_certificate(desk, monkeypatch):
    """In one transaction: neither half happens without the other."""
    await desk.issued()

    async def breaks(*_):
        raise RuntimeError("the last statement fails")

    with monkeypatch.context() as patched:
        patched.setattr("volunteer_svc.store.outbox.append", breaks)
        with pytest.raises(RuntimeError):
            await desk.correct(0, 90)
    assert await desk.states() == [(1, "valid", None)]


async def test_revoked_once_with_a_reason_and_never_valid_again(desk):
    made = await desk.issued()
    with pytest.raises(Refusal, match="forbidden"):
        await certificates.revoke_certificate(desk.worker.call(), made.id, WRONG)
    gone = await certificates.revoke_certificate(desk.head.call(), made.id, WRONG)
    assert (gone.state, gone.reason) == ("revoked", "张冠李戴")
    for again in (
        certificates.revoke_certificate(desk.head.call(), made.id, WRONG),
        certificates.reissue_certificate(desk.head.call(), made.id),
    ):
        with pytest.raises(Refusal, match="certificate_revoked"):
            await again
    told = await certificate_papers.verify(await code_of(made))
    assert (told.state, told.ended_on) == ("revoked", TODAY)
    assert "张冠李戴" not in str(told), "why is the station's own"
    assert [e["name"] for e in await events() if e["name"].startswith("certificate")] == [
        "certificate.issued", "certificate.revoked",
    ]  # fmt: skip
    assert (await desk.issued()).state == "valid", "a new one may be issued"


async def test_a_star_certificate_ends_with_the_star(desk):
    await hours(desk.worker, desk.station.id, desk.person, 5_900, since=date(2026, 2, 1))
    made = await certificates.issue_star(desk.himself.call(), desk.person.id, IssueStar(star=1))
    assert (made.kind, made.star, made.minutes) == ("star", 1, 6_080)
    again = await certificates.issue_star(desk.worker.call(), desk.person.id, IssueStar(star=1))
    assert again.id == made.id
    with pytest.raises(Refusal, match="star_not_held"):
        await certificates.issue_star(desk.worker.call(), desk.person.id, IssueStar(star=2))
    await desk.correct(0, 0)
    assert (1, "superseded", "star_lost") in await desk.states()
    with pytest.raises(Refusal, match="star_not_held"):
        await certificates.reissue_certificate(desk.worker.call(), made.id)


@pytest.mark.parametrize(
    ("code", "period"),
    [
        ("period_upside_down", {"from_on": TODAY, "to_on": FROM}),
        ("period_in_future", {"to_on": TODAY + timedelta(days=1)}),
        ("no_counted_hours", {"to_on": date(2026, 1, 2)}),
    ],
)
async def test_a_period_must_be_over_and_hold_something(desk, code, period):
    with pytest.raises(Refusal, match=code):
        await desk.issued(**period)


@pytest.mark.rule("R16")
async def test_who_records_certifies(desk):
    elsewhere = await builders.staff("station_head", (await builders.station()).id)
    with pytest.raises(Refusal, match="forbidden"):
        await desk.issued(elsewhere)
    made = await desk.issued()
    for act in (
        certificates.read_certificate(elsewhere.call(), made.id),
        certificates.reissue_certificate(elsewhere.call(), made.id),
        certificates.revoke_certificate(elsewhere.call(), made.id, WRONG),
        certificate_papers.print_certificate(elsewhere.call(), made.id, "http://x"),
    ):
        with pytest.raises(Refusal, match="forbidden"):
            await act
    other = await builders.signed_in((await builders.active(desk.station.id)).id)
    with pytest.raises(Refusal, match="forbidden"):
        await certificates.read_certificate(other.call(), made.id)
    auditor = await builders.staff("auditor")
    assert (await certificates.read_certificate(auditor.call(), made.id)).verify_path is None


@pytest.mark.rule("R16")
async def test_numbers_have_no_gaps_however_many_issue_at_once(desk):
    """Of 24 at once a third is refused: their numbers are given to others."""
    people = [await builders.active(desk.station.id) for _ in range(8)]
    await record(desk.worker, desk.station.id, *(line(one) for one in people))
    empty = {"from_on": date(2026, 1, 1), "to_on": date(2026, 1, 2)}
    asked = [
        (one.id, desk.period(**period))
        for one in people
        for period in ({}, {"from_on": TODAY}, empty)
    ]
    outcomes = await asyncio.gather(
        *(certificates.issue_certificate(desk.worker.call(), *one) for one in asked),
        *(certificates.issue_certificate(desk.worker.call(), *one) for one in asked),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Refusal) for one in outcomes) == 16
    rows = await fetch("SELECT number FROM certificate ORDER BY number")
    assert [row["number"] for row in rows] == list(range(1, 17))


async def test_the_database_refuses_gaps_changes_and_a_way_back(desk):
    made = await desk.issued()
    await certificates.revoke_certificate(desk.head.call(), made.id, WRONG)
    columns = ("id, station_id, year, number, kind, volunteer_id, code, from_on, to_on, minutes,"
               " issued_on, issued_at, state, stated_sealed")  # fmt: skip
    for statement in (
        (
            f"INSERT INTO certificate ({columns}) SELECT gen_random_uuid(), station_id, year,"
            " number + 2, kind, volunteer_id, 'x', from_on, to_on, minutes, issued_on, issued_at,"
            " 'valid', '' FROM certificate"
        ),
        "DELETE FROM certificate",
        "UPDATE certificate SET minutes = 999",
        "UPDATE certificate SET volunteer_id = volunteer_id, code = 'y'",
        "UPDATE certificate SET state = 'valid', ended_on = NULL",
        "UPDATE certificate SET state = 'superseded', because = 'corrected'",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await execute(statement)


async def test_a_mended_name_supersedes_what_stated_the_old_one(desk):
    await desk.issued()
    county = await builders.staff("county")
    mended = CorrectIdentity(name="王晓明", reason="录入有误")
    await identities.correct_identity(county.call(), desk.person.id, mended, None)
    assert await desk.states() == [(1, "superseded", "identity_corrected")]
    told = await certificate_papers.verify(await code_of(await desk.issued()))
    assert told.state == "valid"


async def test_what_was_certified_of_a_merged_file_is_read_and_printed_by_its_person(desk):
    """It says what was true on its day, and that it is superseded: the hours moved."""
    kept = await builders.active(desk.station.id)
    first = await desk.issued()
    request = MergeVolunteer(duplicate_id=desk.person.id, reason="同一个人")
    county = await builders.staff("county")
    await merging.merge_volunteers(county.call(), kept.id, request)
    me, other = await builders.signed_in(kept.id), await builders.active(desk.station.id)
    (old,) = await certificates.certificates_of(me.call(), kept.id)
    assert (old.id, old.state, old.because) == (first.id, "superseded", "corrected")
    number, paper = await certificate_papers.print_certificate(me.call(), first.id, "https://x")
    assert (number, pages(paper)) == (first.number, 1)
    with pytest.raises(Refusal, match="forbidden"):
        await certificates.read_certificate((await builders.signed_in(other.id)).call(), first.id)
    anew = await certificates.issue_certificate(me.call(), kept.id, desk.period())
    assert (anew.minutes, anew.state) == (first.minutes, "valid")
    himself = await builders.staff("station_head", desk.station.id, volunteer_id=kept.id)
    with pytest.raises(Refusal, match="own_hours"):
        await certificates.revoke_certificate(himself.call(), first.id, WRONG)


async def test_the_register_keeps_number_and_state_of_who_is_erased_and_not_the_name(desk):
    made = await desk.issued()
    found = await exports.export_person(desk.worker.call(), desk.person.id, AskExport(reason="x"))
    assert [one.number for one in found.life.certificates] == [made.number]
    asked = await erasures.ask_erasure(
        desk.himself.call(), desk.person.id, AskErasure(reason="不再参加")
    )
    county = await builders.staff("county")
    yes = DecideErasure(decision="approve", reason="本人要求")
    await erasures.decide_erasure(county.call(), asked.id, yes)
    told = await certificate_papers.verify(await code_of(made))
    assert (told.name, told.minutes, told.state) == ("*", 180, "valid")
    with pytest.raises(Refusal, match="certificate_erased"):
        await certificate_papers.print_certificate(desk.worker.call(), made.id, "http://x")
    with pytest.raises(Refusal, match="state_forbids"):
        await desk.issued()
