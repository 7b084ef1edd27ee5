"""Signed heads: one a day, and no past that was written anew passes for the one that was signed."""

import json
from datetime import date, timedelta
from types import SimpleNamespace

import asyncpg
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests import builders
from tests.actions.world import hours, line, record
from tests.builders import NOW
from tests.commands import command
from volunteer_svc.actions import volunteers
from volunteer_svc.actions.heads import sign_head
from volunteer_svc.actions.verification import Verified, verify_all
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.head import Head
from volunteer_svc.identity import signing
from volunteer_svc.identity.signing import SigningKey, SigningKeyError
from volunteer_svc.store import event_log, trails
from volunteer_svc.store.database import fetch
from volunteer_svc.store.verification import snapshot
from workers import work

# The chain of one volunteer anew from any point on, as somebody would who knows how.
REWRITE = """
WITH anew AS (
    SELECT id, sum(minutes_delta) OVER w AS balance FROM ledger_entry WHERE volunteer_id = $1
    WINDOW w AS (ORDER BY seq)
), balanced AS (
    UPDATE ledger_entry e SET balance = anew.balance FROM anew WHERE e.id = anew.id
    RETURNING e.id
)
SELECT count(*) FROM balanced
"""
CHAIN = """
WITH chain AS (
    SELECT id, seq, balance, ledger_chain(id, volunteer_id, seq, record_id, correction_id, kind,
        minutes_delta, balance, station_id, served_on, entered_at) OVER (ORDER BY seq) AS hash
    FROM ledger_entry WHERE volunteer_id = $1
), written AS (
    UPDATE ledger_entry e SET hash = chain.hash FROM chain WHERE e.id = chain.id
)
UPDATE volunteer SET ledger_hash = hash, ledger_seq = seq, counted_minutes = balance
FROM (SELECT * FROM chain ORDER BY seq DESC LIMIT 1) AS last WHERE volunteer.id = $1
"""


@pytest.fixture
async def books(database, own_url, tmp_path):
    """Two volunteers with hours, a head signed, more hours, a second head the day after."""
    config = msgspec.structs.replace(database, signing_key_file=tmp_path / "signing-key.pem")
    signing.create(config.signing_key_file)
    key = signing.load(config.signing_key_file)
    station = await builders.station()
    worker = await builders.staff("social_worker", station.id)
    one, two = [await builders.active(station.id) for _ in range(2)]
    sequencer = await event_log.connect(database)

    async def chain():
        while await trails.move(sequencer, 1000) or await event_log.move(sequencer, 1000):
            pass

    await hours(worker, station.id, one, 960)
    await volunteers.read_volunteer(worker.call(), one.id)
    await chain()
    first = await sign_head(builders.call(), key)
    await record(worker, station.id, line(one), line(two))
    await volunteers.suspend(worker.call(), two.id, WithReason(reason="病"), None)
    await chain()
    second = await sign_head(builders.call(now=NOW + timedelta(days=1)), key)
    await record(worker, station.id, line(one, served_on=date(2026, 11, 18)))
    await chain()
    sql = await asyncpg.connect(own_url)
    await sql.execute("SET session_replication_role = replica")
    yield SimpleNamespace(
        config=config, key=key, first=first, second=second, one=one, two=two, sql=sql,
        worker=worker,
    )  # fmt: skip
    await sql.close()
    await event_log.disconnect(sequencer)


async def found(books, kept=None, known=None):
    async with snapshot(books.config) as one:
        verifying = verify_all(one, Verified(), lambda *_: None, known or books.key.known, kept)
        return [(d.table, d.row, d.column) async for d in verifying]


