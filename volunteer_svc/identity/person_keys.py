"""Each person's own data key: what is sealed with it is gone for ever when it is destroyed."""

import os
from collections.abc import Collection
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from volunteer_svc import store
from volunteer_svc.domain.errors import refuse
from volunteer_svc.identity.vault import Wrapped, decrypt, encrypt, vault
from volunteer_svc.store.person_keys import PersonKeyRow

_KEY_BYTES = 32
_OWN = b"\0"
"""What a value sealed with a person's key begins with; the ring's begin with a name's length."""


class PersonKey:
    """AES-256-GCM under a key of one person; a sealed value is bound to person and field."""

    def __init__(self, volunteer_id: UUID, key: bytes) -> None:
        self.volunteer_id = volunteer_id
        self._key = key
        self._cipher = AESGCM(key)

    @classmethod
    def fresh(cls, volunteer_id: UUID) -> "PersonKey":
        """A new key; `row` is to be stored before what is sealed with it."""
        return cls(volunteer_id, os.urandom(_KEY_BYTES))

    @property
    def row(self) -> PersonKeyRow:
        """The key wrapped by the ring's current key."""
        wrapped = vault().wrap(self._key, _place(self.volunteer_id))
        return PersonKeyRow(self.volunteer_id, wrapped.key_name, wrapped.sealed)

    def seal(self, plain: bytes, field: str) -> bytes:
        """`_OWN`, nonce, ciphertext with tag."""
        return _OWN + encrypt(self._cipher, plain, self._field(field))

    def open(self, sealed: bytes, field: str) -> bytes:
        """Raises VaultError when the value is another person's or field's, or was changed."""
        return decrypt(self._cipher, sealed[1:], self._field(field))

    def _field(self, field: str) -> str:
        return f"person/{self.volunteer_id}/{field}"


def is_own(sealed: bytes) -> bool:
    """Whether a person's key sealed it, not the ring as before there were such keys."""
    return sealed[:1] == _OWN


def opened(row: PersonKeyRow) -> PersonKey:
    wrapped = Wrapped(row.key_name, row.wrapped)
    return PersonKey(row.volunteer_id, vault().unwrap(wrapped, _place(row.volunteer_id)))


async def of(volunteer_ids: Collection[UUID]) -> dict[UUID, PersonKey]:
    """The keys there are; an erased person has none."""
    return {row.volunteer_id: opened(row) for row in await store.person_keys.load(volunteer_ids)}


async def ensured(volunteer_id: UUID) -> PersonKey:
    """The key of a volunteer who is there; made now if he was enrolled before there were any.

    Raises `state_forbids` for somebody erased: with a new key he would be written of again.
    """
    known = (await of([volunteer_id])).get(volunteer_id)
    if known is not None:
        return known
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    if volunteer is not None and volunteer.erased_on is not None:
        raise refuse("state_forbids", kind="conflict", state="erased")
    known = (await of([volunteer_id])).get(volunteer_id)
    if known is not None:
        return known
    made = PersonKey.fresh(volunteer_id)
    await store.person_keys.insert([made.row])
    return made


def _place(volunteer_id: UUID) -> str:
    return f"person-key/{volunteer_id}"
