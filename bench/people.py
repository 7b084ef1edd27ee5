"""The staff's list of 100 000 volunteers, page by page over HTTP, beside the bare SQL of a page."""

import asyncio
import base64
import itertools
import secrets
import time
from collections.abc import Iterator
from statistics import median
from uuid import UUID

import asyncpg
import httpx

from bench import ground
from bench.entries import STATIONS, VOLUNTEERS, station_id
from bench.figures import Figure
from bench.filling import COUNTY_ACCOUNTS, document_number
from bench.ground import Ground, say
from bench.quiet import Meter
from volunteer_svc import ids
from volunteer_svc.api.cookies import cookie_name
from volunteer_svc.commands.session import ready
from volunteer_svc.identity import vault
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.identity.pinyin import pinyin_of
from volunteer_svc.identity.tokens import token_hash

PEOPLE = 100_000
MS_MAX = 200
_TIMES = 15
_FAMILIES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_FIRST, _SECOND = "小春建志晓文国秀玉海", "明花华强丽军芳伟英平娟涛"
RARE = "钱来福"
_UPDATE = """
UPDATE person SET name = made.name, name_pinyin = made.pinyin
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS made (name, pinyin, n),
    (SELECT volunteer_id, row_number() OVER (ORDER BY volunteer_id) AS n FROM person) AS numbered
WHERE made.n = 1 + (numbered.n * 7919) % cardinality($1::text[])
    AND person.volunteer_id = numbered.volunteer_id
"""
# Of those who come on top one in a hundred waits for his induction, and one in fifty has left.
_MORE = """
WITH made AS (
    INSERT INTO volunteer (id, member_no, station_id, counted_minutes, star, rated_under,
        ledger_seq, version, revision, created_at)
    SELECT id, lpad((n + 500000)::text, 8, '0'), ($2::uuid[])[1 + n % $3], 0,
        (n % 500 = 0)::int * 5, 'jilin-2021', 0, 2, 1, now()
    FROM unnest($1::uuid[]) WITH ORDINALITY AS v (id, n)
), person AS (
    INSERT INTO person (volunteer_id, name, sex, birth_date, document_kind, document_sealed,
        document_hash, area, skills)
    SELECT id, '', 'F', '1980-01-01', 'id_card', '', sha256(id::text::bytea), '', ''
    FROM unnest($1::uuid[]) WITH ORDINALITY AS v (id, n)
)
INSERT INTO registration (id, volunteer_id, number, station_id, channel, receipt, form_sealed,
    rules_version, household_local, applied_on, expires_on, registered_on, induction_due_on,
    attended_on, inducted_on, ended_on, received_at, revision)
SELECT uuidv7(), id, 1, ($2::uuid[])[1 + n % $3], 'staff', 'P' || n, '', '2021', true,
    current_date - 30, current_date + 150, current_date - 30, current_date + 60,
    CASE WHEN n % 100 > 0 THEN current_date - 20 END,
    CASE WHEN n % 100 > 0 THEN current_date - 20 END,
    CASE WHEN n % 50 = 1 THEN current_date - 1 END, now(), 1
FROM unnest($1::uuid[]) WITH ORDINALITY AS v (id, n)
"""
_SESSION = """
INSERT INTO session (id, token_hash, staff_id, created_at, expires_at)
SELECT gen_random_uuid(), $2, id, now(), now() + interval '1 day' FROM staff WHERE username = $1
"""
_KEYS = """
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[])
        AS given (id, key_name, wrapped, sealed)
), kept AS (
    INSERT INTO person_key (volunteer_id, key_name, wrapped)
    SELECT id, key_name, wrapped FROM given
)
UPDATE person SET document_sealed = sealed FROM given WHERE volunteer_id = id
"""
_BARE = """
SELECT v.id, v.member_no, v.star, v.counted_minutes, s.name, p.name FROM volunteer v
JOIN person p ON p.volunteer_id = v.id JOIN station s ON s.id = v.station_id
WHERE v.id > $1 ORDER BY v.id LIMIT 26
"""