async def test_heads_are_signed_once_a_day_and_chained(books):
    first, second = (
        msgspec.json.decode(one.head, type=Head) for one in (books.first, books.second)
    )
    assert (first.number, second.number) == (1, 2)
    assert second.previous == books.first.digest
    assert (first.ledger.volunteers, second.ledger.volunteers) == (1, 2)
    assert second.audit.seq > first.audit.seq > 0
    assert first.access.seq == 1
    assert signing.is_signed(books.first.head, books.first.signature, books.key.public_key)
    later = builders.call(now=NOW + timedelta(days=1, hours=3))
    assert await sign_head(later, books.key) is None
    assert await found(books) == []
    assert await found(books, kept=books.first) == []
    rows = await fetch("SELECT body FROM event_log WHERE name = 'chain.sealed' ORDER BY seq")
    told = [json.loads(row["body"]) for row in rows]
    assert [one["subjectversion"] for one in told] == [1, 2]
    assert told[1]["data"]["head"] == books.second.head


async def rewrite_ledger(books):
    """Sixty minutes more, a year ago, with all that hangs on them."""
    one = books.one.id
    await books.sql.execute(
        "UPDATE ledger_entry SET minutes_delta = minutes_delta + 1 WHERE volunteer_id = $1"
        " AND seq = 1", one)  # fmt: skip
    await books.sql.execute(REWRITE, one)
    await books.sql.execute(CHAIN, one)
    await books.sql.execute(
        "UPDATE service_record r SET minutes = minutes + 1, standing_minutes = standing_minutes + 1"
        " FROM ledger_entry e WHERE e.record_id = r.id AND e.volunteer_id = $1 AND e.seq = 1", one,
    )  # fmt: skip
    for table in ("yearly_minutes", "year_total"):
        await books.sql.execute(
            f"UPDATE {table} SET minutes = minutes + 1 WHERE volunteer_id = $1", one
        )


async def test_a_ledger_written_anew_with_all_its_hashes_is_found_by_the_head(books):
    await rewrite_ledger(books)
    assert await found(books) == [
        ("ledger_entry", "ledgers at head 1", "hash"), ("ledger_entry", "ledgers at head 2", "hash")
    ]  # fmt: skip


async def test_a_ledger_cut_off_at_its_end_with_all_totals_is_found_by_the_head(books):
    """The newest entry is behind the last head; the one before it is not."""
    await books.sql.execute(
        "DELETE FROM service_record WHERE id IN (SELECT record_id FROM ledger_entry"
        " WHERE volunteer_id = $1 AND seq > 2)", books.one.id)  # fmt: skip
    for table in ("yearly_minutes", "year_total"):
        await books.sql.execute(
            f"UPDATE {table} SET minutes = 960 WHERE volunteer_id = $1", books.one.id
        )
    await books.sql.execute(
        "DELETE FROM ledger_entry WHERE volunteer_id = $1 AND seq > 2", books.one.id
    )
    await books.sql.execute(CHAIN, books.one.id)
    assert await found(books) == [("ledger_entry", "ledgers at head 2", "hash")]


@pytest.mark.parametrize("trail", ["audit", "access"])
async def test_a_trail_cut_off_at_its_end_with_its_head_is_found_by_the_signed_head(books, trail):
    table = trails.TABLES[trail]
    await books.sql.execute(f"DELETE FROM {table} WHERE seq >= 1")
    await books.sql.execute(
        "UPDATE trail_head SET last_seq = 0, last_hash = $1 WHERE trail = $2", bytes(32), trail
    )
    at = {1: 1, 2: 1} if trail == "access" else {
        number: json.loads(one.head)["audit"]["seq"]
        for number, one in ((1, books.first), (2, books.second))
    }  # fmt: skip
    assert await found(books) == [
        (table, f"seq {seq} at head {number}", "hash") for number, seq in at.items()
    ]


async def test_a_mark_or_head_changed_by_hand_is_found(books):
    await books.sql.execute("UPDATE ledger_mark SET seq = 1 WHERE head_number = 1")
    assert await found(books) == [("ledger_entry", "ledgers at head 1", "hash")]
    await books.sql.execute(
        "UPDATE signed_head SET body = replace(body, '\"number\":1', '\"number\":3')"
        " WHERE number = 1"
    )
    assert (await found(books))[0] == ("signed_head", "number 1", "signature")


