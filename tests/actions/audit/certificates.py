"""Scenes of certificates, badges and batches."""

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests import builders
from tests.actions.audit.scene import PAGE
from tests.actions.world import hours
from tests.builders import NOW, TODAY
from volunteer_svc import ids
from volunteer_svc.actions import badges, certificate_batches, certificate_papers, certificates
from volunteer_svc.actions.certificate_batches import IssueBatch
from volunteer_svc.actions.certificates import IssueCertificate, IssueStar, RevokeCertificate
from volunteer_svc.domain.badge import Issuer
from volunteer_svc.identity import vault
from volunteer_svc.identity.signing import SigningKey


async def certified(s):
    """A certificate of today, by the station's worker."""
    await s.recorded()
    request = IssueCertificate(station_id=s.station.id, from_on=TODAY, to_on=TODAY)
    return await certificates.issue_certificate(s.worker.call(), s.person.id, request)


async def issue_certificate(s):
    await s.recorded()
    request = IssueCertificate(station_id=s.station.id, from_on=TODAY, to_on=TODAY)
    return lambda: certificates.issue_certificate(s.worker.call(), s.person.id, request)


def on_a_certificate(act):
    async def prepare(s):
        made = await certified(s)
        return lambda: act(s, made.id)

    return prepare


async def starred(s):
    """60 more hours: a star."""
    await hours(s.worker, s.station.id, s.person, 6_000)
    return IssueStar(star=1)


async def issue_star(s):
    request = await starred(s)
    return lambda: certificates.issue_star(s.worker.call(), s.person.id, request)


async def make_badge(s):
    request = await starred(s)
    return lambda: badges.make_badge(s.himself.call(), s.person.id, request)


def on_a_badge(act, *before):
    async def prepare(s):
        made = await badges.make_badge(s.himself.call(), s.person.id, await starred(s))
        for one in before:
            await one(s, made.id)
        return lambda: act(s, made.id)

    return prepare


def sign_badges(_s, _badge_id):
    key = SigningKey(Ed25519PrivateKey.generate(), [])
    return badges.sign_badges(builders.call(), key, Issuer("https://example.org"))


def share(s, badge_id):
    return badges.share_badge(s.himself.call(), s.person.id, badge_id)


def on_a_batch(act, *before):
    """Of one person."""

    async def prepare(s):
        await s.recorded()
        request = IssueBatch(station_id=s.station.id, from_on=TODAY, to_on=TODAY)
        made = await certificate_batches.issue_batch(s.worker.call(), request)
        for one in before:
            await one(s, made.id)
        return lambda: act(s, made.id)

    return prepare


def issue_some(_s, batch_id):
    return certificate_batches._issue_some(builders.call(), batch_id)


def keep_batch(_s, batch_id):
    sealed = vault.vault().seal(bytes(32), certificate_batches.key_place(batch_id))
    return certificate_batches._keep(builders.call(), batch_id, ids.uuid7(), 1, sealed)


async def issue_batch(s):
    await s.recorded()
    request = IssueBatch(station_id=s.station.id, from_on=TODAY, to_on=TODAY)
    return lambda: certificate_batches.issue_batch(s.worker.call(), request)


CHANGES = {
    "certificates.issue_certificate": issue_certificate,
    "certificates.issue_star": issue_star,
    "certificates.reissue_certificate": on_a_certificate(
        lambda s, one: certificates.reissue_certificate(s.worker.call(), one)
    ),
    "certificates.revoke_certificate": on_a_certificate(
        lambda s, one: certificates.revoke_certificate(
            s.second.call(), one, RevokeCertificate(reason="张冠李戴")
        )
    ),
    "badges.make_badge": make_badge,
    "badges.share_badge": on_a_badge(share),
    "badges.unshare_badge": on_a_badge(
        lambda s, one: badges.unshare_badge(s.himself.call(), s.person.id, one), share
    ),
    "badges.sign_badges": on_a_badge(sign_badges),
    "certificate_batches.issue_batch": issue_batch,
    "certificate_batches._lease": on_a_batch(
        lambda _s, _one: certificate_batches._lease(builders.call())
    ),
    "certificate_batches._issue_some": on_a_batch(issue_some),
    "certificate_batches._printed": on_a_batch(
        lambda _s, one: certificate_batches._printed(builders.call(), one, 1), issue_some
    ),
    "certificate_batches._keep": on_a_batch(keep_batch, issue_some),
    "certificate_batches.expire_batches": on_a_batch(
        lambda _s, _one: certificate_batches.expire_batches(
            builders.call(now=NOW + timedelta(days=8))
        ),
        issue_some,
        keep_batch,
    ),
}
READINGS = {
    "certificates.certificates_of": on_a_certificate(
        lambda s, _: certificates.certificates_of(s.worker.call(), s.person.id)
    ),
    "certificates.certificates": on_a_certificate(
        lambda s, _: certificates.certificates(s.worker.call(), station_id=None, state=None, **PAGE)
    ),
    "certificates.read_certificate": on_a_certificate(
        lambda s, one: certificates.read_certificate(s.worker.call(), one)
    ),
    "certificate_papers._sheet_to_print": on_a_certificate(
        lambda s, one: certificate_papers._sheet_to_print(s.worker.call(), one, "https://x")
    ),
    "badges.badges_of": on_a_badge(lambda s, _: badges.badges_of(s.himself.call(), s.person.id)),
    "badges.download_badge": on_a_badge(
        lambda s, one: badges.download_badge(s.himself.call(), s.person.id, one), sign_badges
    ),
    "certificate_batches.batches": on_a_batch(
        lambda s, _: certificate_batches.batches(s.worker.call(), station_id=None, **PAGE)
    ),
    "certificate_batches.read_batch": on_a_batch(
        lambda s, one: certificate_batches.read_batch(s.worker.call(), one)
    ),
    "certificate_batches._ready": on_a_batch(
        lambda s, one: certificate_batches._ready(s.worker.call(), one), issue_some, keep_batch
    ),
}
