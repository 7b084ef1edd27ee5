"""Signing in: the growing wait, one's password, one's sessions."""

import asyncio
import json
from datetime import timedelta

import msgspec
import pytest

from tests.api.work import counted
from tests.builders import NOW, PASSWORD, active, client_key, serving, signed_in, staff, station
from volunteer_svc import clock, ids, store
from volunteer_svc.actions.accounts import PASSWORD_DAYS
from volunteer_svc.actions.passwords import FIRST_PASSWORD_WITHIN, attempts_at
from volunteer_svc.app import create_app
from volunteer_svc.domain.lock_out import FORGOTTEN_HOURS, WAITS_SECONDS
from volunteer_svc.store.database import fetch

FREE = WAITS_SECONDS.index(30)


async def name_of(person):
    return (await store.accounts.find(person.actor.id)).username


def try_in(client, name, password, kind="staff"):
    body = {"kind": kind, "name": name, "password": password}
    return client.post("/v1/sessions", json=body)


async def fail(client, name, times):
    for _ in range(times):
        response = await try_in(client, name, "wrong password")
        assert (response.status_code, response.json()["code"]) == (401, "sign_in_failed")


def later(monkeypatch, seconds):
    monkeypatch.setattr(clock, "_shift", clock._shift + timedelta(seconds=seconds))


async def test_the_wait_grows_and_the_right_password_is_refused_meanwhile(client, monkeypatch):
    name = await name_of(await staff("county"))
    await fail(client, name, FREE + 1)
    for seconds in WAITS_SECONDS[FREE:]:
        assert (await try_in(client, name, PASSWORD)).json()["code"] == "sign_in_failed"
        later(monkeypatch, seconds - 3)
        assert (await try_in(client, name, PASSWORD)).status_code == 401
        later(monkeypatch, 4)
        await fail(client, name, 1)
    later(monkeypatch, max(WAITS_SECONDS) + 1)  # never longer, however often
    assert (await try_in(client, name, PASSWORD)).status_code == 201
    await fail(client, name, FREE)  # the count began anew
    assert (await try_in(client, name, PASSWORD)).status_code == 201


async def test_many_attempts_at_one_moment_are_no_more_than_one_after_the_other(database):
    key = attempts_at("somebody")
    tries = (store.sign_in_attempts.begin(key, NOW, WAITS_SECONDS) for _ in range(20))
    assert sum(await asyncio.gather(*tries)) == FREE + 1


@pytest.mark.usefixtures("pinned_clock")
async def test_all_web_processes_count_together_without_redis(database):
    config = msgspec.structs.replace(database, sign_ins_per_minute=1000)
    name = await name_of(await staff("county"))
    async with serving(create_app(config)) as one, serving(create_app(config)) as other:
        await fail(one, name, FREE)
        await fail(other, name, 1)
        assert (await try_in(one, name, PASSWORD)).status_code == 401
        assert (await try_in(other, name, PASSWORD)).status_code == 401


async def test_an_administrator_lifts_the_wait_and_nobody_else(client):
    locked, admin = await staff("county"), await staff("admin")
    name, path = await name_of(locked), f"/v1/accounts/{locked.actor.id}/unlock"
    await fail(client, name, FREE + 1)
    assert (await client.post(path, headers=locked.auth)).status_code == 403
    assert (await client.post(path, headers=admin.auth)).status_code == 200
    assert (await try_in(client, name, PASSWORD)).status_code == 201
    unknown = await client.post(f"/v1/accounts/{ids.uuid7()}/unlock", headers=admin.auth)
    assert unknown.status_code == 404


async def test_a_slip_ends_a_volunteers_wait(client):
    home = await station()
    worker, person = await staff("social_worker", home.id), await active(home.id)
    for _ in range(FREE + 1):
        await try_in(client, person.member_no, "wrong", "volunteer")
    slip = await client.post(f"/v1/volunteers/{person.id}/slip", headers=worker.auth)
    body = {"member_no": person.member_no, "slip": slip.json()["slip"], "password": PASSWORD}
    # The volunteer has no password yet: only the slip lets him in, and his password after it.
    await try_in(client, person.member_no, PASSWORD, "volunteer")
    assert (await client.post("/v1/sessions/slip", json=body)).status_code == 201
    assert (await try_in(client, person.member_no, PASSWORD, "volunteer")).status_code == 201


