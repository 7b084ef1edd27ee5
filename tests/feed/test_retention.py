"""The worker's job: log and stream lose what is over, in batches, and nothing else."""

from datetime import timedelta

from tests.builders import NOW
from tests.events.world import a_station
from tests.feed.test_consumer import streamed_all
from volunteer_svc.actions import event_retention
from volunteer_svc.outbound.redis_stream import NAME
from volunteer_svc.store import database, event_log
from workers import work

OLD, YOUNG = NOW - timedelta(days=91), NOW - timedelta(days=89)


async def put(sequencer, count, on):
    await database.execute(
        "INSERT INTO outbox (event_id, name, subject, subject_version, station_id, happened_at,"
        " data) SELECT gen_random_uuid(), 'station.changed', 'station/' || n, 1, $3, $2, '{}'"
        " FROM generate_series(1, $1) AS n",
        count, on, await a_station(),
    )  # fmt: skip
    while await event_log.move(sequencer, 1000):
        pass


async def test_the_job_drops_what_is_over_from_log_and_stream(
    config, sequencer, redis, pinned_clock, monkeypatch
):
    monkeypatch.setattr(event_retention, "BATCH", 150)
    await put(sequencer, 400, OLD)
    await put(sequencer, 100, YOUNG)
    await streamed_all(redis)
    await work.forget_events({"config": config})
    head = await event_log.head()
    assert (head.floor_seq, head.last_seq, head.first_seq) == (401, 500, 1)
    kept = await database.fetch("SELECT min(seq), count(*) FROM event_log")
    assert tuple(kept[0]) == (401, 100)
    first = (await redis.xrange(NAME, count=1))[0][0]
    assert 301 <= int(first.partition(b"-")[0]) <= 401  # Redis drops whole nodes of a hundred
    assert (await redis.xinfo_stream(NAME))["last-generated-id"] == b"500-0"
    await work.forget_events({"config": config})
    assert await event_log.head() == head


async def test_a_log_that_is_over_altogether_goes_on_where_it_was(
    config, sequencer, redis, pinned_clock
):
    await put(sequencer, 3, OLD)
    await streamed_all(redis)
    await work.forget_events({"config": config})
    head = await event_log.head()
    assert (head.floor_seq, head.last_seq) == (4, 3)
    await put(sequencer, 1, YOUNG)
    await streamed_all(redis)
    assert [row["seq"] for row in await database.fetch("SELECT seq FROM event_log")] == [4]
    assert (await redis.xinfo_stream(NAME))["last-generated-id"] == b"4-0"
