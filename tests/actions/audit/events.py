"""Scenes of events, webhooks and what operators are told."""

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests import builders
from tests.actions.audit.scene import PAGE, at_once
from tests.builders import NOW
from volunteer_svc.actions import (
    alarms,
    deliveries,
    digests,
    endpoint_edits,
    endpoint_sends,
    endpoints,
    event_retention,
    heads,
    proofs,
    snapshot,
    standing,
    tellings,
)
from volunteer_svc.actions.endpoint_edits import EditEndpoint
from volunteer_svc.actions.endpoint_sends import Recover
from volunteer_svc.actions.endpoints import NewEndpoint
from volunteer_svc.domain.proof import Difference
from volunteer_svc.domain.webhook_url import Rules
from volunteer_svc.identity.signing import SigningKey
from volunteer_svc.store import database, event_log
from volunteer_svc.store.database import fetch


async def sign_head(s):
    key = SigningKey(Ed25519PrivateKey.generate(), [])
    return lambda: heads.sign_head(builders.call(), key)


def note_verification(_):
    first = Difference("ledger_entry", "volunteer x seq 5", "balance", 1, 2)
    return proofs.note_verification(builders.call(), NOW, {"volunteers": 3}, 1, first)


async def forget_events(s):
    await numbered()
    return lambda: event_retention.forget_events(builders.call(now=NOW + timedelta(days=91)), 90)


async def numbered():
    """What has happened is in the log."""
    connection = await database.acquire()
    await event_log.move(connection, 1_000)
    await database.ENGINE.pool.release(connection)


async def publish_digests(s):
    """What has happened is in the log, and its day is over."""
    await numbered()
    return lambda: digests.publish_digests(builders.call(now=NOW + timedelta(days=2)))


async def watch(s):
    """Nobody has numbered for ten minutes."""
    return lambda: alarms.watch(builders.call(now=NOW + timedelta(minutes=10)), NOW)


async def an_endpoint(s, **wishes):
    """Made and verified by the county."""
    request = NewEndpoint(url="https://platform.example.org/", **wishes)
    made = await endpoints.add_endpoint(s.county.call(), request, Rules(), 9)
    await deliveries.activate_endpoint(builders.call(), made.endpoint.id)
    return made.endpoint.id


def on_an_endpoint(act, *before):
    """`before`: what happens to it first."""

    async def prepare(s):
        endpoint_id = await an_endpoint(s)
        for one in before:
            await one(s.county.call(), endpoint_id)
        return lambda: act(s.county.call(), endpoint_id)

    return prepare


async def resend(s):
    endpoint_id = await an_endpoint(s)
    await numbered()
    (event,) = await fetch("SELECT event_id FROM event_log ORDER BY seq LIMIT 1")
    return lambda: endpoint_sends.resend_event(s.county.call(), endpoint_id, event["event_id"])


async def read_digests(s):
    platform = await builders.client_key("events:read")
    return lambda: digests.digests(platform.call(), on=None, station_id=None, **PAGE)


CHANGES = {
    "alarms.watch": watch,
    "digests.publish_digests": publish_digests,
    "endpoints.add_endpoint": at_once(
        lambda s: endpoints.add_endpoint(
            s.county.call(), NewEndpoint(url="https://platform.example.org/"), Rules(), 9
        )
    ),
    "endpoint_edits.edit_endpoint": on_an_endpoint(
        lambda call, one: endpoint_edits.edit_endpoint(
            call, one, EditEndpoint(description="新"), Rules(), None
        )
    ),
    "endpoint_sends.verify_endpoint": on_an_endpoint(
        endpoint_sends.verify_endpoint, endpoints.disable_endpoint
    ),
    "endpoints.rotate_endpoint_secret": on_an_endpoint(endpoints.rotate_endpoint_secret),
    "endpoints.pause_endpoint": on_an_endpoint(endpoints.pause_endpoint),
    "endpoints.resume_endpoint": on_an_endpoint(
        endpoints.resume_endpoint, endpoints.pause_endpoint
    ),
    "endpoints.disable_endpoint": on_an_endpoint(endpoints.disable_endpoint),
    "endpoints.delete_endpoint": on_an_endpoint(endpoints.delete_endpoint),
    "endpoint_sends.test_endpoint": on_an_endpoint(endpoint_sends.test_endpoint),
    "endpoint_sends.recover_endpoint": on_an_endpoint(
        lambda call, one: endpoint_sends.recover_endpoint(call, one, Recover(after="0"))
    ),
    "endpoint_sends.resend_event": resend,
    "deliveries.disable_failing": on_an_endpoint(
        lambda call, one: deliveries.disable_failing(call, one, "gone")
    ),
    "deliveries.activate_endpoint": on_an_endpoint(
        deliveries.activate_endpoint, endpoints.disable_endpoint
    ),
    "heads.sign_head": sign_head,
    "proofs.note_verification": at_once(note_verification),
    "event_retention.forget_events": forget_events,
}


READINGS = {
    "digests.digests": read_digests,
    "tellings.events_of_volunteer": at_once(
        lambda s: tellings.events_of_volunteer(s.worker.call(), s.person.id, before=None, limit=5)
    ),
    "standing.read_standing": at_once(lambda s: standing.read_standing(s.county.call())),
    "snapshot.read_snapshot": at_once(
        lambda s: snapshot.read_snapshot(s.county.call(), begun=None, after=None, limit=5)
    ),
    "endpoints.endpoints": at_once(
        lambda s: endpoints.endpoints(s.county.call(), after=None, limit=5)
    ),
    "endpoints.read_endpoint": on_an_endpoint(endpoints.read_endpoint),
    "endpoint_sends.attempts": on_an_endpoint(
        lambda call, one: endpoint_sends.attempts(call, one, event_id=None, before=None, limit=5)
    ),
}
