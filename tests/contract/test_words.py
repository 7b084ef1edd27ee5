"""Every code has words in both languages, and they say the same."""

import ast
import string
from pathlib import Path
from typing import get_args

import pytest

import volunteer_svc
from volunteer_svc.domain.actor import Role
from volunteer_svc.domain.disclosure import Purpose
from volunteer_svc.domain.service_record import RecordState
from volunteer_svc.domain.volunteer import State
from volunteer_svc.i18n import LANGUAGES, dictionary, words
from volunteer_svc.i18n.pages import page_words
from volunteer_svc.identity.permissions import Permission

SOURCES = sorted(Path(volunteer_svc.__file__).parent.rglob("*.py"))
NAMES = {"Fault", "refuse", "CellError", "fault_of"}
WHY = {
    "day_over_direct", "day_over_max", "evidence_self", "evidence_historical",
    "correction_adds_minutes", "check_out_forgotten",
}  # fmt: skip


def texts(node):
    return {
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def codes_in(source):
    """The codes a file uses: first arguments of faults, whichever branch they stand in."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in NAMES and not isinstance(node.args[0], ast.Call | ast.Name | ast.Attribute):
                found |= texts(node.args[0])
    return found


USED = set().union(*(codes_in(source) for source in SOURCES)) | WHY


def test_codes_are_found_in_the_source():
    assert {"not_inducted", "sign_in_failed", "body_too_slow", "service_time_ambiguous"} <= USED


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language):
    assert USED - dictionary(language).codes.keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_look_at_a_file_has_words_for_whom_it_is_told_to(language):
    """Each purpose, and what was looked at, as the calls of `looked` name it."""
    needed = {f"purpose_{one}" for one in get_args(Purpose)}
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "looked":
                for given in node.keywords:
                    if given.arg in ("fields", "purpose"):
                        kind = given.arg.removesuffix("s")
                        needed |= {f"{kind}_{text}" for text in texts(given.value)}
    assert len(needed) > 25
    assert {f"my_file.{one}" for one in needed} - page_words(language).keys() == set()


def test_both_languages_have_the_same_codes_terms_and_params():
    chinese, english = (dictionary(language) for language in LANGUAGES)
    assert chinese.codes.keys() == english.codes.keys()
    assert chinese.terms.keys() == english.terms.keys()
    for code, said in chinese.codes.items():
        assert params(said) == params(english.codes[code]), code


def params(said):
    formatter = string.Formatter()
    return {name for text in (said.title, said.detail) for _, name, _, _ in formatter.parse(text)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_ends_and_every_title_does_not(language):
    for code, said in dictionary(language).codes.items():
        assert said.detail.endswith(("。", ".")), code
        assert not said.title.endswith(("。", ".")), code


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("state", get_args(State)),
        ("state", get_args(RecordState)),
        ("role", get_args(Role)),
        ("permission", get_args(Permission)),
    ],
)
def test_every_value_that_is_shown_has_a_word(name, values):
    for language in LANGUAGES:
        for value in values:
            assert f"{name}.{value}" in dictionary(language).terms


def test_a_value_becomes_its_word_in_a_sentence():
    assert "登记时数" in words("forbidden", {"permission": "record.write"}, "zh-CN").detail
    assert words("not_found", {"what": "station"}, "en").detail.startswith("There is no such")


def test_a_missing_param_and_an_unknown_code_do_no_harm():
    assert "…" in words("under_minimum_age", {}, "en").title
    assert words("no_such_code", {}, "en").detail == "no_such_code"


def test_braces_in_a_value_stay_as_they_are():
    assert "{x}" in words("not_found", {"what": "{x}"}, "en").detail
