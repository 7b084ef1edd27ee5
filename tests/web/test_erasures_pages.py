"""Erasing a person through the pages: asked by one, decided by another, no way back."""

from tests.builders import active, signed_in, staff, station

LIST = "/staff/erasures"


async def test_the_county_asks_and_another_county_account_decides_with_a_tick(browser):
    home = await station()
    person = await active(home.id, name="钱来福")
    asks, decides = await staff("county"), await staff("county")
    browser.signed_in(await staff("social_worker", home.id))
    file = f"/staff/volunteers/{person.id}"
    assert "/erasure" not in (await browser.open(file)).text
    assert (await browser.open(LIST)).status_code == 403
    browser.signed_in(asks)
    assert f'href="{file}/erasure"' in (await browser.open(file)).text
    page = await browser.send(f"{file}/erasure", {"reason": " "})
    assert page.status_code == 422
    page = await browser.send(f"{file}/erasure", {"reason": "本人书面申请，存档案柜3号"})
    assert "等另一位县级人员决定" in page.text
    assert "要由另一位县级人员决定" in page.text
    assert "批准并销毁" not in page.text
    again = await browser.send(f"{file}/erasure", {"reason": "再来一次"})
    assert again.status_code == 422
    browser.signed_in(decides)
    there = (await browser.open(LIST)).text.split(f'action="{LIST}/')[1].split('"')[0]
    yes = {"decision": "approve", "reason": "已核对"}
    page = await browser.send(f"{LIST}/{there}", yes, page=LIST)
    assert page.status_code == 422
    assert "钱来福" in page.text
    page = await browser.send(f"{LIST}/{there}", yes | {"sure": "true"}, page=LIST)
    assert "个人信息已销毁" in page.text
    assert "钱来福" not in (await browser.open(file)).text


async def test_a_volunteer_asks_for_himself_and_the_county_may_refuse(browser):
    person = await active((await station()).id, name="孙小妹")
    browser.signed_in(await signed_in(person.id))
    assert 'href="/me/file/erasure"' in (await browser.open("/me/file")).text
    own = "/me/file/erasure"
    assert (await browser.send(own, {"reason": "不想留"})).status_code == 422
    page = await browser.send(own, {"reason": "不想留", "sure": "true"})
    assert "已提出注销" in page.text
    browser.signed_in(await staff("county"))
    page = await browser.open(LIST)
    assert "本人提出" in page.text
    there = page.text.split(f'action="{LIST}/')[1].split('"')[0]
    no = {"decision": "refuse", "reason": "还有未结的投诉"}
    assert "没有批准" in (await browser.send(f"{LIST}/{there}", no, page=LIST)).text
