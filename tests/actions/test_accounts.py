"""Accounts: an admin does not lock everybody out."""

import asyncio

import pytest

from tests import builders
from volunteer_svc import ids, store
from volunteer_svc.actions.accounts import close_account
from volunteer_svc.domain.errors import Refusal

pytestmark = pytest.mark.usefixtures("database")


async def code_of(closing):
    with pytest.raises(Refusal) as refused:
        await closing
    return refused.value.code


async def test_nobody_closes_his_own_account():
    admin, _ = await builders.staff("admin"), await builders.staff("admin")
    assert await code_of(close_account(admin.call(), admin.actor.id)) == "account_is_own"
    account = await store.accounts.find(admin.actor.id)
    assert account
    assert account.closed_at is None


async def test_the_last_admin_account_is_not_closed():
    last, leaver = await builders.staff("admin"), await builders.staff("admin")
    assert (await close_account(last.call(), leaver.actor.id)).closed_at is not None
    # With the leaver's call that was under way already.
    assert await code_of(close_account(leaver.call(), last.actor.id)) == "account_last_admin"


async def test_of_two_admins_who_close_each_other_one_remains():
    admins = [await builders.staff("admin") for _ in range(2)]
    closing = (
        close_account(one.call(), other.actor.id) for one, other in (admins, reversed(admins))
    )
    results = await asyncio.gather(*closing, return_exceptions=True)
    assert sum(isinstance(result, Refusal) for result in results) == 1
    assert len(await store.accounts.lock_open_admins()) == 1


async def test_an_unknown_account_is_not_found():
    admin = await builders.staff("admin")
    assert await code_of(close_account(admin.call(), ids.uuid7())) == "not_found"
