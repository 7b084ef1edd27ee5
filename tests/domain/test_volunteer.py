"""States, periods and registrations."""

import uuid
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_svc.domain.document import check_digit
from volunteer_svc.domain.policy import Policy
from volunteer_svc.domain.registration import (
    Form,
    Guardian,
    attendance_fault,
    attended,
    check_form,
    missing_items,
    registered,
    revocation_fault,
    without_induction,
)
from volunteer_svc.domain.volunteer import Registration, Suspension, Volunteer, expires_on

POLICY = Policy(version="jilin-2021", valid_from=date(2021, 5, 6))
D = date.fromisoformat


def registration(**days):
    plain = {"id": uuid.uuid4(), "station_id": uuid.uuid4(), "applied_on": D("2026-01-10"),
             "expires_on": D("2026-07-09")}  # fmt: skip
    return Registration(**plain | {name: D(day) for name, day in days.items()})


def volunteer(*registrations, suspensions=()):
    return Volunteer(
        id=uuid.uuid4(), station_id=uuid.uuid4(), registrations=registrations,
        suspensions=suspensions,
    )  # fmt: skip


FORM = Form(
    name="测试", sex="M", birth_date=D("2011-03-10"), document_kind="id_card",
    document_number="100000201103100034", phone="10012345678", household_local=True,
    applied_on=D("2026-01-10"), rules_version="2026",
    guardian=Guardian(name="监护", relation="母亲", phone="10000000001",
                      consented_on=D("2026-01-10"), text_version="2026"),
)  # fmt: skip


def codes(**changes):
    _, faults = check_form(msgspec.structs.replace(FORM, **changes), POLICY)
    return [fault.code for fault in faults]


@pytest.mark.rule("R1")
def test_a_sound_form_of_a_fourteen_year_old_with_consent_is_accepted():
    assert codes() == []


@pytest.mark.rule("R1")
def test_thirteen_is_too_young_until_the_birthday():
    early = msgspec.structs.replace(FORM.guardian, consented_on=D("2025-03-01"))
    assert codes(applied_on=D("2025-03-09"), guardian=early) == ["under_minimum_age"]
    assert codes(applied_on=D("2025-03-10"), guardian=early) == []


@pytest.mark.rule("R1")
def test_nobody_is_too_old():
    number = "10000019000102002" + check_digit("10000019000102002")
    old = {"birth_date": D("1900-01-02"), "sex": "F", "document_number": number}
    assert codes(**old, guardian=None, applied_on=D("2026-01-02")) == []


@pytest.mark.rule("R18")
def test_a_guardian_consents_until_the_eighteenth_birthday():
    assert codes(guardian=None) == ["guardian_consent_required"]
    assert codes(guardian=None, applied_on=D("2029-03-09")) == ["guardian_consent_required"]
    assert codes(guardian=None, applied_on=D("2029-03-10")) == []


def test_birth_date_and_sex_must_be_those_of_the_number():
    assert codes(birth_date=D("2011-03-11"), sex="F") == ["birth_date_differs", "sex_differs"]


def test_every_fault_of_a_form_is_told():
    assert codes(document_number="1", phone="12", birth_date=D("2030-01-01")) == [
        "id_number_invalid", "phone_invalid", "birth_date_in_future",
    ]  # fmt: skip


def test_who_has_no_telephone_may_register():
    assert codes(phone="") == []


@pytest.mark.parametrize(
    "phone",
    ["10012345678", "100 1234 5678", "１００１２３４５６７８", "0412-1234567", "+81312345678"],
)  # fmt: skip
def test_mobiles_landlines_and_foreign_numbers_are_telephones(phone):
    assert codes(phone=phone) == []


@pytest.mark.parametrize("phone", ["1001234567", "abc", "+12", "110", "三一二"])
def test_what_cannot_be_called_is_no_telephone(phone):
    assert codes(phone=phone) == ["phone_invalid"]


@pytest.mark.rule("R2")
def test_a_residence_permit_is_needed_only_by_those_not_local():
    assert missing_items([], household_local=True) == ["id_document", "photo"]
    assert missing_items([], household_local=False) == ["id_document", "residence_permit", "photo"]


@pytest.mark.rule("R3")
def test_registration_opens_a_window_of_three_months():
    opened = registered(registration(), D("2026-01-31"), POLICY)
    assert opened.induction_due_on == D("2026-04-30")
    v = volunteer(opened)
    assert v.state(D("2026-04-30")) == "registered"
    assert v.state(D("2026-05-01")) == "lapsed"


@pytest.mark.rule("R3")
def test_an_induction_on_the_last_day_counts_and_the_day_after_does_not():
    opened = registered(registration(), D("2026-01-31"), POLICY)
    assert attended(opened, D("2026-05-01")) is None
    fault = attendance_fault(opened, D("2026-05-01"))
    assert fault is not None
    assert (fault.code, fault.params) == ("induction_window_over", {"due_on": "2026-04-30"})
    inside = attended(opened, D("2026-04-30"))
    assert inside is not None
    assert inside.inducted_on == D("2026-04-30")


def test_a_sheet_typed_in_late_undoes_a_lapse():
    opened = registered(registration(), D("2026-01-31"), POLICY)
    assert volunteer(opened).state(D("2026-09-01")) == "lapsed"
    late = attended(opened, D("2026-03-01"))
    assert late is not None
    assert volunteer(late).state(D("2026-09-01")) == "active"


def test_without_its_induction_a_registration_waits_for_one_to_the_same_day():
    opened = registered(registration(), D("2026-01-31"), POLICY)
    active = attended(opened, D("2026-03-01"))
    assert active is not None
    assert revocation_fault(active, D("2026-03-01"), counted=True) is None
    assert without_induction(active, []) == opened


