"""One-time codes to volunteers' telephones: asked for, sent by a worker, used to sign in.

Asking looks at nothing but what was asked for: whether the telephone is somebody's is found out by
the worker that sends, later and elsewhere, so that no answer can tell.
"""

import hmac
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.failed_sign_ins import sign_in_failed
from volunteer_svc.actions.passwords import forgive, trail_name
from volunteer_svc.actions.sessions import Token, open_session, volunteers_named
from volunteer_svc.domain.errors import refuse
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.phone import normalise_phone
from volunteer_svc.domain.sent_code import DIGITS, GOOD_MINUTES, Message
from volunteer_svc.domain.text import Name
from volunteer_svc.i18n import DEFAULT, words
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.people import opened_phone, phone_hash
from volunteer_svc.identity.vault import vault
from volunteer_svc.store.accounts import VolunteerCredential
from volunteer_svc.store.sent_codes import DueCode

LEASE_SECONDS = 15
BATCH = 20
_NO_REQUEST = UUID(int=0)


class RequestCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`name`: the telephone, or the member number, then it goes to the telephone on file."""

    name: Name


class UseCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`name` as the code was asked for; `member_no` where several share the telephone."""

    name: Name
    code: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    member_no: Name | None = None


async def request_code(call: Call, request: RequestCode) -> None:
    """Have a code sent, if this is a volunteer's. Answers and costs the same for everybody.

    Raises `name_not_usable` for what can be neither a telephone nor a member number.
    """
    if not (normalise_phone(request.name) or normalise_member_number(request.name)):
        raise refuse("name_not_usable", "name")
    found = await volunteers_named(request.name, None)
    await store.sent_codes.request(_destination(request.name, found), ids.uuid7(), call.now)


async def sign_in_by_code(call: Call, request: UseCode, *, hours: int) -> Token:
    """A session for the code, which is then spent. Raises `sign_in_failed` (401), alike for all.

    `member_no_required` (401): only behind the right code, which stays good for the next try.
    """
    found = await volunteers_named(request.name, request.member_no)
    to_hash = _destination(request.name, found)
    request_id = await store.sent_codes.try_once(to_hash, call.now)
    right = hmac.compare_digest(_code(request_id or _NO_REQUEST), request.code)
    if request_id is None or not right or not found:
        about = trail_name("volunteer", found[0].owner_id) if len(found) == 1 else None
        raise await sign_in_failed(call, "sent_code", about)
    if len(found) > 1:
        raise refuse("member_no_required", "member_no", kind="unauthenticated")
    (volunteer,) = found
    if not await store.sent_codes.spend(to_hash, request_id, call.now):
        raise await sign_in_failed(call, "sent_code", trail_name("volunteer", volunteer.owner_id))
    await store.accounts.note_code_used(volunteer.owner_id)
    await forgive(str(volunteer.owner_id))
    return await open_session(call, "volunteer", volunteer.owner_id, hours)


async def take_due(call: Call) -> list[Message]:
    """For the worker: messages to send now; each comes again unless `sent` is called in time."""
    messages = []
    for due in await store.sent_codes.claim(call.now, seconds=LEASE_SECONDS, limit=BATCH):
        message = await _message(due)
        if message is None:
            await store.sent_codes.done(due.id)
        else:
            messages.append(message)
    return messages


async def sent(message_id: UUID) -> None:
    """The channel has taken a message."""
    await store.sent_codes.done(message_id)


async def _message(due: DueCode) -> Message | None:
    """None: no volunteer has this telephone."""
    volunteers = await store.accounts.volunteers_named(None, due.to_hash, None)
    person = await store.people.find(volunteers[0].owner_id) if volunteers else None
    if person is None:
        return None
    key = (await person_keys.of([person.volunteer_id])).get(person.volunteer_id)
    phone = opened_phone(key, person)
    if phone is None:
        return None
    code = _code(due.id)
    said = words("one_time_code", {"code": code, "minutes": GOOD_MINUTES}, DEFAULT)
    return Message(id=due.id, phone=phone, code=code, title=said.title, text=said.detail)


def _destination(name: str, found: list[VolunteerCredential]) -> bytes:
    """The hash of the telephone meant: that of the volunteers found, else what was typed in."""
    phones = {volunteer.phone_hash for volunteer in found}
    if len(phones) == 1 and (known := phones.pop()) is not None:
        return known
    phone = normalise_phone(name)
    return phone_hash(phone) if phone else vault().keyed_hash("no telephone", name)


def _code(request_id: UUID) -> str:
    """The code of a request, made from its id under the key ring: it is kept nowhere."""
    number = int.from_bytes(vault().keyed_hash("one-time code", str(request_id)))
    return f"{number % 10**DIGITS:0{DIGITS}d}"
