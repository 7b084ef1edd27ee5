"""The text of an event is the contract with every other service."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import pytest

from tests.events.world import a_station
from volunteer_svc.config import Config
from volunteer_svc.domain.event_schema import ENVELOPE, schemas
from volunteer_svc.domain.events import EVENTS, StarPromoted
from volunteer_svc.domain.star import Cause
from volunteer_svc.store import database as db
from volunteer_svc.store import event_log, outbox
from volunteer_svc.store.outbox import Raised, Trace
from volunteer_svc.store.transaction import in_transaction

VOLUNTEER = UUID("0193543e-0000-7000-8000-000000000001")
EVENT = UUID("0193543e-0000-7000-8000-000000000002")
CAUSE = UUID("0193543e-0000-7000-8000-000000000003")
PROMOTED = StarPromoted(
    volunteer_id=VOLUNTEER,
    member_no="00012345",
    from_star=1,
    to_star=2,
    counted_minutes=12030,
    policy_version="jilin-2021",
    caused_by=Cause(kind="service_record", id=CAUSE),
)
TEXTS = {
    "member_no", "into_member_no", "policy_version", "code", "kind", "fields", "head", "signature",
    "public_key", "type", "topic", "topics", "undelivered_from", "event_sequence", "number",
}  # fmt: skip
"""What may hold a text: none says who somebody is. `fields` are names of fields,
`undelivered_from` and `event_sequence` numbers of events, `number` a certificate's."""


async def body_of(sequencer: Any, raised: Raised, trace: Trace) -> str:
    await in_transaction(lambda: outbox.append([msgspec.structs.replace(raised, trace=trace)]))
    assert await event_log.move(sequencer, 10) == 1
    [numbered] = await event_log.read(0, 10)
    return numbered.body


async def test_body_has_the_shape_of_the_contract(database: Config, sequencer: Any) -> None:
    assert database
    station = await a_station()
    await db.execute("UPDATE event_head SET epoch = '20261122-abcdef01', last_seq = 12344")
    raised = Raised(
        id=EVENT,
        event=PROMOTED,
        version=17,
        station_id=station,
        happened_at=datetime(2026, 11, 22, 18, 0, 0, 123456, timezone(timedelta(hours=8))),
        causation_id=CAUSE,
    )
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert await body_of(sequencer, raised, Trace("request-1", traceparent)) == (
        '{"specversion":"1.0","id":"0193543e-0000-7000-8000-000000000002",'
        '"source":"/volunteer-svc/20261122-abcdef01",'
        '"type":"volunteer-svc.star.promoted.v1",'
        '"subject":"volunteer/0193543e-0000-7000-8000-000000000001",'
        '"time":"2026-11-22T10:00:00.123456Z","datacontenttype":"application/json",'
        '"dataschema":"urn:volunteer-svc:schema:star.promoted.v1",'
        f'"stationid":"{station}",'
        '"sequence":"00000000000000012345",'
        '"partitionkey":"volunteer/0193543e-0000-7000-8000-000000000001","subjectversion":17,'
        '"correlationid":"request-1","causationid":"0193543e-0000-7000-8000-000000000003",'
        f'"traceparent":"{traceparent}",'
        '"data":{"volunteer_id":"0193543e-0000-7000-8000-000000000001","member_no":"00012345",'
        '"from_star":1,"to_star":2,"counted_minutes":12030,"policy_version":"jilin-2021",'
        '"caused_by":{"kind":"service_record","id":"0193543e-0000-7000-8000-000000000003"}}}'
    )


async def test_what_is_not_known_is_left_out(database: Config, sequencer: Any) -> None:
    assert database
    whole_second = datetime(2026, 11, 22, 10, tzinfo=UTC)
    raised = Raised(event=PROMOTED, version=1, station_id=None, happened_at=whole_second)
    body = msgspec.json.decode(await body_of(sequencer, raised, Trace()))
    assert list(body) == [
        "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema",
        "sequence", "partitionkey", "subjectversion", "data",
    ]  # fmt: skip
    assert body["time"] == "2026-11-22T10:00:00.000000Z"


def test_names_of_attributes_and_their_numbers_are_those_of_cloudevents() -> None:
    """Lower-case letters and digits; an integer has 32 bits, so that `sequence` is a text."""
    for name, schema in schemas()[ENVELOPE]["properties"].items():
        assert re.fullmatch("[a-z0-9]{1,20}", name)
        if schema.get("type") == "integer":
            assert schema["maximum"] == 2**31 - 1, name


@pytest.mark.parametrize("name", EVENTS)
def test_payloads_hold_ids_counts_and_dates_only(name: str) -> None:
    for field, kind in get_type_hints(EVENTS[name]).items():
        if field not in ("NAME", "SUBJECT"):
            assert not (texts := texts_in(field, kind) - TEXTS), texts


def texts_in(field: str, kind: Any) -> set[str]:
    """The names of the fields below `field` that may hold any text."""
    if get_origin(kind) is Literal or kind in (UUID, int, bool, date, type(None), ...):
        return set()
    if kind is str:
        return {field}
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        inner = get_type_hints(kind).items()
        return set().union(*(texts_in(name, inner_kind) for name, inner_kind in inner))
    return set().union(*(texts_in(field, inner_kind) for inner_kind in get_args(kind)))
