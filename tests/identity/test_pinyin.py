"""What a name is found by in letters."""

import pytest

from volunteer_svc.identity.pinyin import VARIANTS_MAX, pinyin_of, typed_letters


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("王小明", "wangxiaoming"),
        ("王小明", "wxm"),
        ("王小明", "wangxm"),
        ("王小明", "xiaoming"),
        ("单雪", "shanxue"),
        ("曾国", "zg"),
        ("解放", "xiefang"),
        ("翟明", "zhaiming"),
        ("吕布", "lvbu"),
        ("欧阳娜", "oyn"),
        ("阿卜杜热合曼·买买提", "abudurehemanmaimaiti"),
        ("John 李", "johnli"),
        ("喆", "zhe"),
    ],
)
def test_a_name_is_found_by_its_pinyin_and_initials_in_every_reading(name, typed):
    assert f" {typed}" in pinyin_of(name)


def test_a_long_name_with_many_readings_stays_short():
    assert pinyin_of("乐" * 30).count(" ") <= VARIANTS_MAX * 4


@pytest.mark.parametrize("name", ["", "·", "123", "😀", "𠮷"])
def test_what_has_no_reading_is_found_by_none(name):
    assert pinyin_of(name) == ""


@pytest.mark.parametrize(
    ("typed", "letters"),
    [("Wang Xiaoming", "wangxiaoming"), ("xi'an", "xian"), ("lü", "lv"), ("王", ""), ("w1", "")],
)
def test_what_is_typed_is_letters_or_nothing(typed, letters):
    assert typed_letters(typed) == letters