async def test_heads_removed_at_the_end_are_found_by_the_event_or_the_copy(books):
    await books.sql.execute("DELETE FROM signed_head WHERE number = 2")
    assert await found(books) == [("signed_head", "number 2", "body")]
    await books.sql.execute("DELETE FROM event_log WHERE name = 'chain.sealed'")
    assert await found(books) == []  # nothing here knows of it any more
    assert await found(books, kept=books.second) == [("signed_head", "number 2", "body")]


async def test_a_past_signed_anew_with_another_key_is_found(books):
    await rewrite_ledger(books)
    await books.sql.execute("DELETE FROM signed_head")
    await books.sql.execute("DELETE FROM ledger_mark")
    await books.sql.execute("DELETE FROM event_log WHERE name = 'chain.sealed'")
    forger = SigningKey(Ed25519PrivateKey.generate(), [])
    await sign_head(builders.call(), forger)
    assert await found(books) == [("signed_head", "number 1", "public_key")]
    kept = await found(books, kept=books.first, known=forger.known)
    assert kept == [("signed_head", "number 1", "body")]


def run(config, *arguments):
    done = command(config, *arguments)
    return done.returncode, done.stdout, done.stderr


async def test_the_commands_print_check_and_verify(books, tmp_path):
    code, out, _ = run(books.config, "head")
    assert code == 0
    kept = tmp_path / "kept.json"
    kept.write_text(out)
    code, out, _ = run(books.config, "head", "--verify", str(kept))
    assert (code, '"number":2' in out) == (0, True)
    code, out, progress = run(books.config, "verify", "--head", str(kept))
    assert (code, out.split(";")[0]) == (0, "verify: all agree")
    assert "volunteers=2 ledger_entries=5" in out
    assert "heads=2" in out
    assert "2/2" in progress

    changed = tmp_path / "changed.json"
    changed.write_text(kept.read_text().replace('\\"number\\":2', '\\"number\\":1'))
    for asked in (("head", "--verify"), ("verify", "--head")):
        code, _, words = run(books.config, *asked, str(changed))
        assert (code, "changed after it was signed" in words) == (1, True)
        code, _, words = run(books.config, *asked, str(tmp_path / "none"))
        assert (code, "is not a head" in words) == (1, True)

    await books.sql.execute("UPDATE volunteer SET star = 3 WHERE id = $1", books.one.id)
    code, out, _ = run(books.config, "verify")
    assert code == 1
    assert out == (
        f"verify: DIFFERENCE table=volunteer row='{books.one.id}' column=star expected=0 found=3\n"
    )
    missing = msgspec.structs.replace(books.config, signing_key_file=tmp_path / "gone.pem")
    code, _, words = run(missing, "head", "--verify", str(kept))
    assert (code, "signing key" in words, "is missing" in words) == (1, True, True)


async def test_before_the_first_head_the_command_says_so(database):
    code, _, words = run(database, "head")
    assert (code, "none is signed yet" in words) == (1, True)


async def test_the_worker_signs_once_and_does_without_a_key(database, tmp_path):
    path = tmp_path / "keys" / "signing-key.pem"
    await work.sign_head({"signing_key_file": path})
    assert await fetch("SELECT FROM signed_head") == []
    signing.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    for _ in range(2):
        await work.sign_head({"signing_key_file": path})
    assert len(await fetch("SELECT FROM signed_head")) == 1


def test_a_former_key_is_still_ours_and_a_wrong_file_is_named(tmp_path):
    old, new = tmp_path / "old.pem", tmp_path / "new.pem"
    signing.create(old)
    signing.create(new)
    before = new.read_bytes()
    signing.create(new)
    assert new.read_bytes() == before, "a key that exists is kept"
    former = signing.load(old)
    public = former._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    new.write_bytes(before + public)
    key = signing.load(new)
    assert key.known == {key.public_key, former.public_key}
    for text in (b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", public):
        old.write_bytes(text)
        with pytest.raises(SigningKeyError, match=r"old\.pem"):
            signing.load(old)