async def test_failures_are_forgotten_after_a_day(database):
    key = attempts_at("somebody")
    for _ in range(FREE + 1):
        assert await store.sign_in_attempts.begin(key, NOW, WAITS_SECONDS)
    await store.sign_in_attempts.forget_before(NOW - timedelta(seconds=1))
    assert not await store.sign_in_attempts.begin(key, NOW, WAITS_SECONDS)
    later_on = NOW + timedelta(hours=FORGOTTEN_HOURS)
    await store.sign_in_attempts.forget_before(later_on - timedelta(hours=FORGOTTEN_HOURS))
    assert await store.sign_in_attempts.begin(key, NOW, WAITS_SECONDS)


async def test_unknown_wrong_waiting_and_closed_accounts_are_alike_in_answer_and_work(client):
    known, closed, waiting = await staff("county"), await staff("county"), await staff("county")
    names = [await name_of(one) for one in (known, closed, waiting)]
    await fail(client, names[2], FREE + 1)
    await store.accounts.close(closed.actor.id, NOW)
    answers, works = [], []
    for name, password in ((names[0], "wrong"), (names[1], PASSWORD), (names[2], PASSWORD),
                           ("nobody", "wrong")):  # fmt: skip
        with counted() as work:
            response = await try_in(client, name, password)
        answers.append((response.status_code, {**response.json(), "request_id": ""}))
        works.append((work.statements, work.hashed))
    assert answers == answers[:1] * 4
    assert works == works[:1] * 4
    assert works[0][1] == 1
    assert len(works[0][0]) == 2 + 4  # and the entry of the failure, a transaction


async def test_a_new_password_takes_the_old_one_and_ends_the_other_sessions(client):
    me, person = await staff("county"), await active((await station()).id)
    other = await try_in(client, await name_of(me), PASSWORD)
    other_auth = {"Authorization": f"Bearer {other.json()['token']}"}
    change = {"present": "wrong password", "new": "an even longer password"}
    refused = await client.post("/v1/me/password", json=change, headers=me.auth)
    problem = refused.json()
    assert (refused.status_code, problem["errors"][0]["field"]) == (422, "present")
    assert problem["code"] == "password_wrong"
    short = {"present": PASSWORD, "new": "short"}
    refused = await client.post("/v1/me/password", json=short, headers=me.auth)
    assert refused.json()["errors"][0]["field"] == "new"
    assert (await client.get("/v1/me", headers=other_auth)).status_code == 200
    change["present"] = PASSWORD
    done = await client.post("/v1/me/password", json=change, headers=me.auth)
    assert done.status_code == 204
    assert (await client.get("/v1/me", headers=me.auth)).status_code == 200
    assert (await client.get("/v1/me", headers=other_auth)).status_code == 401
    assert (await try_in(client, await name_of(me), PASSWORD)).status_code == 401
    assert (await try_in(client, await name_of(me), change["new"])).status_code == 201
    # Who has no password yet has none to give.
    mine = await signed_in(person.id)
    refused = await client.post("/v1/me/password", json=change, headers=mine.auth)
    assert refused.json()["code"] == "password_wrong"


async def failures():
    rows = await fetch("SELECT * FROM audit_outbox WHERE action = 'fail_sign_in' ORDER BY 1")
    return [(row["subject"], json.loads(row["detail"])["how"]) for row in rows]