@pytest.mark.parametrize(
    ("left", "inducted_on"),
    [(["2026-04-02", "2026-03-09"], "2026-03-09"), (["2026-05-01"], None), (["2026-01-09"], None)],
)
def test_the_next_session_inside_the_window_decides_instead(left, inducted_on):
    active = attended(registered(registration(), D("2026-01-31"), POLICY), D("2026-03-01"))
    assert active is not None
    after = without_induction(active, [D(day) for day in left])
    assert after.inducted_on == (inducted_on and D(inducted_on))


@pytest.mark.parametrize(("held_on", "counted"), [("2026-03-09", True), ("2026-03-01", False)])
def test_an_attendance_that_decides_nothing_is_not_taken_back(held_on, counted):
    active = attended(registered(registration(), D("2026-01-31"), POLICY), D("2026-03-01"))
    assert active is not None
    fault = revocation_fault(active, D(held_on), counted=counted)
    assert fault is not None
    assert fault.code == "induction_not_deciding"


def test_attendance_before_the_materials_counts_from_the_day_they_are_complete():
    early = attended(registration(), D("2026-01-12"))
    assert early is not None
    assert early.inducted_on is None
    assert registered(early, D("2026-01-20"), POLICY).inducted_on == D("2026-01-20")


def test_attendance_before_the_application_does_not_count():
    assert attended(registration(), D("2026-01-09")) is None
    assert attended(registration(), D("2026-01-10")) is not None


def test_an_incomplete_application_expires_after_180_days():
    last = expires_on(D("2026-01-10"), POLICY.application_expires_days)
    v = volunteer(registration(expires_on=last.isoformat()))
    assert v.state(last) == "applied"
    assert v.state(last + timedelta(days=1)) == "declined"
    assert v.over_since(last) is None
    assert v.over_since(last + timedelta(days=1)) == last + timedelta(days=1)


ACTIVE = registration(
    registered_on="2026-01-10", induction_due_on="2026-04-10", attended_on="2026-02-01",
    inducted_on="2026-02-01",
)  # fmt: skip
EXITED = msgspec.structs.replace(ACTIVE, ended_on=D("2026-06-30"))


def test_service_counts_from_the_day_of_induction_to_the_day_of_exit():
    v = volunteer(EXITED)
    days = ("2026-01-31", "2026-02-01", "2026-06-30", "2026-07-01")
    assert [v.was_active_on(D(day)) for day in days] == [False, True, True, False]


def test_who_left_on_31_december_is_not_active_at_its_end():
    v = volunteer(msgspec.structs.replace(ACTIVE, ended_on=D("2026-12-31")))
    assert v.was_active_on(D("2026-12-31"))
    assert not v.is_active_after(D("2026-12-31"))
    assert v.is_active_after(D("2026-12-30"))


def test_a_suspension_from_new_years_day_does_not_touch_the_list_of_the_old_year():
    from_new_year = volunteer(ACTIVE, suspensions=(Suspension(D("2027-01-01")),))
    until_new_year = volunteer(ACTIVE, suspensions=(Suspension(D("2026-12-01"), D("2027-01-01")),))
    assert from_new_year.is_active_after(D("2026-12-31"))
    assert not until_new_year.is_active_after(D("2026-12-31"))


def test_a_new_registration_bears_a_day_after_the_end_of_the_last():
    opened = registered(registration(), D("2026-01-31"), POLICY)
    assert volunteer(opened).over_since(D("2026-04-30")) is None
    assert volunteer(opened).over_since(D("2026-09-01")) == D("2026-05-01")
    assert volunteer(EXITED).over_since(D("2026-07-01")) == D("2026-06-30")
    declined = registration(declined_on="2026-01-15")
    assert volunteer(declined).over_since(D("2026-01-15")) == D("2026-01-15")


def test_an_earlier_sheet_typed_in_second_moves_the_induction_back():
    opened = registered(registration(), D("2026-01-31"), POLICY)
    first = attended(opened, D("2026-03-20"))
    assert first is not None
    assert attended(first, D("2026-03-25")) is None
    earlier = attended(first, D("2026-02-10"))
    assert earlier is not None
    assert earlier.inducted_on == D("2026-02-10")


def test_a_guardian_consents_on_the_day_of_application_at_the_latest():
    late = msgspec.structs.replace(FORM.guardian, consented_on=D("2026-01-11"))
    assert codes(guardian=late) == ["consent_after_application"]


def test_a_suspension_takes_the_days_until_the_reinstatement():
    v = volunteer(ACTIVE, suspensions=(Suspension(D("2026-03-01"), D("2026-03-10")),))
    days = ("2026-02-28", "2026-03-01", "2026-03-09", "2026-03-10")
    assert [v.was_active_on(D(day)) for day in days] == [True, False, False, True]
    assert [v.state(D(day)) for day in days] == ["active", "suspended", "suspended", "active"]


def test_a_new_registration_re_opens_and_the_old_period_stays():
    again = registration(applied_on="2026-08-01", expires_on="2027-01-28")
    v = volunteer(EXITED, again)
    assert v.state(D("2026-08-02")) == "applied"
    assert v.was_active_on(D("2026-03-01"))
    assert not v.was_active_on(D("2026-08-02"))


@given(st.dates(D("2020-01-01"), D("2030-01-01")), st.integers(0, 400))
def test_a_registration_is_either_inside_its_window_or_lapsed(registered_on, later):
    applied = registration(applied_on="2019-01-01", expires_on="2099-01-01")
    v = volunteer(registered(applied, registered_on, POLICY))
    today = registered_on + timedelta(days=later)
    due_on = v.registrations[-1].induction_due_on
    assert v.state(today) == ("registered" if today <= due_on else "lapsed")
