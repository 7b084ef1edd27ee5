"""My file and inductions on a telephone, and leaving; without scripts, too."""

import re

from tests.browser.conftest import follow
from tests.browser.seed import HOSTILE
from tests.browser.shots import Shot
from tests.builders import active, registered, signed_in


def _send(page):
    page.locator("main .card .button:not(.quiet)").last.click()
    page.wait_for_selector("#mend")


def _everything(page):
    page.locator("main form").first.locator("button").click()
    page.wait_for_selector("dl.file")


def _reveal(page):
    page.locator("main .actions form button").first.click()
    page.wait_for_url("**/reveal")


SHOTS = [
    Shot(name="my-file", path="/me/file", who="volunteer/usual", dark=True),
    Shot(name="my-file-full", path="/me/file", who="volunteer/full", before=_reveal),
    Shot(name="my-file-large", path="/me/file?size=large", who="volunteer/full"),
    Shot(name="my-contact", path="/me/file/contact", who="volunteer/usual"),
    Shot(name="my-photo", path="/me/file/photo", who="volunteer/usual"),
    Shot(name="my-corrections", path="/me/file/corrections", who="volunteer/usual"),
    Shot(name="my-corrections-error", path="/me/file/corrections", who="volunteer/empty",
         before=_send),
    Shot(name="my-accesses", path="/me/file/accesses", who="volunteer/usual", dark=True),
    Shot(name="my-export", path="/me/file/export", who="volunteer/usual"),
    Shot(name="my-everything", path="/me/file/export", who="volunteer/usual", before=_everything),
    Shot(name="my-everything-full", path="/me/file/export", who="volunteer/full",
         before=_everything),
    Shot(name="my-leave", path="/me/file/leave", who="volunteer/usual"),
    Shot(name="my-leave-error", path="/me/file/leave", who="volunteer/usual", before=_send),
    Shot(name="my-consent", path="/me/file/consent", who="volunteer/usual"),
    Shot(name="my-inductions", path="/me/inductions", who="volunteer/fresh", dark=True),
    Shot(name="my-inductions-none", path="/me/inductions", who="volunteer/usual"),
    Shot(name="me-contrast", path="/me?theme=contrast", who="volunteer/usual"),
    Shot(name="me-large", path="/me?size=large", who="volunteer/full", docs=("390-zh-CN",)),
]  # fmt: skip


def somebody(site, made, page, name):
    async def make():
        person = await made(site.there.home.id, name=name)
        return person, await signed_in(person.id)

    person, who = site.run(make)
    site.sign_in(page, who)
    return person


def test_without_scripts_a_volunteer_reads_asks_exports_and_leaves(site, no_script):
    person = somebody(site, active, no_script, "郑要走")
    no_script.goto("/me")
    follow(no_script, "我的")
    assert person.form.document_number not in no_script.content()
    no_script.get_by_role("button", name="显示完整号码").click()
    assert no_script.get_by_text(person.form.document_number).is_visible()
    no_script.get_by_role("link", name="修改联系方式").click()
    no_script.get_by_label("住址").fill("东关街 3 号")
    no_script.get_by_role("button", name="保存").click()
    assert no_script.get_by_text("已修改").is_visible()
    no_script.get_by_role("link", name=re.compile("申请更正")).click()
    no_script.get_by_label("哪里不对").fill(HOSTILE)
    no_script.get_by_role("button", name="提交").click()
    assert no_script.locator(".words bdi").inner_text() == HOSTILE
    no_script.goto("/me/file/export")
    no_script.get_by_role("button", name="查看和打印").click()
    assert no_script.get_by_text("东关街 3 号").first.is_visible()
    no_script.goto("/me/file/export")
    with no_script.expect_download() as download:
        no_script.get_by_role("button", name=re.compile("JSON")).click()
    assert download.value.suggested_filename == "volunteer.json"
    no_script.goto("/me/file/leave")
    no_script.get_by_label("为什么退出").fill("搬家")
    no_script.get_by_role("button", name="退出", exact=True).click()
    assert no_script.locator("#mend").is_visible()
    no_script.get_by_label("我确定要退出").check()
    no_script.get_by_role("button", name="退出", exact=True).click()
    assert no_script.get_by_text("您已退出", exact=False).first.is_visible()


def test_who_is_due_signs_up_and_changes_his_mind(site, phone, no_script):
    for page in (phone, no_script):
        somebody(site, registered, page, "钱新")
        page.goto("/me")
        page.get_by_role("button", name="报名").first.click()
        assert page.get_by_text("报名成功").is_visible()
        assert page.locator(".pill", has_text="已报名").count() == 1
        page.get_by_role("button", name="报名").last.click()
        assert page.locator(".pill", has_text="已报名").count() == 1
        page.get_by_role("button", name="取消报名").click()
        assert page.get_by_text("已取消报名").is_visible()


def test_large_type_and_high_contrast_are_kept(site, phone):
    site.sign_in(phone, site.there.volunteers["usual"]).goto("/me")
    small = phone.evaluate("parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)")
    phone.get_by_role("link", name="大字").click()
    phone.get_by_role("link", name="高对比").click()
    phone.goto("/me/hours")
    large = phone.evaluate("parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)")
    assert large > small * 1.2
    assert phone.evaluate("getComputedStyle(document.documentElement).color") == "rgb(0, 0, 0)"
