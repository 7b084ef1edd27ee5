"""What became of an open form, for who holds its receipt: alike for known and unknown people."""

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import store
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found


class AskReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Small letters and blanks do not matter."""

    receipt: Annotated[str, Meta(min_length=1, max_length=64)]


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """`received`: come to the station with the documents; `registered`: they were seen there, at
    `station_id`; `over`: nobody came in time. Nothing that says whose form it was."""

    state: Literal["received", "registered", "over"]
    received_on: date
    station_id: UUID | None = None
    induction_due_on: date | None = None


@reading
async def read_receipt(call: Call, request: AskReceipt) -> ReceiptView:
    """Raises `not_found` (`receipt`).

    A known person's form waits as a claim and never says more than a new one nobody came for; so
    does one that was declined, or whose claim was resolved. Only who came with the documents
    learns more.
    """
    text = "".join(one for one in request.receipt.upper() if one.isalnum())
    found = await store.receipts.find("-".join((text[:4], text[4:8], text[8:])))
    if found is None:
        raise not_found("receipt")
    received_on, today = local_date(found.received_at), local_date(call.now)
    if found.registered_on is not None:
        return ReceiptView(
            state="registered",
            station_id=found.station_id,
            received_on=received_on,
            induction_due_on=found.induction_due_on if found.inducted_on is None else None,
        )
    days = (await store.policies.load()).on(received_on).application_expires_days
    over = today > received_on + timedelta(days=days)
    # Not even the station: a claim lies where the known person is at home.
    return ReceiptView(state="over" if over else "received", received_on=received_on)
