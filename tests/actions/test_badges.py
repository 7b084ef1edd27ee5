"""Badges of stars, as an independent library sees them: signed, revoked, forged."""

import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from tests import builders
from tests.actions.world import hours
from volunteer_svc import clock
from volunteer_svc.actions import badges, corrections, erasures
from volunteer_svc.actions.certificates import IssueStar
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.domain import badge as rules
from volunteer_svc.domain.badge import Issuer
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.identity.signing import SigningKey
from volunteer_svc.store.database import execute, fetch

ISSUER = Issuer("https://volunteers.example.org")


class Wallet:
    """Somebody with a star, and who signs."""

    async def set(self):
        self.station = await builders.station()
        self.worker = await builders.staff("social_worker", self.station.id)
        self.person = await builders.active(self.station.id)
        self.himself = await builders.signed_in(self.person.id)
        await hours(self.worker, self.station.id, self.person, 6_000)
        self.key = SigningKey(Ed25519PrivateKey.generate(), [])
        return self

    async def sign(self, key=None, now=None):
        """The library looks at the clock of the wall, and so the worker does here."""
        there = builders.call(now=now or clock.now())
        return await badges.sign_badges(there, key or self.key, ISSUER)

    async def made(self):
        return await badges.make_badge(self.himself.call(), self.person.id, IssueStar(star=1))

    async def token(self, badge):
        return await badges.download_badge(self.himself.call(), self.person.id, badge.id)

    async def lose(self):
        (row, *_) = await fetch("SELECT id FROM service_record ORDER BY served_on")
        wrong = Correct(minutes=0, reason="看错")
        await corrections.correct_record(self.worker.call(), row["id"], wrong)


@pytest.fixture
async def wallet(database):
    return await Wallet().set()


async def the_web():
    """What somebody else's server fetches of ours, by address."""
    pages = {f"{ISSUER.origin}/.well-known/did.json": json.dumps(
        rules.did_document(ISSUER, await badges.public_keys())).encode()}  # fmt: skip
    for row in await fetch("SELECT number, token FROM badge_status_list"):
        pages[ISSUER.list_url(row["number"])] = row["token"].encode()
    return lambda url, *_, **__: pages[url]


