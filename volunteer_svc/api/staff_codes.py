"""Staff's one-time codes: enrol, confirm, remove."""

from uuid import UUID

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from volunteer_svc.actions import staff_codes
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.staff_codes import ConfirmCode, NewSecret, RecoveryCodes, WithPassword
from volunteer_svc.api.calls import BEFORE_ENROLMENT
from volunteer_svc.api.documented import BODY, documented
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.store.accounts import Account

_TRIES = limited("sign-ins")
_MAY = (*BODY, 409, 422, 429)


@post(
    "/me/code",
    guards=[_TRIES],
    opt=BEFORE_ENROLMENT,
    **documented("enrolCode", "Begin with an authenticator app; its secret, once", *_MAY),
)
async def enrol_code(data: JSONBody[WithPassword], call: NamedDependency[Call]) -> NewSecret:
    return await staff_codes.enrol_code(call, data)


@post(
    "/me/code/confirm",
    status_code=200,
    guards=[_TRIES],
    opt=BEFORE_ENROLMENT,
    **documented("confirmCode", "Confirm the app by its code; recovery codes, once", *_MAY),
)
async def confirm_code(data: JSONBody[ConfirmCode], call: NamedDependency[Call]) -> RecoveryCodes:
    return await staff_codes.confirm_code(call, data)


@post(
    "/me/code/remove",
    status_code=204,
    guards=[_TRIES],
    opt=BEFORE_ENROLMENT,
    **documented("removeCode", "Give the authenticator app up", *_MAY),
)
async def remove_code(data: JSONBody[WithPassword], call: NamedDependency[Call]) -> None:
    await staff_codes.remove_code(call, data)


@post(
    "/accounts/{account_id:uuid}/remove-code",
    status_code=200,
    **documented("removeAccountCode", "Let somebody sign in who lost his app", 404, 409, 422),
)
async def remove_account_code(
    account_id: FromPath[UUID], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> Account:
    return await staff_codes.remove_code_of.once(once, call, account_id)


router = Router(
    "/",
    tags=["sessions"],
    route_handlers=[enrol_code, confirm_code, remove_code, remove_account_code],
)
