"""What a receipt tells: alike for known and unknown people, until somebody came with documents."""

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from tests.builders import (
    ALL_MATERIALS,
    NOW,
    TODAY,
    active,
    call,
    form,
    handed_in,
    staff,
    station,
    taken_up,
)
from volunteer_svc.actions import files, intake, receipts, registrations
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.receipts import AskReceipt
from volunteer_svc.actions.registrations import CheckMaterials
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.identity import files as object_store


def asked(receipt, days=0):
    return receipts.read_receipt(call(now=NOW + timedelta(days=days)), AskReceipt(receipt))


def photo(size=(600, 800)):
    made = BytesIO()
    Image.new("RGB", size, "#a63a1f").save(made, "JPEG")
    return made.getvalue()


async def opened(worker):
    rows = await registrations.registrations(
        worker.call(), station_id=None, open_only=True, after=None, limit=5
    )
    return rows[-1]


async def test_a_known_and_an_unknown_person_are_told_the_same_at_every_time(database):
    here, there = await station(), await station()
    known = await active(there.id)
    told = []
    for filled in (known.form, form()):
        again = form(document_number=filled.document_number, sex=filled.sex,
                     birth_date=filled.birth_date)  # fmt: skip
        receipt = await handed_in(call(), Register(station_id=here.id, form=again))
        told.append([await asked(receipt.receipt, days) for days in (0, 100, 180, 181)])
    assert told[0] == told[1]
    assert [one.state for one in told[0]] == ["received", "received", "received", "over"]
    assert {one.station_id for one in told[0]} == {None}


async def test_who_came_with_the_documents_sees_until_when_the_induction_is_due(database):
    home = await station()
    worker = await staff("social_worker", home.id)
    receipt = (await handed_in(call(), Register(station_id=home.id, form=form()))).receipt
    row = await opened(worker)
    materials = CheckMaterials(materials=ALL_MATERIALS)
    await registrations.check_materials(worker.call(), row.id, materials, None)
    for typed in (receipt, receipt.lower().replace("-", " "), f" {receipt.replace('-', '')} "):
        view = await asked(typed)
        assert (view.state, view.station_id) == ("registered", home.id)
        assert view.induction_due_on
        assert view.induction_due_on > TODAY


@pytest.mark.parametrize("typed", ["ABCD-EFGH-2345", "-", "王小明", "'; --", "A" * 64])
async def test_an_unknown_receipt_is_not_found(database, typed):
    with pytest.raises(Refusal, match="not_found"):
        await asked(typed)


async def test_a_photo_comes_with_the_form_of_somebody_new_and_of_nobody_else(database, tmp_path):
    object_store.load(Config(data_dir=tmp_path))
    home = await station()
    worker = await staff("social_worker", home.id)
    picture = await intake.taken_photo(photo())
    await intake.register(call(), Register(station_id=home.id, form=form()), picture)
    known = await active(home.id)
    again = form(document_number=known.form.document_number, sex=known.form.sex,
                 birth_date=known.form.birth_date)  # fmt: skip
    await intake.register(call(), Register(station_id=home.id, form=again), picture)
    await taken_up()
    row = await opened(worker)
    kept = await files.download(worker.call(), row.volunteer_id, "photo")
    assert Image.open(BytesIO(kept)).size == (600, 800)
    with pytest.raises(Refusal, match="not_found"):
        await files.download(worker.call(), known.id, "photo")


async def test_what_is_no_photo_is_told_at_the_photo():
    with pytest.raises(Refusal) as refused:
        await intake.taken_photo(b"GIF89a no")
    assert refused.value.faults[0].field == "photo"