async def test_failed_sign_ins_stand_in_the_trail_without_what_was_typed(client):
    home = await station()
    me, worker = await staff("county"), await staff("social_worker", home.id)
    person = await active(home.id)
    await client.post(f"/v1/volunteers/{person.id}/slip", headers=worker.auth)
    await try_in(client, await name_of(me), "my-other-password")
    await try_in(client, "my-password-by-mistake", PASSWORD)
    await try_in(client, person.member_no, "my-other-password", "volunteer")
    slip = {"member_no": person.member_no, "slip": "2222-2222-2222", "password": PASSWORD}
    await client.post("/v1/sessions/slip", json=slip)
    code = {"name": person.form.phone, "code": "735190"}
    await client.post("/v1/sessions/code", json=code)
    change = {"present": "my-other-password", "new": "an even longer password"}
    await client.post("/v1/me/password", json=change, headers=me.auth)
    assert await failures() == [
        (f"account/{me.actor.id}", "password"),
        (None, "password"),
        (f"volunteer/{person.id}", "password"),
        (None, "slip"),
        (f"volunteer/{person.id}", "sent_code"),
        (f"account/{me.actor.id}", "password_again"),
    ]
    said = str(await fetch("SELECT t::text FROM audit_outbox t"))
    typed = ("my-other", "my-password", '"735190', "2222-2222", person.form.phone)
    assert not [one for one in typed if one in said]
    (row,) = await fetch("SELECT * FROM audit_outbox WHERE subject = $1 AND address IS NOT NULL"
                         " AND action = 'fail_sign_in' AND actor_kind = 'anyone'",
                         f"account/{me.actor.id}")  # fmt: skip
    assert row["address"] == "127.0.0.0/24"


async def reset(client, account_id, admin):
    answer = await client.post(f"/v1/accounts/{account_id}/reset-password", headers=admin.auth)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_password_given_out_must_be_changed_before_anything_else(client):
    admin, known = await staff("admin"), await staff("county")
    name = await name_of(known)
    await fail(client, name, FREE + 1)
    given = await reset(client, known.actor.id, admin)
    assert (await client.get("/v1/me", headers=known.auth)).status_code == 401, "sessions end"
    assert (await try_in(client, name, PASSWORD)).status_code == 401
    opened = await try_in(client, name, given["password"])  # and the wait has ended
    auth = {"Authorization": f"Bearer {opened.json()['token']}"}
    for method, path in (("GET", "/v1/registrations"), ("GET", "/v1/me/sessions"),
                         ("POST", "/v1/stations"), ("POST", "/v1/me/code")):  # fmt: skip
        refused = await client.request(method, path, headers=auth)
        assert refused.json()["code"] == "password_change_required", path
    assert (await client.get("/v1/me", headers=auth)).status_code == 200
    change = {"present": given["password"], "new": given["password"]}
    same = await client.post("/v1/me/password", json=change, headers=auth)
    assert same.json()["code"] == "password_same"
    change["new"] = "an even longer password"
    assert (await client.post("/v1/me/password", json=change, headers=auth)).status_code == 204
    assert (await client.get("/v1/registrations", headers=auth)).status_code == 200
    assert (await try_in(client, name, change["new"])).status_code == 201


async def test_a_password_given_out_ends_after_days_and_nobody_resets_his_own(client, monkeypatch):
    admin, known = await staff("admin"), await staff("county")
    given = await reset(client, known.actor.id, admin)
    later(monkeypatch, PASSWORD_DAYS * 86_400 + 1)
    refused = await try_in(client, await name_of(known), given["password"])
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_failed")
    own = f"/v1/accounts/{admin.actor.id}/reset-password"
    answer = await client.post(own, headers=admin.auth)
    assert (answer.status_code, answer.json()["code"]) == (409, "account_own_password")
    await client.post(f"/v1/accounts/{known.actor.id}/close", headers=admin.auth)
    closed = await client.post(f"/v1/accounts/{known.actor.id}/reset-password", headers=admin.auth)
    assert (closed.status_code, closed.json()["code"]) == (409, "account_stays_closed")


async def test_who_came_by_a_code_sets_a_first_password_soon_and_once(client, monkeypatch):
    home = await station()
    person = await active(home.id)
    himself = await signed_in(person.id, clock.now())
    first = {"new": "a first long password"}
    later(monkeypatch, FIRST_PASSWORD_WITHIN.seconds + 1)
    late = await client.post("/v1/me/password", json=first, headers=himself.auth)
    assert (late.status_code, late.json()["code"]) == (422, "sign_in_again")
    himself = await signed_in(person.id, clock.now())
    done = await client.post("/v1/me/password", json=first, headers=himself.auth)
    assert done.status_code == 204, done.text
    answer = await try_in(client, person.member_no, first["new"], "volunteer")
    assert answer.status_code == 201
    again = await client.post("/v1/me/password", json=first, headers=himself.auth)
    assert again.json()["code"] == "password_wrong", "there is one to be given"
    worker = await staff("social_worker", home.id)
    none = await client.post("/v1/me/password", json=first, headers=worker.auth)
    assert none.json()["code"] == "password_wrong"


