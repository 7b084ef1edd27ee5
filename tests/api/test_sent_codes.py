"""Volunteers sign in with their telephone: by password, or by a code that was sent to it."""

import asyncio
import re
from datetime import timedelta

import msgspec
import pytest

from tests.api.test_sign_in import later
from tests.api.work import counted
from tests.builders import (
    NOW,
    PASSWORD,
    active,
    call,
    form,
    registered,
    staff,
    station,
    taken_up,
)
from volunteer_svc import clock, store
from volunteer_svc.actions import sent_codes
from volunteer_svc.domain.sent_code import (
    CODES_PER_DAY,
    GOOD_MINUTES,
    PAUSE_SECONDS,
    TRIES,
)
from volunteer_svc.store.database import execute, fetch

NOBODY = "10099999999"


def ask(client, name):
    return client.post("/v1/sessions/code-requests", json={"name": name})


async def use(client, name, code, **more):
    response = await client.post("/v1/sessions/code", json={"name": name, "code": code} | more)
    return response.json().get("code", response.status_code)


async def due():
    return await sent_codes.take_due(call(now=clock.now()))


async def code_for(client, name):
    """Asked for, sent, and taken from the message."""
    assert (await ask(client, name)).status_code == 202
    (message,) = await due()
    await sent_codes.sent(message.id)
    return message.code


def other_than(code):
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.fixture
async def person(client):
    return await active((await station()).id)


async def test_a_code_goes_to_the_telephone_on_file_and_is_good_once(client, person):
    for n, name in enumerate((person.form.phone, person.member_no)):
        later_seconds = n * (PAUSE_SECONDS + 1)
        with pytest.MonkeyPatch.context() as patch:
            later(patch, later_seconds)
            assert (await ask(client, name)).status_code == 202
            (message,) = await due()
            assert message.phone == person.form.phone
            assert message.code in message.text
            assert "10 分钟" in message.text
            assert await use(client, name, message.code) == 201
            assert await use(client, name, message.code) == "sign_in_failed"


async def test_the_session_is_the_volunteers(client, person):
    code = await code_for(client, person.form.phone)
    body = {"name": person.form.phone, "code": code}
    token = (await client.post("/v1/sessions/code", json=body)).json()["token"]
    me = (await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})).json()
    assert (me["kind"], me["id"]) == ("volunteer", str(person.id))


async def test_of_many_at_one_moment_one_gets_in(client, person):
    code = await code_for(client, person.form.phone)
    answers = await asyncio.gather(*(use(client, person.form.phone, code) for _ in range(TRIES)))
    assert sorted(map(str, answers)) == ["201", *["sign_in_failed"] * (TRIES - 1)]


async def test_a_code_is_good_for_few_tries_and_ten_minutes(client, person, monkeypatch):
    phone = person.form.phone
    code = await code_for(client, phone)
    for _ in range(TRIES):
        assert await use(client, phone, other_than(code)) == "sign_in_failed"
    assert await use(client, phone, code) == "sign_in_failed"
    later(monkeypatch, PAUSE_SECONDS + 1)
    code = await code_for(client, phone)
    later(monkeypatch, GOOD_MINUTES * 60 - 5)
    for _ in range(TRIES - 1):
        assert await use(client, phone, other_than(code)) == "sign_in_failed"
    assert await use(client, phone, code) == 201
    later(monkeypatch, PAUSE_SECONDS + 1)
    code = await code_for(client, phone)
    later(monkeypatch, GOOD_MINUTES * 60 + 5)
    assert await use(client, phone, code) == "sign_in_failed"


async def test_a_telephone_gets_one_code_a_minute_and_few_a_day(client, person, monkeypatch):
    phone = person.form.phone
    code = await code_for(client, phone)
    assert (await ask(client, phone)).status_code == 202
    assert (await ask(client, person.member_no)).status_code == 202  # the same telephone
    assert await due() == []
    assert await use(client, phone, code) == 201
    for _ in range(CODES_PER_DAY - 1):
        later(monkeypatch, PAUSE_SECONDS + 1)
        await code_for(client, phone)
    later(monkeypatch, PAUSE_SECONDS + 1)
    assert (await ask(client, phone)).status_code == 202
    assert await due() == []
    later(monkeypatch, 24 * 3600)
    await code_for(client, phone)


