"""Bad input between the induction and the exit: a clear problem with its field, never a 5xx."""

import pytest

from tests.builders import TODAY, active, staff, station
from volunteer_svc.store.database import fetch

UNKNOWN = "01890000-0000-7000-8000-000000000000"
TRAINING = {"title": "x", "topics": ["fire"], "starts_at": "2026-11-20T08:00:00Z",
            "ends_at": "2026-11-20T09:00:00Z"}  # fmt: skip
POLICY = {"version": "v2", "valid_from": "2027-01-01", "reason": "x"}
AWARD = {"name": "x", "granted_by": "x", "granted_on": f"{TODAY}", "evidence_reference": "x"}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/trainings", TRAINING | {"starts_at": "2026-11-20T08:00:00"}, 400, None),
        ("/v1/trainings", TRAINING | {"starts_at": "0001-01-01T00:00:00+12:00"}, 422,
         "date_out_of_range"),
        ("/v1/trainings", TRAINING | {"ends_at": "9999-12-31T23:59:59-12:00"}, 422,
         "date_out_of_range"),
        ("/v1/trainings", TRAINING | {"ends_at": "2026-11-20T07:00:00Z"}, 422,
         "end_not_after_start"),
        ("/v1/trainings", TRAINING, 422, "topic_unknown"),
        ("/v1/trainings", TRAINING | {"topics": []}, 400, None),
        ("/v1/trainings", TRAINING | {"capacity": 0}, 400, None),
        (f"/v1/trainings/{UNKNOWN}/attendance", {"attendees": [{"member_no": "1"}]}, 404, None),
        ("/v1/training-topics", {"code": "a b", "name_zh": "x", "name_en": "x"}, 400, None),
        ("/v1/training-topics",
         {"code": "a", "name_zh": "x", "name_en": "x", "validity_months": 10**9}, 400, None),
        ("/v1/policies", POLICY | {"star_minutes": [5, 4, 3, 2, 1]}, 422, "stars_not_ascending"),
        ("/v1/policies", POLICY | {"star_minutes": [1, 2, 3, 4, 10**12]}, 400, None),
        ("/v1/policies", POLICY | {"star_minutes": []}, 422, "stars_not_five"),
        ("/v1/policies", POLICY | {"valid_from": "9999-12-31"}, 422, "date_out_of_range"),
        ("/v1/policies", POLICY | {"valid_from": f"{TODAY}"}, 422, "date_not_future"),
        ("/v1/policies", POLICY | {"min_age": 0}, 422, "number_out_of_range"),
        ("/v1/policies", POLICY | {"preset": "mine"}, 400, None),
        ("/v1/holidays/2026", {"days": [{"on": "2027-01-01", "is_workday": False, "name": "x"}]},
         422, "day_outside_year"),
        ("/v1/holidays/2026", {"days": [{"on": "2026-02-30", "is_workday": False, "name": "x"}]},
         400, None),
        ("/v1/holidays/1", {"days": []}, 400, None),
        ("{person}/positions", {"position": "king", "reason": "x"}, 400, None),
        ("{person}/positions", {"position": "team_leader", "reason": "x"}, 422, "backbone_first"),
        ("{person}/awards", AWARD | {"granted_on": "9999-12-31"}, 422, "date_in_future"),
        ("{person}/awards", AWARD | {"evidence_reference": ""}, 400, None),
        ("{person}/awards", AWARD | {"nomination_id": UNKNOWN}, 422, "nomination_unknown"),
        ("{person}/complaints", {"direction": "about", "text": "a\0"}, 400, None),
        ("{person}/transfer", {"to_station_id": UNKNOWN, "reason": "x"}, 422, "station_unknown"),
        (f"/v1/service-records/{UNKNOWN}/objections", {"text": "x"}, 404, None),
        (f"/v1/service-records/{UNKNOWN}/evaluations", {"grade": 6}, 400, None),
        (f"/v1/objections/{UNKNOWN}/close", {"outcome": "kept", "reason": "x"}, 404, None),
        (f"/v1/complaints/{UNKNOWN}/contact",
         {"contact": "call", "on": f"{TODAY}", "words": "x"}, 404, None),
        (f"/v1/groups/{UNKNOWN}/members", {"volunteer_ids": [UNKNOWN]}, 404, None),
        (f"/v1/reminders/{UNKNOWN}/done", None, 404, None),
        ("/v1/recognitions/2025/publications", {"replaces": -1}, 400, None),
        ("/v1/recognitions/2025/publications", {"replaces": 7}, 409,
         "recognition_published_meanwhile"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_with_words(client, path, body, status, code):
    home = await station()
    person, county = await active(home.id), await staff("county")
    if path == "/v1/trainings":
        body = body | {"station_id": str(home.id)}
    path = path.replace("{person}", f"/v1/volunteers/{person.id}")
    before = await fetch("SELECT count(*) FROM outbox")
    response = await client.post(path, json=body, headers=county.auth)
    assert response.status_code == status, response.text
    told = response.json()
    assert code in (None, told["code"])
    assert told["detail"] != told["code"]
    assert await fetch("SELECT count(*) FROM outbox") == before


@pytest.mark.parametrize(
    "path",
    [
        "/v1/policies/no%00such/dry-run", "/v1/policies/nope/dry-run",
        "/v1/objections?overdue=perhaps", "/v1/approvals?level=heaven", "/v1/holidays/999999",
        "/v1/complaints?cursor=%00", "/v1/reminders?station_id=x",
    ],
)  # fmt: skip
async def test_what_is_asked_wrongly_is_told_so(client, path):
    county = await staff("county")
    response = await client.get(path, headers=county.auth)
    assert response.status_code in (400, 404), response.text
