"""Secrets that sign for a webhook endpoint: made, sealed, shown once."""

from datetime import timedelta
from uuid import UUID

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call
from volunteer_svc.domain.webhook import OLD_SECRET_HOURS
from volunteer_svc.domain.webhook_signature import shown
from volunteer_svc.identity.vault import vault
from volunteer_svc.store.endpoints import SecretRow


async def new_secret(call: Call, endpoint_id: UUID) -> str:
    """As it is shown, this once; the one before signs beside it for 24 hours."""
    secret, secret_id = ids.webhook_secret(), ids.uuid7()
    row = SecretRow(
        id=secret_id,
        endpoint_id=endpoint_id,
        secret_sealed=vault().seal(secret, secret_place(secret_id)),
    )
    until = call.now + timedelta(hours=OLD_SECRET_HOURS)
    await store.endpoints.add_secret(row, call.now, others_until=until)
    return shown(secret)


def secret_place(secret_id: UUID) -> str:
    """Where a sealed secret belongs."""
    return f"endpoint-secret/{secret_id}"
