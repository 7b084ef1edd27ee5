"""Many certificates at once: exact, taken up where it was left, sealed, gone after a week."""

import io
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests import builders
from tests.actions.world import line, record
from tests.builders import NOW, TODAY
from tests.printing.pdf import pages
from volunteer_svc.actions import certificate_batches, erasures, keys, member_files
from volunteer_svc.actions.certificate_batches import IssueBatch
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.exports import AskExport
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.identity import files
from volunteer_svc.store.database import fetch

ORIGIN = "https://volunteers.example.org"
FROM = date(2026, 1, 1)


@pytest.fixture
async def desk(database, tmp_path):
    files.load(Config(data_dir=tmp_path))
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    people = [await builders.active(home.id, name=f"王{n}") for n in "一二三"]
    await record(worker, home.id, *(line(one) for one in people[:2]))
    return home, worker, people


def asked(home, **changes):
    return IssueBatch(**{"station_id": home.id, "from_on": FROM, "to_on": TODAY} | changes)


async def worked(now=NOW):
    return await certificate_batches.work_on_next(builders.call(now=now), ORIGIN, lambda: now)


async def test_everybody_who_served_is_on_one_paper_that_nobody_else_can_open(desk, tmp_path):
    home, worker, _people = desk
    batch = await certificate_batches.issue_batch(worker.call(), asked(home))
    assert (batch.state, batch.total) == ("issuing", 2)
    with pytest.raises(Refusal, match="batch_not_ready"):
        await certificate_batches.download_batch(worker.call(), batch.id)
    assert await worked()
    assert not await worked(), "nothing is left"
    done = (await certificate_batches.read_batch(worker.call(), batch.id)).batch
    assert (done.state, done.done, done.issued, done.printed) == ("done", 2, 2, 2)
    _, pdf = await certificate_batches.download_batch(worker.call(), batch.id)
    assert (pages(pdf), len(pdf)) == (2, done.bytes)
    kept = Path(tmp_path / "files" / str(done.file_id)).read_bytes()
    assert b"%PDF" not in kept
    # The ring's key that wraps it may be rotated.
    await keys.reseal(builders.call())
    stranger = await builders.staff("social_worker", (await builders.station()).id)
    for act in (certificate_batches.read_batch, certificate_batches.download_batch):
        with pytest.raises(Refusal, match="forbidden"):
            await act(stranger.call(), batch.id)
    # Asked again, nothing is issued twice.
    await certificate_batches.issue_batch(worker.call(), asked(home))
    await worked()
    assert len(await fetch("SELECT FROM certificate")) == 2
    over = NOW + timedelta(days=certificate_batches.KEPT_DAYS, seconds=1)
    for expire in (False, True):
        if expire:
            assert await certificate_batches.expire_batches(builders.call(now=over)) == 2
        with pytest.raises(Refusal, match="batch_expired"):
            await certificate_batches.download_batch(worker.call(over), batch.id)


async def test_a_list_as_a_zip_names_who_was_left_out_and_goes_on_after_a_crash(desk, monkeypatch):
    home, worker, people = desk
    wanted = [one.id for one in people]
    batch = await certificate_batches.issue_batch(
        worker.call(), asked(home, volunteer_ids=wanted, format="zip")
    )

    async def dies(*_):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(certificate_batches, "_drawn", dies)
        with pytest.raises(SystemExit):
            await worked()
    assert not await worked(), "leased still"
    assert await worked(NOW + timedelta(minutes=6))
    view = await certificate_batches.read_batch(worker.call(), batch.id)
    assert (view.batch.state, view.batch.issued) == ("done", 2)
    assert [(one.volunteer_id, one.code) for one in view.left_out] == [
        (people[2].id, "no_counted_hours")
    ]
    _, packed = await certificate_batches.download_batch(worker.call(), batch.id)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
        assert [pages(archive.read(name)) for name in names] == [1, 1]
    assert names == [f"{home.code}-2026-00000{n}.pdf" for n in (1, 2)]


async def test_a_batch_killed_while_issuing_gives_everybody_one_certificate(desk, monkeypatch):
    home, worker, people = desk
    monkeypatch.setattr(certificate_batches, "_ISSUE_AT_ONCE", 1)
    batch = await certificate_batches.issue_batch(worker.call(), asked(home))
    issue, steps = certificate_batches._issue_some, []

    async def dies(*arguments):
        if steps:
            raise SystemExit
        steps.append(await issue(*arguments))
        return steps[-1]

    with monkeypatch.context() as patched:
        patched.setattr(certificate_batches, "_issue_some", dies)
        with pytest.raises(SystemExit):
            await worked()
    assert len(await fetch("SELECT FROM certificate")) == 1
    assert await worked(NOW + timedelta(minutes=6))
    done = (await certificate_batches.read_batch(worker.call(), batch.id)).batch
    assert (done.state, done.issued, done.done) == ("done", 2, 2)
    numbers = await fetch("SELECT number, volunteer_id FROM certificate ORDER BY number")
    assert [row["number"] for row in numbers] == [1, 2]
    assert {row["volunteer_id"] for row in numbers} == {one.id for one in people[:2]}


async def test_a_batch_that_cannot_be_is_refused_at_once(desk):
    home, worker, people = desk
    for code, changes in (
        ("period_upside_down", {"from_on": TODAY, "to_on": FROM}),
        ("period_in_future", {"to_on": TODAY + timedelta(days=1)}),
        ("no_counted_hours", {"to_on": FROM}),
        ("volunteer_unknown", {"volunteer_ids": [people[0].id, home.id]}),
    ):
        with pytest.raises(Refusal, match=code):
            await certificate_batches.issue_batch(worker.call(), asked(home, **changes))
    nobody = asked(home, volunteer_ids=[people[2].id])
    batch = await certificate_batches.issue_batch(worker.call(), nobody)
    assert await worked()
    failed = (await certificate_batches.read_batch(worker.call(), batch.id)).batch
    assert (failed.state, failed.issued) == ("failed", 0)


async def test_an_erased_person_is_on_no_paper_that_is_still_kept(desk):
    home, worker, people = desk
    batch = await certificate_batches.issue_batch(worker.call(), asked(home))
    await worked()
    county, other = await builders.staff("county"), await builders.staff("county")
    wish = await erasures.ask_erasure(county.call(), people[0].id, AskErasure(reason="本人要求"))
    yes = DecideErasure(decision="approve", reason="本人要求")
    await erasures.decide_erasure(other.call(), wish.id, yes)
    with pytest.raises(Refusal, match="batch_expired"):
        await certificate_batches.download_batch(worker.call(), batch.id)


@pytest.mark.rule("R5")
async def test_the_member_file_is_on_paper_with_all_of_the_export(desk):
    _home, worker, people = desk
    for language in ("zh-CN", "en"):
        request = AskExport(reason="本人申请")
        pdf = await member_files.print_member_file(worker.call(), people[0].id, request, language)
        assert pages(pdf) >= 1
    with pytest.raises(Refusal, match="reason_required"):
        await member_files.print_member_file(worker.call(), people[0].id, AskExport(), "en")