async def test_who_shares_a_telephone_gives_the_member_number_too(client, person):
    sibling = await active(person.station_id, phone=person.form.phone)
    other = await active(person.station_id)
    phone = person.form.phone
    code = await code_for(client, phone)
    assert await use(client, phone, code) == "member_no_required"
    assert await use(client, phone, other_than(code)) == "sign_in_failed"
    assert await use(client, phone, code, member_no=other.member_no) == "sign_in_failed"
    body = {"name": phone, "code": code, "member_no": sibling.member_no}
    token = (await client.post("/v1/sessions/code", json=body)).json()["token"]
    me = (await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})).json()
    assert me["id"] == str(sibling.id)


async def test_a_code_of_one_telephone_is_none_of_another(client, person):
    other = await active(person.station_id)
    code = await code_for(client, person.form.phone)
    assert await use(client, other.form.phone, code) == "sign_in_failed"
    assert await use(client, other.member_no, code) == "sign_in_failed"
    assert await use(client, person.form.phone, code, member_no=other.member_no) == "sign_in_failed"
    await code_for(client, other.form.phone)
    assert await use(client, person.form.phone, code) == 201


async def test_a_password_goes_with_the_telephone_too(client, person):
    worker = await staff("social_worker", person.station_id)

    async def try_in(name, **more):
        body = {"kind": "volunteer", "name": name, "password": PASSWORD} | more
        return (await client.post("/v1/sessions", json=body)).status_code

    slip = await client.post(f"/v1/volunteers/{person.id}/slip", headers=worker.auth)
    body = {"member_no": person.member_no, "slip": slip.json()["slip"], "password": PASSWORD}
    assert (await client.post("/v1/sessions/slip", json=body)).status_code == 201
    phone = person.form.phone
    assert await try_in(phone) == 201
    assert await try_in(f"{phone[:3]}-{phone[3:7]} {phone[7:]}") == 201
    sibling = await active(person.station_id, phone=phone)
    assert await try_in(phone) == 401
    assert await try_in(phone, member_no=sibling.member_no) == 401
    assert await try_in(phone, member_no="x") == 401
    assert await try_in(phone, member_no=person.member_no) == 201


async def test_asking_tells_nothing_and_costs_the_same(client, person):
    without = await active(person.station_id, name="无电话")
    await execute("UPDATE person SET phone_sealed = NULL, phone_hash = NULL WHERE name = '无电话'")
    applied = form()
    names = (person.form.phone, person.form.phone, NOBODY, "100-9999 9998", without.member_no,
             person.member_no, applied.phone)  # fmt: skip
    answers, works = [], []
    for name in names:
        with counted() as work:
            response = await ask(client, name)
        answers.append((response.status_code, response.json()))
        works.append((work.statements, work.hashed))
    assert answers == [(202, {"good_minutes": 10, "pause_seconds": 60})] * len(names)
    assert works == works[:1] * len(names)
    assert [message.phone for message in await due()] == [person.form.phone]
    assert await due() == []


async def test_a_wrong_code_tells_nothing_and_costs_the_same(client, person):
    code = await code_for(client, person.form.phone)
    await ask(client, NOBODY)
    await active(person.station_id, phone="10088888888")
    bodies = [
        {"name": person.form.phone, "code": other_than(code)},
        {"name": NOBODY, "code": "123456"},  # asked for, but nobody's
        {"name": "10077777777", "code": "123456"},  # never asked for
        {"name": "10088888888", "code": "123456"},  # known, not asked for
        {"name": "nonsense", "code": "123456"},
        {"name": person.form.phone, "code": code, "member_no": "1"},
    ]
    answers, works = [], []
    for body in bodies:
        with counted() as work:
            response = await client.post("/v1/sessions/code", json=body)
        answers.append((response.status_code, {**response.json(), "request_id": ""}))
        works.append(work.statements)
    assert answers == answers[:1] * len(bodies)
    assert answers[0][0] == 401
    assert works == works[:1] * len(bodies)


