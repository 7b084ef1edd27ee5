"""Identity documents."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_svc.domain.document import Document, check_digit, check_document
from volunteer_svc.domain.errors import Fault

NUMBERS = {
    "100000201206150026": (date(2012, 6, 15), "F"),
    "100000201206160013": (date(2012, 6, 16), "M"),
    "100000201202290013": (date(2012, 2, 29), "M"),
    "100000201103100034": (date(2011, 3, 10), "M"),
    "100000198001010033": (date(1980, 1, 1), "M"),
    "10000019520704012X": (date(1952, 7, 4), "F"),
    "10000019900501006X": (date(1990, 5, 1), "F"),
}


def code(kind, number):
    checked = check_document(kind, number)
    return checked.code if isinstance(checked, Fault) else None


@pytest.mark.parametrize("number", NUMBERS)
def test_a_citizen_number_tells_birth_date_and_sex(number):
    checked = check_document("id_card", number)
    assert isinstance(checked, Document)
    assert (checked.birth_date, checked.sex) == NUMBERS[number]


@pytest.mark.parametrize(
    "typed",
    ["10000019520704012x", " 100000 19520704 012X ", "１００００0１９５２０７０４０１２Ｘ",
     "100000-19520704-012X"],
)  # fmt: skip
def test_small_x_blanks_hyphens_and_full_width_digits_are_the_same_number(typed):
    assert check_document("id_card", typed) == check_document("id_card", "10000019520704012X")


def test_the_household_register_is_the_same_person_as_the_id_card():
    register = check_document("household_register", "100000201103100034")
    card = check_document("id_card", "100000201103100034")
    assert isinstance(register, Document)
    assert isinstance(card, Document)
    assert register.identity == card.identity


def test_a_passport_with_the_same_characters_is_somebody_else():
    passport = check_document("passport", "E12345678")
    residence = check_document("foreign_permanent_residence", "E12345678")
    assert isinstance(passport, Document)
    assert isinstance(residence, Document)
    assert passport.identity != residence.identity


@given(st.sampled_from(sorted(NUMBERS)), st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_found(number, place, digit):
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        assert code("id_card", wrong) == "id_number_invalid"


@given(st.sampled_from(sorted(NUMBERS)), st.integers(0, 15))
def test_two_exchanged_neighbours_are_always_found(number, place):
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if wrong != number:
        assert code("id_card", wrong) == "id_number_invalid"


def test_a_day_that_does_not_exist_is_no_birth_date():
    for birth in ("20130229", "20121301", "20120632"):
        first = f"100000{birth}001"
        assert code("id_card", first + check_digit(first)) == "id_number_invalid"


def test_an_old_number_of_15_digits_has_its_own_message():
    assert code("id_card", "100000520704012") == "id_number_15_digits"


def test_81_82_83_are_residence_permits_and_nothing_else_is():
    first = "81000019900501001"
    number = first + check_digit(first)
    assert code("residence_permit_hmt", number) is None
    assert code("id_card", number) == "id_number_invalid"
    assert code("residence_permit_hmt", "100000198001010033") == "id_number_invalid"


def test_a_fault_names_the_field_and_never_carries_the_number():
    fault = check_document("id_card", "100000198001010034")
    assert isinstance(fault, Fault)
    assert fault.field == "document_number"
    assert "100000198001010034" not in repr(fault)


@given(st.text(max_size=40))
def test_no_text_whatever_breaks_the_check(text):
    for kind in ("id_card", "passport", "residence_permit_hmt"):
        assert isinstance(check_document(kind, text), Document | Fault)
