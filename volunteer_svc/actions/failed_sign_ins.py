"""Sign-ins that failed, in the audit trail: how and at whose account, never what was typed in.

Every failure does the same work, whether the name is somebody's or nobody's.
"""

from typing import Literal

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.domain.errors import Refusal, refuse

How = Literal["password", "one_time_code", "slip", "sent_code", "sign_on", "password_again"]


async def sign_in_failed(call: Call, how: How, whose: str | None) -> Refusal:
    """The refusal to raise, after it is noted. `whose`: `account/<id>` …; None: nobody's."""
    await fail_sign_in(call, how, whose)
    return refuse("sign_in_failed", kind="unauthenticated")


@command
async def fail_sign_in(call: Call, how: How, whose: str | None) -> None:
    """Leave the entry; what led to it is refused elsewhere."""
    await store.trails.keep_anyway()
    call.notes.changed(whose, how=how)