async def test_who_has_no_member_number_yet_gets_no_code(client, person):
    stranger = form()
    body = {"station_id": str(person.station_id), "form": msgspec.to_builtins(stranger)}
    assert (await client.post("/v1/registrations", json=body)).status_code == 202
    await taken_up()
    assert (await ask(client, stranger.phone)).status_code == 202
    assert await due() == []


@pytest.mark.parametrize("name", ["", "x", "1", "12345678", "' OR 1=1", "²" * 11, "1" * 65])
async def test_what_can_be_no_number_is_named(client, name):
    response = await ask(client, name)
    assert response.status_code in (400, 422)
    assert response.json()["errors"][0]["field"] == "name"
    assert await fetch("SELECT 1 FROM sent_code") == []


@pytest.mark.parametrize("code", ["", "12345", "1234567", "１２３４５６", "12345x", 123456, None])
async def test_a_code_is_six_digits(client, person, code):
    body = {"name": person.form.phone, "code": code}
    response = await client.post("/v1/sessions/code", json=body)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "code")


async def test_neither_code_nor_number_is_kept(client, person):
    code = await code_for(client, person.form.phone)
    (row,) = await fetch("SELECT * FROM sent_code")
    kept = " ".join(str(value) for value in row.values())
    assert not re.search(rf"\b{code}\b", kept)
    assert person.form.phone not in kept
    await store.sent_codes.forget_before(NOW - timedelta(hours=24))
    assert await fetch("SELECT 1 FROM sent_code")
    await store.sent_codes.forget_before(clock.now())
    assert await fetch("SELECT 1 FROM sent_code") == []


async def test_a_message_comes_again_until_it_is_sent(client, person, monkeypatch):
    await ask(client, person.form.phone)
    (first,) = await due()
    assert await due() == []
    later(monkeypatch, sent_codes.LEASE_SECONDS + 1)
    (again,) = await due()
    assert again == first
    await sent_codes.sent(again.id)
    later(monkeypatch, sent_codes.LEASE_SECONDS + 1)
    assert await due() == []


async def test_nothing_is_sent_that_is_over(client, person, monkeypatch):
    await ask(client, person.form.phone)
    later(monkeypatch, GOOD_MINUTES * 60 + 1)
    assert await due() == []


async def test_somebody_registered_on_paper_claims_his_account(client):
    """Already registered is no dead end: by telephone at once, without one by the desk."""
    home = await station()
    worker, person = await staff("social_worker", home.id), await registered(home.id)
    body = {"station_id": str(home.id), "form": msgspec.to_builtins(person.form)}
    receipt = await client.post("/v1/registrations", json=body)
    assert (receipt.status_code, list(receipt.json())) == (202, ["receipt"])
    code = await code_for(client, person.form.phone)
    assert await use(client, person.form.phone, code) == 201
    await taken_up()
    # The desk sees whose claim it is, and gives out a slip.
    (claim,) = (await client.get("/v1/claims", headers=worker.auth)).json()["items"]
    assert claim["receipt"] == receipt.json()["receipt"]
    slip = await client.post(f"/v1/volunteers/{claim['volunteer_id']}/slip", headers=worker.auth)
    done = await client.post(f"/v1/claims/{claim['id']}/resolve", headers=worker.auth)
    assert done.status_code == 204
    use_slip = {
        "member_no": person.member_no,
        "slip": slip.json()["slip"].lower(),
        "password": PASSWORD,
    }
    assert (await client.post("/v1/sessions/slip", json=use_slip)).status_code == 201
    again = await client.post("/v1/sessions/slip", json=use_slip)
    assert (again.status_code, again.json()["code"]) == (422, "slip_invalid")
    # Staff who type the form in again are shown the file there is.
    paper = await client.post("/v1/volunteers", json=body, headers=worker.auth)
    assert (paper.status_code, paper.json()["code"]) == (409, "already_registered")
    assert person.member_no in paper.json()["detail"]
