"""What the permission table is made of."""

from typing import Literal

import msgspec

Permission = Literal[
    "station.write",
    "registration.write",
    "volunteer.read",
    "volunteer.write",
    "volunteer.manage",
    "file.read",
    "file.write",
    "volunteer.export",
    "volunteer.erase",
    "volunteer.correct",
    "induction.write",
    "induction.revoke",
    "record.read",
    "record.write",
    "record.report",
    "record.approve",
    "record.correct",
    "objection.write",
    "objection.answer",
    "holiday.write",
    "position.write",
    "group.write",
    "reminder.read",
    "policy.read",
    "policy.write",
    "award.write",
    "evaluation.write",
    "certificate.read",
    "certificate.issue",
    "certificate.revoke",
    "badge.write",
    "complaint.write",
    "complaint.answer",
    "topic.write",
    "training.read",
    "training.write",
    "training.sign_up",
    "transfer.answer",
    "activity.write",
    "signup.write",
    "recognition.read",
    "recognition.published",
    "recognition.publish",
    "figures.read",
    "records.export",
    "import.write",
    "account.write",
    "client.write",
    "event.read",
    "event.sensitive",
    "subscription.read",
    "subscription.write",
    "volunteer.reveal",
    "disclosure.approve",
    "access.read",
    "audit.read",
    "staffing.read",
    "staffing.write",
    "delegation.write",
]
Scope = Literal["own", "station", "all"]
"""`own`: a volunteer's own record; `station`: the station of the account; `all`: everything."""


class Operation(msgspec.Struct, frozen=True):
    """What a route asks of its caller: a permission, and the least scope it is of any use with.

    `about` is what the route is about: a `person` (whose own scope is enough), the matters of a
    `station`, or the whole `county`. `staff_by_case`: staff whom the table does not name may have
    a reason of their own, as who stands in for a head; the action knows it.
    """

    permission: Permission
    about: Literal["person", "station", "county"]
    staff_by_case: bool = False


OPEN: Literal["open"] = "open"
SIGNED_IN: Literal["signed_in"] = "signed_in"
PLAIN = (OPEN, SIGNED_IN)
