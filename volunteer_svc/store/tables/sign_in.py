"""The tables of signing in: passwords, codes, sessions."""

from piccolo.table import Table

from volunteer_svc.store.columns import (
    big_integer,
    flag,
    instant,
    integer,
    reference,
    sealed,
    text,
    uuid,
)
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.volunteers import Volunteer


class VolunteerPassword(Table, db=ENGINE):
    """A volunteer's own password, set with a slip from the station.

    `phone_set_by`: which of the staff wrote the telephone down; `code_reach_by`: the same, of one
    that a code was used from.
    """

    volunteer_id = reference(Volunteer, primary_key=True)
    password_hash = text(256, optional=True)
    slip_hash = sealed(optional=True)
    slip_expires_at = instant(optional=True)
    slip_given_by = reference(Staff, optional=True)
    phone_set_by = reference(Staff, optional=True)
    code_reach_by = reference(Staff, optional=True)


class Session(Table, db=ENGINE):
    """A signed-in person; the token itself is never stored.

    `second_factor`: of a single sign-on, whether the issuer asked for one; null: opened here.
    """

    token_hash = sealed(primary_key=True)
    staff_id = reference(Staff, optional=True)
    volunteer_id = reference(Volunteer, optional=True)
    created_at = instant()
    expires_at = instant(index=True)
    id = uuid(unique=True)
    second_factor = flag(optional=True)


class SignInAttempt(Table, db=ENGINE):
    """Failed sign-ins in a row at one account, or at a name that nobody has."""

    name_hash = sealed(primary_key=True)
    failures = integer()
    last_at = instant(index=True)
    locked_until = instant()


class StaffCode(Table, db=ENGINE):
    """The authenticator app of an account; `last_step` is that of the last code accepted."""

    staff_id = reference(Staff, primary_key=True)
    secret_sealed = sealed()
    last_step = big_integer()
    created_at = instant()
    confirmed_at = instant(optional=True)


class RecoveryCode(Table, db=ENGINE):
    """Stands for a code of a lost app, once."""

    code_hash = sealed(primary_key=True)
    staff_id = reference(Staff, index=True)


class SentCode(Table, db=ENGINE):
    """A one-time code asked for to a telephone, known or not; number and code are not in it."""

    to_hash = sealed(primary_key=True)
    id = uuid(unique=True)
    requested_at = instant(index=True)
    expires_at = instant()
    tries_left = integer()
    requests = integer()
    counted_from = instant()
    due_at = instant(optional=True)
    spent_at = instant(optional=True)