def changed(token, change):
    """The same signature under other claims."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    change(claims)
    return f"{head}.{rules.base64url(json.dumps(claims).encode())}.{signature}"


async def test_an_independent_library_accepts_it_until_the_star_is_lost(wallet):
    badge = await wallet.made()
    assert (badge.ready, (await wallet.made()).id) == (False, badge.id)
    with pytest.raises(Refusal, match="badge_not_ready"):
        await wallet.token(badge)
    assert await wallet.sign() == 2  # the badge, and the list it stands in
    assert await wallet.sign() == 0
    token = await wallet.token(badge)
    web = await the_web()
    verifier = OB3Verifier.for_issuer_did(ISSUER.did, download=web)
    found = verifier.verify(token, check_status=True, download=web)
    assert found.achievement.name == "一星级志愿者 · 1-star volunteer"
    assert found.achievement.id == ISSUER.achievement_url(1)
    # Nobody is named, and only its owner can show whose it is.
    (identity,) = found.identifiers
    assert identity.identity_hash == rules.identity_hash(badge.identity, identity.salt)
    assert badge.identity.startswith(wallet.person.member_no)
    body = base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()
    for word in (wallet.person.form.name, wallet.person.member_no, str(wallet.person.id)):
        assert word not in body
    await wallet.lose()
    assert await wallet.sign() == 1
    assert await wallet.sign() == 0, "the list tells of it"
    web = await the_web()
    with pytest.raises(OB3VerificationError, match="'revocation' is set"):
        verifier.verify(token, check_status=True, download=web)
    with pytest.raises(Refusal, match="badge_revoked"):
        await badges.share_badge(wallet.himself.call(), wallet.person.id, badge.id)
    # Who has the star again has a new badge; the old one stays revoked.
    await hours(wallet.worker, wallet.station.id, wallet.person, 480, since=builders.TODAY)
    again = await wallet.made()
    await wallet.sign()
    web = await the_web()
    verifier.verify(await wallet.token(again), check_status=True, download=web)
    with pytest.raises(OB3VerificationError, match="'revocation' is set"):
        verifier.verify(token, check_status=True, download=web)


async def test_lists_are_signed_anew_before_they_run_out_and_every_one_there_has_to_be(wallet):
    await wallet.made()
    assert await wallet.sign() == 2
    await execute("UPDATE badge SET status_index = $1", rules.LIST_BITS + 1)
    assert await wallet.sign() == 1, "the second list has its first badge"
    days = rules.LIST_DAYS - rules.RENEW_DAYS
    assert await wallet.sign(now=clock.now() + timedelta(days=days - 1)) == 0
    assert await wallet.sign(now=clock.now() + timedelta(days=days, minutes=1)) == 2


async def test_what_is_forged_is_refused(wallet):
    badge = await wallet.made()
    await wallet.sign()
    token, web = await wallet.token(badge), await the_web()
    verifier = OB3Verifier.for_issuer_did(ISSUER.did, download=web)

    def five_stars(claims):
        claims["credentialSubject"]["achievement"] = rules.achievement(ISSUER, 5)

    def not_revocable(claims):
        claims["credentialStatus"]["statusListIndex"] = "77"

    for change in (five_stars, not_revocable, lambda claims: claims.pop("credentialStatus")):
        with pytest.raises(OB3VerificationError, match="signature"):
            verifier.verify(changed(token, change))
    forger = SigningKey(Ed25519PrivateKey.generate(), [])
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    for kid in (ISSUER.kid(wallet.key.public_key), ISSUER.kid(forger.public_key)):
        text = rules.signing_input(claims, kid)
        forged = f"{text}.{rules.base64url(forger.sign(text))}"
        with pytest.raises(OB3VerificationError):
            verifier.verify(forged)


async def test_a_new_key_signs_on_and_the_old_one_is_still_known(wallet):
    badge = await wallet.made()
    await wallet.sign()
    await hours(wallet.worker, wallet.station.id, wallet.person, 480, since=builders.TODAY)
    newer = SigningKey(Ed25519PrivateKey.generate(), [])
    # A list that grows old is signed anew, by the key there is then.
    later = clock.now() + timedelta(days=rules.LIST_DAYS - rules.RENEW_DAYS, minutes=1)
    assert await wallet.sign(newer, now=later) == 1
    assert len(await badges.public_keys()) == 2
    verifier = OB3Verifier.for_issuer_did(ISSUER.did, download=await the_web())
    verifier.verify(await wallet.token(badge))


@pytest.mark.rule("R19")
async def test_a_badge_is_shared_by_its_owner_alone_and_no_longer_than_he_likes(wallet):
    badge = await wallet.made()
    with pytest.raises(Refusal, match="forbidden"):
        await badges.share_badge(wallet.worker.call(), wallet.person.id, badge.id)
    await wallet.sign()
    shared = await badges.share_badge(wallet.himself.call(), wallet.person.id, badge.id)
    code = shared.share_path.rpartition("/")[2]
    told = await badges.shared_badge(code)
    assert (told.star, told.revoked, told.token) == (1, False, await wallet.token(badge))
    await badges.unshare_badge(wallet.himself.call(), wallet.person.id, badge.id)
    for unknown in (code, "x", "AAAA-BBBB-CCCC-DDDD-EEEE"):
        with pytest.raises(Refusal, match="not_found"):
            await badges.shared_badge(unknown)
    with pytest.raises(Refusal, match="star_not_held"):
        await badges.make_badge(wallet.himself.call(), wallet.person.id, IssueStar(star=2))
    (seen,) = await badges.badges_of(wallet.worker.call(), wallet.person.id)
    assert seen.identity is None


async def test_who_is_erased_cannot_be_told_from_his_badge(wallet):
    badge = await wallet.made()
    await wallet.sign()
    shared = await badges.share_badge(wallet.himself.call(), wallet.person.id, badge.id)
    asked = await erasures.ask_erasure(
        wallet.himself.call(), wallet.person.id, AskErasure(reason="不再参加")
    )
    county = await builders.staff("county")
    yes = DecideErasure(decision="approve", reason="本人要求")
    await erasures.decide_erasure(county.call(), asked.id, yes)
    with pytest.raises(Refusal, match="not_found"):
        await badges.shared_badge(shared.share_path.rpartition("/")[2])
    (row,) = await fetch("SELECT identity_sealed, share_code FROM badge")
    assert (row["identity_sealed"], row["share_code"]) == (b"", None)