def measure(place: Ground, _: float) -> Iterator[Figure]:
    """Median milliseconds of a page, as the browser waits for it, and of the bare rows."""
    vault.load(place.config.key_file)
    deep, bare, token = asyncio.run(_prepare(place))
    asked = {
        "first": "",
        "state": "?state=registered",
        "star": "?star=5",
        "nobody": "?state=suspended",
        "name": f"?name={RARE[1:]}",
        "pinyin": "?name=wangxiaoming",
        "initials": "?name=qlf",
        "deep": f"?cursor={base64.urlsafe_b64encode(deep.encode()).decode().rstrip('=')}",
    }
    with ground.process(place, "web", "-m", "volunteer_svc", "serve") as web:
        ground.wait_until_listening(place.config.port, web)
        meter = Meter.when_quiet()
        cookies = {cookie_name(place.config): token}
        base = f"http://127.0.0.1:{place.config.port}/staff/volunteers"
        with httpx.Client(cookies=cookies, timeout=60) as http:
            times = {name: _page(http, base + query) for name, query in asked.items()}
        say(f"  people: others {meter.others():.0%}")
    for name, ours in times.items():
        yield Figure(
            name=f"staff_list_{name}_ms", ours=ours, ceiling=bare, at_most=MS_MAX, unit=" ms"
        )


def _page(http: httpx.Client, address: str) -> float:
    taken = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        answer = http.get(address)
        taken.append(1000 * (time.perf_counter() - started))
        if answer.status_code != httpx.codes.OK or "<main" not in answer.text:
            raise RuntimeError(f"{address} answered {answer.status_code}")
    return median(taken[1:])


async def _seal(connection: asyncpg.Connection) -> None:
    """Everybody gets a key of his own and what it sealed, so that a page opens as many as ever."""
    people = [row[0] for row in await connection.fetch("SELECT volunteer_id FROM person")]
    keys = [PersonKey.fresh(one) for one in people]
    rows = [key.row for key in keys]
    sealed = [key.seal(document_number(0).encode(), "document") for key in keys]
    await connection.execute("DELETE FROM person_key")
    await connection.execute(
        _KEYS, people, [row.key_name for row in rows], [row.wrapped for row in rows], sealed
    )


async def _prepare(place: Ground) -> tuple[str, float, str]:
    """As many people with names as there are to be. Returns the cursor of a page behind most of
    them, the milliseconds of its bare rows, and a token of the county."""
    names = ["".join(one) for one in itertools.product(_FAMILIES, _FIRST, _SECOND)] + [RARE]
    async with ready(place.config):  # the ring's keys are known from the first start on
        pass
    connection = await asyncpg.connect(place.config.database_url)
    try:
        there = await connection.fetchval("SELECT count(*) FROM volunteer")
        made = [ids.uuid7() for _ in range(PEOPLE - there)]
        stations = [station_id(n) for n in range(STATIONS)]
        await connection.execute(_MORE, made, stations, STATIONS)
        await _seal(connection)
        await connection.execute(_UPDATE, names, [pinyin_of(name) for name in names])
        token = secrets.token_urlsafe(32)
        await connection.execute(_SESSION, COUNTY_ACCOUNTS[0], token_hash(token))
        await connection.execute("VACUUM (ANALYZE) volunteer, person, registration")
        deep: UUID = await connection.fetchval(
            "SELECT id FROM volunteer ORDER BY id OFFSET $1 LIMIT 1", PEOPLE - VOLUNTEERS // 10
        )
        taken = []
        for _ in range(_TIMES):
            started = time.perf_counter()
            await connection.fetch(_BARE, deep)
            taken.append(1000 * (time.perf_counter() - started))
    finally:
        await connection.close()
    return str(deep), median(taken[1:]), token
