"""Registering on a telephone, with and without scripts, and looking up what became of it."""

from io import BytesIO

from PIL import Image

from tests.browser.shots import Shot
from tests.builders import form, taken_up


def _empty(page):
    page.locator("main .button:not(.quiet)").last.click()
    page.wait_for_selector("#mend")


def _minor(page):
    page.locator("#f-form-document-number").fill("100000201103100034")
    page.locator("#f-form-document-number").blur()


def _sent(page):
    fill(page, form())
    page.locator("main .button").last.click()
    page.wait_for_url("**/register/done")


SHOTS = [
    Shot(name="register", path="/register", dark=True, docs=("390-zh-CN",)),
    Shot(name="register-error", path="/register", before=_empty, dark=True, docs=("390-en",)),
    Shot(name="register-minor", path="/register", before=_minor),
    Shot(name="register-large", path="/register?size=large"),
    Shot(name="register-contrast", path="/register?theme=contrast", before=_empty),
    Shot(name="register-done", path="/register", before=_sent),
    Shot(name="receipt", path="/register/receipt"),
    Shot(name="rules", path="/rules"),
    Shot(name="privacy", path="/privacy", dark=True),
]


def fill(page, filled):
    page.locator("#f-form-name").fill(filled.name)
    page.locator("#f-form-document-number").fill(filled.document_number)
    page.locator("input[name='form.household_local'][value=true]").check()
    page.locator("#f-station-id").select_option(index=1)
    page.locator("#f-form-phone").fill(filled.phone)
    page.locator("#f-accept").check()


def test_the_number_says_birth_date_and_sex_and_at_once_what_is_wrong(site, phone):
    phone.goto("/register")
    number = phone.get_by_label("证件号码")
    assert not phone.get_by_label("监护人姓名").is_visible()
    number.fill("100000199001010001")
    assert phone.get_by_text("号码不对").is_visible()
    number.fill("100000 201206 15002 6")
    assert phone.get_by_label("出生日期").input_value() == "2012-06-15"
    assert phone.get_by_label("女", exact=True).is_checked()
    assert phone.get_by_text("号码正确").is_visible()
    assert phone.get_by_label("监护人姓名").is_visible(), "a minor of 14"
    number.fill("１０００００１９８００１０１００３３")
    assert phone.get_by_label("男", exact=True).is_checked()
    assert not phone.get_by_label("监护人姓名").is_visible()
    number.fill("100000201306150024")
    number.fill("100000199005010")
    number.blur()
    assert phone.get_by_text("15 位的旧号码").is_visible()


def test_somebody_registers_with_a_large_photo_and_looks_his_receipt_up(site, phone, tmp_path):
    Image.effect_noise((2600, 3400), 90).convert("RGB").save(tmp_path / "me.jpg", quality=95)
    phone.goto("/")
    phone.get_by_role("link", name="登记", exact=True).click()
    fill(phone, form(name="周新"))
    phone.get_by_label("一寸照片").set_input_files(tmp_path / "me.jpg")
    phone.locator("#photo-shown").wait_for()
    phone.locator("#photo-shown[data-small]").wait_for()
    assert phone.evaluate("document.getElementById('f-photo').files[0].size") < 2_000_000
    phone.get_by_role("button", name="交登记表").click()
    phone.wait_for_url("**/register/done")
    receipt = phone.locator(".receipt").inner_text()
    site.run(taken_up)
    phone.get_by_role("link", name="查登记进度").click()
    phone.get_by_label("回执").fill(receipt.lower())
    phone.get_by_role("button", name="查询").click()
    assert phone.get_by_text("收到日期").is_visible()


def test_without_scripts_the_number_fills_the_rest_and_nothing_typed_is_lost(site, no_script):
    filled = form(name="吴旧")
    no_script.goto("/register")
    assert no_script.get_by_label("监护人姓名").is_visible()
    no_script.get_by_label("姓名", exact=True).fill("吴旧")
    no_script.get_by_label("证件号码").fill("100000199001010001")
    no_script.get_by_role("button", name="交登记表").click()
    assert no_script.locator("#mend a", has_text="证件号码").is_visible()
    assert no_script.get_by_label("姓名", exact=True).input_value() == "吴旧"
    fill(no_script, filled)
    picture = BytesIO()
    Image.new("RGB", (600, 800), "#a63a1f").save(picture, "JPEG")
    one = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    no_script.get_by_label("一寸照片").set_input_files(one)
    no_script.get_by_role("button", name="交登记表").click()
    no_script.wait_for_url("**/register/done")
    assert no_script.locator(".receipt").inner_text()


def test_the_keyboard_alone_reaches_every_field_in_order(site, desk):
    desk.goto("/register")
    desk.locator("#f-form-name").focus()
    seen = []
    for _ in range(40):
        seen.append(desk.evaluate("document.activeElement.name || document.activeElement.tagName"))
        desk.keyboard.press("Tab")
    order = [name for name in seen if name in (
        "form.name", "form.document_kind", "form.document_number", "form.household_local",
        "station_id", "form.phone", "photo", "accept")]  # fmt: skip
    wanted = list(dict.fromkeys(order))
    assert wanted == ["form.name", "form.document_kind", "form.document_number",
                      "form.household_local", "station_id", "form.phone", "photo",
                      "accept"]  # fmt: skip
