"""My file, inductions and leaving, as a volunteer does them through the pages."""

from datetime import date, timedelta

import pytest

from tests.actions.test_inductions import planned
from tests.actions.test_receipts import photo
from tests.actions.world import line, record
from tests.builders import TODAY, active, registered, signed_in, staff, station
from volunteer_svc.actions import accesses, rights
from volunteer_svc.actions.accesses import Reveal
from volunteer_svc.actions.rights import ResolveCorrection
from volunteer_svc.domain.registration import Guardian
from volunteer_svc.store.database import fetch

DAY = timedelta(days=1)


@pytest.fixture
async def home(client):
    return await station(name="红旗街道社工站")


@pytest.fixture
async def me(browser, home):
    person = await active(home.id, address="东关街三号楼")
    browser.signed_in(await signed_in(person.id))
    return person


async def test_secrets_are_masked_until_one_asks_for_his_own(browser, me):
    page = await browser.open("/me/file")
    assert me.form.document_number not in page.text
    shown = await browser.send("/me/file/reveal", page="/me/file")
    for secret in (me.form.document_number, me.form.phone, "东关街三号楼"):
        assert secret in shown.text
    assert (await browser.open("/me/file/reveal")).url.path == "/me/file"


async def test_contacts_change_and_what_is_left_empty_stays(browser, me):
    wrong = await browser.send("/me/file/contact", {"phone": "12"})
    assert wrong.status_code == 422
    page = await browser.send("/me/file/contact", {"phone": "10012345678", "skills": "理发"})
    assert "已修改" in page.text
    shown = await browser.send("/me/file/reveal", page="/me/file")
    assert "10012345678" in shown.text
    assert "理发" in shown.text
    assert "东关街三号楼" in shown.text


async def test_a_correction_is_asked_for_and_its_answer_read(browser, me, home):
    assert (await browser.send("/me/file/corrections", {"text": ""})).status_code == 422
    page = await browser.send("/me/file/corrections", {"text": "住址应为 <b>四号楼</b>"})
    assert "&lt;b&gt;四号楼" in page.text
    assert "等待答复" in page.text
    worker = await staff("social_worker", home.id)
    (asked,) = await rights.open_correction_requests(
        worker.call(), station_id=None, after=None, limit=2
    )
    answer = ResolveCorrection(outcome="refused", reason="门牌核对无误")
    await rights.resolve_correction(worker.call(), asked.id, answer)
    page = await browser.open("/me/file/corrections")
    assert "门牌核对无误" in page.text
    assert "未更正" in page.text


async def test_who_read_the_file_stands_there_the_last_first(browser, me, home, chained):
    assert "还没有人看过" in (await browser.open("/me/file/accesses")).text
    worker = await staff("social_worker", home.id)
    for n in range(25):
        asked = Reveal(fields=["phone"], purpose="contact", reason=f"回电第{n}次")
        await accesses.reveal(worker.call(), me.id, asked)
    await chained()
    page = await browser.open("/me/file/accesses")
    assert page.text.index("回电第24次") < page.text.index("回电第20次")
    assert "回电第0次" not in page.text


