"""The key ring and what hangs on it: proved at the start, re-wrapped while the service runs."""

import hmac
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from volunteer_svc import store
from volunteer_svc.actions import (
    certificate_batches,
    endpoint_secrets,
    intake,
    staff_codes,
)
from volunteer_svc.actions.command import Call, answer_place, command, reading
from volunteer_svc.config import ConfigError
from volunteer_svc.identity import people, person_keys
from volunteer_svc.identity.key_file import KeyRingError
from volunteer_svc.identity.vault import Vault, VaultError, key_prefix, vault
from volunteer_svc.store import database
from volunteer_svc.store.migrations import is_current
from volunteer_svc.store.ring_keys import RingKeyRow, RingTable

BATCH = 500
HASH = "hash"
"""The name of the hash key's proof; no key of the ring has one so short of a digit."""
RETIRE_AFTER = timedelta(minutes=1)
"""By then every running process has read the ring anew and wraps nothing with an old key."""
NOBODY = UUID(int=0)
_PLACES: dict[RingTable, Callable[[UUID], str]] = {
    "import_run": "import/{}".format,
    "record_export": "record_export/{}".format,
    "intake": intake.place,
    "staff_code": staff_codes.place,
    "endpoint_secret": endpoint_secrets.secret_place,
    "certificate_batch": certificate_batches.key_place,
}


@reading
async def prove_ring(call: Call) -> None:
    """Tell a wrong key ring before anything is sealed or searched with it.

    The first ring a database meets is kept by its proofs, if it opens what is there. Raises
    KeyRingError with a clear word; ConfigError when the schema is not there yet.
    """
    if not await is_current():
        raise ConfigError("the database's schema is not up to date: run `migrate` first")
    ring = vault()
    known = await store.ring_keys.all_known()
    if not known:
        await _prove_by_somebody(ring)
    for name, row in known.items():
        if row.purpose == "hash":
            if not hmac.compare_digest(row.proof, ring.keyed_hash("proof", HASH)):
                raise KeyRingError(
                    "the hash key of the ring is not this database's: nobody would be found and "
                    "everybody could register twice; put the right key ring back"
                )
        elif name not in ring.key_names:
            raise KeyRingError(f"the key ring lacks the key {name} that this database needs")
        elif not ring.is_proof(name, row.proof):
            raise KeyRingError(f"the key {name} of the ring is not this database's")
    fresh = [
        RingKeyRow(name=name, purpose="wrap", proof=ring.proof(name), made_at=call.now)
        for name in sorted(ring.key_names - known.keys())
    ]
    if HASH not in known:
        proof = ring.keyed_hash("proof", HASH)
        fresh.append(RingKeyRow(name=HASH, purpose="hash", proof=proof, made_at=call.now))
    await store.ring_keys.insert(fresh)


async def _prove_by_somebody(ring: Vault) -> None:
    """A database from before there were proofs: its people tell."""
    somebody = await store.people.any_sealed_by_the_ring()
    if somebody is None:
        return
    try:
        number = people.opened_document(None, somebody)
    except VaultError:
        raise KeyRingError("the key ring does not open what is in this database") from None
    if somebody.document_hash not in people.possible_document_hashes(number):
        raise KeyRingError("the hash key of the ring is not this database's")
    del ring


@command
async def supersede(call: Call) -> None:
    """The ring's current key alone wraps from now on."""
    await store.ring_keys.supersede(vault().current, call.now)


@command
async def give_keys(call: Call, after: UUID) -> UUID | None:
    """Seal a batch of people enrolled before there were persons' keys with keys of their own.

    The last volunteer of the batch, or None when nobody behind `after` was left.
    """
    del call
    found = await store.people.sealed_by_the_ring(after, BATCH)
    await store.volunteers.lock(found)
    persons = await store.people.load(found)
    for volunteer_id in (one for one in found if one in persons):
        key = await person_keys.ensured(volunteer_id)
        await store.people.update(people.resealed(key, persons[volunteer_id]))
        for table, form_id, sealed in await store.people.forms_sealed_by_the_ring(volunteer_id):
            form = people.open_form(key, sealed, form_id)
            await store.people.reseal_form(table, form_id, people.seal_form(key, form, form_id))
    return found[-1] if found else None


async def left_to_rewrap() -> int:
    """Persons' keys that another key than the current one wraps."""
    return await store.person_keys.count_wrapped_otherwise(vault().current)


@command
async def rewrap(call: Call) -> int:
    """Wrap a batch of persons' keys with the current key; how many."""
    del call
    rows = await store.person_keys.lock_wrapped_otherwise(vault().current, BATCH)
    if rows:
        await store.person_keys.rewrap([person_keys.opened(row).row for row in rows])
    return len(rows)


@command
async def reseal(call: Call) -> int:
    """Seal a batch of what no person's key seals with the current key; how many.

    Uploads, forms not taken up yet, secrets of staff's apps and of webhooks, kept answers.
    """
    del call
    ring = vault()
    prefix = key_prefix(ring.current)
    count = 0
    for table, place_of in _PLACES.items():
        rows = await store.ring_keys.rows_sealed_otherwise(table, prefix)
        for row_id, sealed in rows:
            place = place_of(row_id)
            anew = ring.seal(ring.open(sealed, place), place)
            await store.ring_keys.reseal_row(table, row_id, anew)
        count += len(rows)
    answers = await store.ring_keys.answers_sealed_otherwise(prefix, BATCH)
    if answers:
        places = [answer_place(key_hash) for key_hash, _ in answers]
        await store.ring_keys.reseal_answers(
            [
                (key_hash, ring.seal(ring.open(sealed, place), place))
                for (key_hash, sealed), place in zip(answers, places, strict=True)
            ]
        )
    return count + len(answers)


@command
async def retire(call: Call, name: str) -> None:
    """Forget a key nothing hangs on. Raises KeyRingError otherwise."""
    if name == vault().current:
        raise KeyRingError(f"{name} is the current key: `keys rotate` makes another one first")
    known = (await store.ring_keys.all_known()).get(name)
    if known is None or known.purpose == "hash":
        raise KeyRingError(f"there is no key {name}")
    if known.superseded_at is None or call.now < known.superseded_at + RETIRE_AFTER:
        raise KeyRingError(f"{name} was current until just now: wait a minute")
    hanging = await store.ring_keys.hanging_on(name, key_prefix(name))
    if hanging:
        raise KeyRingError(f"{hanging} values hang on {name}: run `keys rewrap` first")
    try:
        await store.ring_keys.remove(name)
    except database.Violation:  # the last line: a person's key wrapped with it just now
        raise KeyRingError(f"values hang on {name}: run `keys rewrap` first") from None