async def test_a_stolen_session_does_not_guess_the_password(client):
    me = await staff("county")
    change = {"present": "wrong password", "new": "an even longer password"}
    for _ in range(FREE + 1):
        await client.post("/v1/me/password", json=change, headers=me.auth)
    change["present"] = PASSWORD
    refused = await client.post("/v1/me/password", json=change, headers=me.auth)
    assert refused.json()["code"] == "password_wrong"


async def test_sessions_are_listed_and_ended_by_their_owner_alone(client):
    me, other = await staff("county"), await staff("county")
    for _ in range(3):
        await try_in(client, await name_of(me), PASSWORD)
    first = (await client.get("/v1/me/sessions?limit=2", headers=me.auth)).json()
    rest = (
        await client.get(f"/v1/me/sessions?limit=2&cursor={first['next']}", headers=me.auth)
    ).json()
    found = [one["id"] for one in (*first["items"], *rest["items"])]
    assert (len(set(found)), rest["next"]) == (4, None)
    here = (await client.get("/v1/me", headers=me.auth)).json()["session_id"]
    there = next(one for one in found if one != here)
    path = f"/v1/me/sessions/{there}"
    assert (await client.delete(path, headers=other.auth)).status_code == 404
    assert (await client.delete(path, headers=me.auth)).status_code == 204
    assert (await client.delete(path, headers=me.auth)).status_code == 404
    assert (await client.delete("/v1/me/sessions", headers=me.auth)).status_code == 204
    left = (await client.get("/v1/me/sessions", headers=me.auth)).json()["items"]
    assert [one["id"] for one in left] == [here]
    assert (await client.get("/v1/me", headers=other.auth)).status_code == 200


async def test_another_services_key_has_no_sessions_and_no_password(client):
    key = await client_key("records:read")
    change = {"present": PASSWORD, "new": PASSWORD}
    for method, path, body in (
        ("GET", "/v1/me/sessions", None),
        ("DELETE", "/v1/me/sessions", None),
        ("DELETE", "/v1/sessions/current", None),
        ("POST", "/v1/me/password", change),
    ):
        response = await client.request(method, path, json=body, headers=key.auth)
        assert (response.status_code, response.json()["code"]) == (403, "person_required"), path
        assert (await client.request(method, path, json=body)).status_code == 401


async def test_volunteers_and_strangers_are_alike_in_answer_and_work(client):
    home = await station()
    worker, person, other = await staff("social_worker", home.id), *[
        await active(home.id) for _ in range(2)
    ]  # fmt: skip
    shared = [await active(home.id, phone="10012312312") for _ in range(2)]
    slip = (await client.post(f"/v1/volunteers/{person.id}/slip", headers=worker.auth)).json()
    use = {"member_no": person.member_no, "slip": slip["slip"], "password": PASSWORD}
    assert (await client.post("/v1/sessions/slip", json=use)).status_code == 201
    waiting = (await client.post(f"/v1/volunteers/{other.id}/slip", headers=worker.auth)).json()

    async def compare(path, bodies):
        answers, works = [], []
        for body in bodies:
            with counted() as work:
                response = await client.post(path, json=body)
            answers.append((response.status_code, {**response.json(), "request_id": ""}))
            works.append((work.statements, work.hashed))
        assert answers == answers[:1] * len(bodies)
        assert works == works[:1] * len(bodies)
        assert works[0][1] == 1
        return answers[0]

    names = (person.member_no, person.form.phone, other.member_no, shared[0].form.phone,
             shared[0].member_no, "00000000", "10011111111", "nonsense")  # fmt: skip
    wrong = [{"kind": "volunteer", "name": n, "password": "wrong password"} for n in names]
    status, problem = await compare("/v1/sessions", wrong)
    assert (status, problem["code"]) == (401, "sign_in_failed")
    slips = [
        use,  # used already
        use | {"slip": "2222-2222-2222"},
        use | {"member_no": other.member_no},
        use | {"member_no": "00000000", "slip": waiting["slip"]},
        use | {"member_no": "nonsense"},
    ]
    status, problem = await compare("/v1/sessions/slip", slips)
    assert (status, problem["code"]) == (422, "slip_invalid")
