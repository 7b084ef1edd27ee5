"""What people try and may not, over HTTP: a problem in the reader's language that names the way
out, and nothing is written."""

import asyncio

import pytest

from tests.actions.plans import END, START, published, signs_up
from tests.actions.world import hours, line, record
from tests.builders import NOW, active, signed_in, staff, station
from volunteer_svc import clock
from volunteer_svc.store.database import fetch


@pytest.fixture
async def here(client):
    home = await station()
    return client, home.id, await staff("social_worker", home.id), await active(home.id)


async def refused(client, who, path, body, status, code):
    """The same refusal in both languages, in words of each; nothing came of it."""
    before = await fetch("SELECT count(*) FROM outbox")
    details = []
    for language in ("zh-CN", "en"):
        headers = who.auth | {"Accept-Language": language}
        answer = await client.post(f"/v1{path}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        details.append(answer.json()["detail"])
    assert len({code, *details}) == 3, "a sentence in each language"
    assert await fetch("SELECT count(*) FROM outbox") == before
    return answer.json()


async def test_signing_up_after_the_start_is_refused(here):
    client, home, worker, person = here
    one = await published(worker, home)
    clock.start_at(START)
    himself, body = await signed_in(person.id, START), {"volunteer_id": str(person.id)}
    path = f"/activities/{one.id}/sign-ups"
    await refused(client, himself, path, body, 409, "signup_after_start")


async def test_an_old_code_and_a_copied_one_check_nobody_in(here):
    """Old: of a minute ago. Copied: of another activity's screen, or used once already."""
    client, home, worker, person = here
    one, other = [await published(worker, home, title=name) for name in "甲乙"]
    for activity in (one, other):
        await signs_up(worker, activity, person)
    path, body = f"/activities/{one.id}/check-ins", {"volunteer_id": str(person.id)}
    shown = {}
    clock.start_at(START)
    desk, himself = await signed_in_again(worker, START), await signed_in(person.id, START)
    for activity in (one, other):
        answer = await client.get(f"/v1/activities/{activity.id}/site-code", headers=desk.auth)
        shown[activity.id] = answer.json()["code"]
    copied = body | {"code": shown[other.id]}
    await refused(client, himself, path, copied, 422, "code_wrong")
    clock.start_at(START.replace(minute=START.minute + 2))
    old = body | {"code": shown[one.id]}
    await refused(client, himself, path, old, 422, "code_wrong")


async def signed_in_again(who, now):
    return await staff(who.actor.role, who.actor.station_id, now=now)


async def test_a_correction_below_zero_is_refused(here):
    client, home, worker, person = here
    (made,) = await record(worker, home, line(person))
    path = f"/service-records/{made.record_id}/corrections"
    body = {"minutes": -1, "reason": "看错"}
    told = await refused(client, worker, path, body, 400, "value_out_of_bounds")
    assert told["errors"][0]["field"] == "minutes"


async def test_who_recorded_it_does_not_approve_it(here):
    client, home, worker, person = here
    (made,) = await record(worker, home, line(person, minutes=500))
    decision = {"kind": "record", "id": str(made.record_id), "decision": "approve"}
    words = set()
    for language in ("zh-CN", "en"):
        answer = await client.post(
            "/v1/approvals", json={"decisions": [decision]},
            headers=worker.auth | {"Accept-Language": language},
        )  # fmt: skip
        (outcome,) = answer.json()["outcomes"]
        assert outcome["outcome"] == "refused"
        (fault,) = outcome["errors"]
        words.add(fault["detail"])
        assert fault["code"] == "second_person_required"
    assert len(words) == 2
    (row,) = await fetch("SELECT state FROM service_record")
    assert row["state"] == "waiting"


async def test_of_two_heads_who_publish_one_list_at_once_one_is_told_of_the_other(here):
    client, home, worker, person = here
    await hours(worker, home, person, 600, since=NOW.date().replace(year=2025, month=5, day=1))
    heads = [await staff("station_head", home) for _ in range(2)]
    answers = await asyncio.gather(*(
        client.post("/v1/recognitions/2025/publications", json={"station_id": str(home)},
                    headers=head.auth)
        for head in heads
    ))  # fmt: skip
    lost = [one.json() for one in answers if one.status_code == 409]
    assert [one["code"] for one in lost] == ["recognition_published_meanwhile"]
    assert min(one.status_code for one in answers) in (200, 201)
    assert len(await fetch("SELECT FROM recognition_issue")) == 1


async def test_a_policy_with_descending_thresholds_is_refused(here):
    client, *_ = here
    body = {"version": "v2", "valid_from": "2027-01-01", "reason": "x",
            "star_minutes": [30_000, 24_000, 18_000, 12_000, 6_000]}  # fmt: skip
    county = await staff("county")
    told = await refused(client, county, "/policies", body, 422, "stars_not_ascending")
    assert told["errors"][0]["field"] == "star_minutes"


async def test_an_activity_that_ends_before_it_starts_is_refused(here):
    client, home, worker, _ = here
    body = {"station_id": str(home), "kind": "elder_care", "form": "home_visit", "title": "走访",
            "capacity": 2}  # fmt: skip
    body |= {"started_at": f"{END:%FT%TZ}", "ended_at": f"{START:%FT%TZ}"}
    told = await refused(client, worker, "/activities", body, 422, "end_not_after_start")
    assert told["errors"][0]["field"] == "ended_at"
