"""The tables of stars won and lost, and of rating everybody by new numbers."""

from piccolo.table import Table

from volunteer_svc.store.columns import (
    big_integer,
    day,
    instant,
    integer,
    key,
    reference,
    text,
    uuid,
)
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.hours import LedgerEntry
from volunteer_svc.store.tables.policies import Policy
from volunteer_svc.store.tables.volunteers import Volunteer


class StarChange(Table, db=ENGINE):
    """Each star won or lost with its explanation: policy, minutes before and after, cause."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    ledger_entry_id = reference(LedgerEntry, optional=True)
    from_star = integer()
    to_star = integer()
    minutes_before = integer()
    minutes_after = integer()
    policy_version = reference(Policy)
    cause_kind = text(16)
    cause_id = uuid()
    changed_on = day()
    number = big_integer()


class ReEvaluation(Table, db=ENGINE):
    """Everybody is rated by a policy that was activated; how far that is."""

    id = key()
    policy_version = reference(Policy, unique=True)
    started_at = instant()
    after_id = uuid(optional=True)
    total = integer()
    done = integer()
    promoted = integer()
    revoked = integer()
    finished_at = instant(optional=True)


class ReRating(Table, db=ENGINE):
    """From which entry of a ledger on another policy rated it; its key has two columns."""

    volunteer_id = reference(Volunteer, primary_key=True)
    re_evaluation_id = reference(ReEvaluation)
    ledger_seq = integer()
    from_policy = reference(Policy)
    to_policy = reference(Policy)
