"""Scenes of the key ring."""

from datetime import timedelta

from tests import builders
from tests.actions.audit.scene import at_once
from tests.builders import NOW
from volunteer_svc.actions import keys
from volunteer_svc.identity import key_file, vault
from volunteer_svc.store.database import execute


async def give_keys(s):
    sealed = vault.vault().seal(b"100000", f"person/{s.person.id}/document")
    await execute("UPDATE person SET document_sealed = $1", sealed)
    return lambda: keys.give_keys(builders.call(), keys.NOBODY)


async def another_key():
    """As after a rotation; the next test loads its own ring."""
    ring, name = key_file.read(vault.vault()._file).with_new_key()
    await execute("INSERT INTO ring_key VALUES ($1, 'wrap', '', $2)", name, NOW)
    await execute("UPDATE ring_key SET superseded_at = $1 WHERE name = 'k1'", NOW)
    vault.load(ring.sealing_with(name).text())


async def supersede(s):
    await another_key()
    await execute("UPDATE ring_key SET superseded_at = $1 WHERE purpose = 'wrap'", NOW)
    return lambda: keys.supersede(builders.call())


async def rewrap(s):
    await another_key()
    return lambda: keys.rewrap(builders.call())


async def reseal(s):
    answer = vault.vault().seal(b"{}", "answer/00")
    await execute("INSERT INTO idempotency_key VALUES ('\\x00', '\\x00', $1, $2)", answer, NOW)
    await another_key()
    return lambda: keys.reseal(builders.call())


async def retire(s):
    await another_key()
    await keys.rewrap(builders.call())
    return lambda: keys.retire(builders.call(now=NOW + timedelta(hours=1)), "k1")


CHANGES = {
    "keys.give_keys": give_keys,
    "keys.rewrap": rewrap,
    "keys.reseal": reseal,
    "keys.retire": retire,
    "keys.supersede": supersede,
}


READINGS = {
    "keys.prove_ring": at_once(lambda _: keys.prove_ring(builders.call())),
}
