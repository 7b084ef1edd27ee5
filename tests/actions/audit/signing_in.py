"""Scenes of signing in: people by password, code and sign-on, services by key."""

import base64

import msgspec
import pytest

from tests import builders
from tests.actions.audit.scene import at_once
from tests.builders import NOW
from volunteer_svc.actions import clients, passwords, sessions, sign_on, staff_codes
from volunteer_svc.actions.clients import LinkSubject, NewClient, RotateKey
from volunteer_svc.actions.passwords import ChangePassword
from volunteer_svc.actions.sessions import SignIn, UseSlip
from volunteer_svc.actions.staff_codes import ConfirmCode, WithPassword
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.one_time_code import code_at, step_of
from volunteer_svc.domain.sign_on import Claims, Granted
from volunteer_svc.identity.sign_on import Checked, load
from volunteer_svc.identity.tokens import token_hash
from volunteer_svc.store.database import fetch


async def open_session(s):
    name = (await fetch("SELECT username FROM staff WHERE id = $1", s.worker.actor.id))[0][0]
    request = SignIn(kind="staff", name=name, password=builders.PASSWORD)
    return lambda: sessions.sign_in(builders.call(), request, hours=1)


async def spend_slip(s):
    slip = (await s.slip()).slip
    request = UseSlip(member_no=s.person.member_no, slip=slip, password="a good long password")
    return lambda: sessions.use_slip(builders.call(), request, hours=1)


async def end_session(s):
    (one,) = await sessions.own_sessions(s.worker.call(), after=None, limit=1)
    return lambda: sessions.end_session(s.worker.call(), one.id)


async def confirm_code(s):
    present = WithPassword(present=builders.PASSWORD)
    made = await staff_codes.enrol_code(s.worker.call(), present)
    code = code_at(base64.b32decode(made.secret), step_of(NOW))
    return lambda: staff_codes.confirm_code(s.worker.call(), ConfirmCode(code=code))


async def remove_code(s):
    present = WithPassword(present=builders.PASSWORD)
    await staff_codes.enrol_code(s.worker.call(), present)
    return lambda: staff_codes.remove_code(s.worker.call(), present)


async def remove_code_of(s):
    await staff_codes.enrol_code(s.worker.call(), WithPassword(present=builders.PASSWORD))
    return lambda: staff_codes.remove_code_of(s.admin.call(), s.worker.actor.id)


async def fail_sign_in(s):
    request = SignIn(kind="staff", name="nobody", password="x")

    async def act():
        with pytest.raises(Refusal, match="sign_in_failed"):
            await sessions.sign_in(builders.call(), request, hours=1)

    return act


async def set_first_password(s):
    there = msgspec.structs.replace(s.himself.call(), session_id=await session_of(s.himself))
    return lambda: passwords.change_password(there, ChangePassword(new="another long one"))


async def session_of(person):
    return (await fetch("SELECT id FROM session WHERE token_hash = $1",
                        token_hash(person.token)))[0]["id"]  # fmt: skip


TRUSTING = Config(
    sso_issuer="https://issuer.example", sso_client_id="us", sso_origin="https://we.example",
    sso_roles=("county=county",), sso_create_accounts=True,
)  # fmt: skip


CLAIMS = Claims(iss=TRUSTING.sso_issuer, sub="somebody", aud="us", exp=0, iat=0)


def signs_on(s):
    return sign_on.sign_on(
        builders.call(), Checked(CLAIMS, {}), Granted("county", None), False, TRUSTING
    )


async def deny_sign_on(s):
    await signs_on(s)
    return lambda: sign_on.deny_sign_on(builders.call(), CLAIMS.iss, CLAIMS.sub)


def on_sign_on(act):
    async def prepare(s):
        load(TRUSTING)
        platform = await builders.client_key("events:read")
        return lambda: act(s, platform.actor.id, LinkSubject(subject="somebody"))

    return prepare


def on_a_client(act):
    async def prepare(s):
        platform = await builders.client_key("events:read")
        return lambda: act(s, platform.actor.id)

    return prepare


CHANGES = {
    "sessions.open_session": open_session,
    "sessions._spend_slip": spend_slip,
    "sessions.give_slip": at_once(lambda s: s.slip()),
    "sessions.end_session": end_session,
    "sessions.end_other_sessions": at_once(lambda s: sessions.end_other_sessions(s.worker.call())),
    "passwords._change_password": at_once(
        lambda s: passwords.change_password(
            s.worker.call(), ChangePassword(present=builders.PASSWORD, new="another long one")
        )
    ),
    "staff_codes._enrol_code": at_once(
        lambda s: staff_codes.enrol_code(s.worker.call(), WithPassword(present=builders.PASSWORD))
    ),
    "staff_codes.confirm_code": confirm_code,
    "staff_codes._remove_code": remove_code,
    "staff_codes.remove_code_of": remove_code_of,
    "clients.add_client": at_once(
        lambda s: clients.add_client(s.admin.call(), NewClient(name="平台", scopes=["events:read"]))
    ),
    "clients.rotate_key": on_a_client(
        lambda s, one: clients.rotate_key(s.admin.call(), one, RotateKey())
    ),
    "clients.close_client": on_a_client(lambda s, one: clients.close_client(s.admin.call(), one)),
    "clients.link_client_subject": on_sign_on(
        lambda s, one, request: clients.link_client_subject(s.admin.call(), one, request)
    ),
    "sign_on.link_account_subject": on_sign_on(
        lambda s, _, request: sign_on.link_account_subject(
            s.admin.call(), s.worker.actor.id, request
        )
    ),
    "sign_on.sign_on": at_once(signs_on),
    "sign_on.deny_sign_on": deny_sign_on,
    "failed_sign_ins.fail_sign_in": fail_sign_in,
    "passwords._set_first_password": set_first_password,
}


READINGS = {
    "clients.clients": at_once(lambda s: clients.clients(s.admin.call(), after=None, limit=5)),
}