async def test_everything_is_read_printed_and_downloaded(browser, me, home):
    await record(await staff("social_worker", home.id), home.id, line(me, minutes=90, title="送餐"))
    page = await browser.send("/me/file/export")
    for shown in (me.form.document_number, "东关街三号楼", "送餐"):
        assert shown in page.text
    answer = await browser.send("/me/file/export/json", page="/me/file/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.json()["identity"]["document_number"] == me.form.document_number


async def test_a_photo_is_changed_and_what_is_none_is_told_at_its_field(browser, me):
    opened = await browser.open("/me/file/photo")
    assert "还没有照片" in opened.text
    hidden = {"_csrf": opened.text.split('name="_csrf" value="')[1].split('"')[0]}
    for content, status in ((b"nothing", 422), (photo(), 200)):
        files = {"photo": ("a.jpg", content, "image/jpeg")}
        page = await browser.http.post("/me/file/photo", data=hidden, files=files,
                                       follow_redirects=True)  # fmt: skip
        assert page.status_code == status
    assert "照片已更换" in page.text
    assert (await browser.open("/me/file/photo/image")).content[:3] == b"\xff\xd8\xff"
    page = await browser.send("/me/file/photo", {})
    assert 'href="#f-photo"' in page.text


@pytest.mark.parametrize(
    ("path", "more"), [("/me/file/leave", {"reason": "搬家"}), ("/me/file/consent", {})]
)
async def test_leaving_wants_a_tick_and_is_then_said(browser, me, path, more):
    page = await browser.send(path, more)
    assert page.status_code == 422
    assert 'href="#f-sure"' in page.text
    page = await browser.send(path, more | {"sure": "true"})
    assert "谢谢您一直以来的服务" in page.text
    assert "您已退出" in page.text
    assert 'href="/register"' in page.text
    assert "没有可以退出的登记" in (await browser.open(path)).text


@pytest.mark.rule("R19")
async def test_to_be_named_outside_is_given_and_taken_back_as_often_as_one_likes(browser, me, home):
    path = "/me/file/consent"

    async def naming(wish, where=f"{path}/naming", page=path, **more):
        return await browser.send(where, {"named": wish} | more, page=page)

    assert "没有同意：姓名会遮盖" in (await browser.open(path)).text
    for _ in range(2):
        assert "起同意公布姓名" in (await naming("true")).text
        assert "没有同意：姓名会遮盖" in (await naming("false")).text
    assert (await browser.open(f"{path}/naming")).url.path == path
    guardian = Guardian(name="王大明", relation="父亲", phone="10000000009",
                        consented_on=TODAY, text_version="1")  # fmt: skip
    young = await registered(home.id, birth_date=date(2010, 1, 1), guardian=guardian)
    browser.signed_in(await signed_in(young.id))
    page = await browser.open(path)
    assert "请和监护人一起到社工站" in page.text
    assert f'action="{path}/naming"' not in page.text
    browser.signed_in(await staff("social_worker", home.id))
    desk = f"/staff/volunteers/{young.id}/naming"
    assert desk in (await browser.open(f"/staff/volunteers/{young.id}")).text
    untold = await naming("true", desk, desk)
    assert untold.status_code == 422
    assert 'href="#f-sure"' in untold.text
    assert "已登记同意" in (await naming("true", desk, desk, sure="true")).text
    assert "已撤回" in (await naming("false", desk, desk)).text
    browser.signed_in(await staff("social_worker", (await station()).id))
    assert (await browser.open(desk)).status_code == 403


async def test_who_is_due_signs_up_for_a_session_and_off_again(browser, home):
    person = await registered(home.id)
    browser.signed_in(await signed_in(person.id))
    assert "暂时没有安排辅导" in (await browser.open("/me")).text
    session = await planned(home, TODAY + DAY, "二楼会议室")
    assert "二楼会议室" in (await browser.open("/me")).text
    fields = {"session_id": str(session.id)}
    page = await browser.send("/me/inductions", fields, page="/me")
    assert "报名成功" in page.text
    page = await browser.send("/me/inductions/cancel", page="/me/inductions")
    assert "已取消报名" in page.text
    gone = await planned(home, TODAY - DAY)
    page = await browser.send("/me/inductions", {"session_id": str(gone.id)})
    assert page.status_code == 422
    assert "已经过去" in page.text


async def test_hours_are_shown_newest_day_first_over_several_pages(browser, me, home):
    worker = await staff("social_worker", home.id)
    for n in (3, 30, 1, 12):
        served = line(me, minutes=60, title=f"第{n}天", served_on=TODAY - n * DAY, late_reason="补")
        await record(worker, home.id, served)
    page = (await browser.open("/me/hours")).text
    places = [page.index(f"第{n}天") for n in (1, 3, 12, 30)]
    assert places == sorted(places)
    assert len(await fetch("SELECT 1 FROM service_record")) == 4
