"""Open Badges 3.0 of stars: the credential, its status list, its issuer, as they are signed.

A badge names nobody: it holds the hash of what its owner can show (1EdTech OB 3.0, W3C VC 2.0,
VC-JWT with EdDSA; Bitstring Status List 1.0).
"""

import base64
import gzip
import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec

LIST_BITS = 131_072
"""The least that the standard allows: one badge is hard to tell from the others."""
LIST_DAYS = 30
"""How long a signed status list may be shown; an older copy is refused."""
RENEW_DAYS = 7
NAMES = ("一星级志愿者", "二星级志愿者", "三星级志愿者", "四星级志愿者", "五星级志愿者")
_CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
_IDENTITY = "ext:memberProof"
Json = dict[str, Any]


class Issuer(msgspec.Struct, frozen=True):
    """Who signs: `origin` is the public address of this service, which names it (did:web)."""

    origin: str

    @property
    def did(self) -> str:
        return f"did:web:{quote(self.origin.partition('://')[2], safe='')}"

    def kid(self, public_key: bytes) -> str:
        return f"{self.did}#{thumbprint(public_key)}"

    def profile(self) -> Json:
        return {"id": self.did, "type": ["Profile"], "name": "乡镇（街道）社会工作服务站志愿服务",
                "url": self.origin}  # fmt: skip

    def list_url(self, number: int) -> str:
        return f"{self.origin}/v1/badges/status-lists/{number}"

    def achievement_url(self, star: int) -> str:
        return f"{self.origin}/v1/badges/achievements/{star}"


def achievement(issuer: Issuer, star: int) -> Json:
    """What everybody did who has this badge."""
    return {
        "id": issuer.achievement_url(star),
        "type": ["Achievement"],
        "achievementType": "Badge",
        "name": f"{NAMES[star - 1]} · {star}-star volunteer",
        "description": "累计志愿服务时间达到本级标准。"
        f" Voluntary service up to the threshold of star {star}.",
        "criteria": {
            "narrative": "服务时间由社工站记录、复核,达到该星级规定的累计小时数（当地现行规则）。"
            " Hours recorded and reviewed by the stations, up to the threshold in force."
        },
        "creator": issuer.profile(),
        "tag": ["志愿服务", "volunteering", f"star-{star}"],
    }


def credential(
    issuer: Issuer,
    *,
    badge_id: UUID,
    star: int,
    won_on: date,
    salt: str,
    identity_hash: str,
    status_index: int,
    now: datetime,
) -> Json:
    """The claims of a badge: an OpenBadgeCredential as the payload of a JWT (OB 3.0, 8.2.4)."""
    number, place = 1 + (status_index - 1) // LIST_BITS, (status_index - 1) % LIST_BITS
    url = issuer.list_url(number)
    made = {
        "@context": list(_CONTEXTS),
        "id": f"urn:uuid:{badge_id}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": NAMES[star - 1],
        "issuer": issuer.profile(),
        "validFrom": _instant(now),
        "awardedDate": _instant(datetime.combine(won_on, time(), UTC)),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": True, "identityHash": identity_hash,
                 "identityType": _IDENTITY, "salt": salt}
            ],
            "achievement": achievement(issuer, star),
        },
        "credentialStatus": {
            "id": f"{url}#{place}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(place),
            "statusListCredential": url,
        },
    }  # fmt: skip
    return made | _claims(issuer, str(made["id"]), now)


def status_list(
    issuer: Issuer, number: int, revoked: Iterable[int], now: datetime, until: datetime
) -> Json:
    """The claims of a list in which the bits of these places are set."""
    bits = bytearray(LIST_BITS // 8)
    for place in revoked:
        bits[place // 8] |= 0x80 >> (place % 8)
    packed = base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")
    url = issuer.list_url(number)
    made = {
        "@context": [_CONTEXTS[0]],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": _instant(now),
        "validUntil": _instant(until),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": f"u{packed}",
        },
    }
    return made | _claims(issuer, url, now) | {"exp": int(until.timestamp())}


def identity_of(member_no: str, proof: str) -> str:
    """What the owner shows: his member number and 128 random bits that nobody can guess."""
    return f"{member_no}:{proof}"


def identity_hash(identity: str, salt: str) -> str:
    """As OB 3.0 hashes an identity."""
    return f"sha256${hashlib.sha256((identity + salt).encode()).hexdigest()}"


def signing_input(claims: Json, kid: str) -> str:
    """Header and payload of the JWT, which is what is signed."""
    header = {"alg": "EdDSA", "typ": "vc+jwt", "kid": kid}
    return f"{_encoded(header)}.{_encoded(claims)}"


def jwk(public_key: bytes) -> Json:
    return {"kty": "OKP", "crv": "Ed25519", "x": base64url(public_key)}


def thumbprint(public_key: bytes) -> str:
    """RFC 7638."""
    text = f'{{"crv":"Ed25519","kty":"OKP","x":"{base64url(public_key)}"}}'
    return base64url(hashlib.sha256(text.encode()).digest())


def key_set(issuer: Issuer, keys: Iterable[bytes]) -> Json:
    """A JWKS of everybody's use."""
    return {"keys": [jwk(key) | {"kid": issuer.kid(key), "alg": "EdDSA", "use": "sig"}
                     for key in keys]}  # fmt: skip


def did_document(issuer: Issuer, keys: Iterable[bytes]) -> Json:
    """What did:web resolves to; the newest key first."""
    methods = [
        {"id": issuer.kid(key), "type": "JsonWebKey", "controller": issuer.did,
         "publicKeyJwk": jwk(key)}
        for key in keys
    ]  # fmt: skip
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "id": issuer.did,
        "verificationMethod": methods,
        "assertionMethod": [one["id"] for one in methods],
    }


def base64url(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def _encoded(part: Json) -> str:
    return base64url(msgspec.json.encode(part))


def _claims(issuer: Issuer, identifier: str, now: datetime) -> Json:
    return {"iss": issuer.did, "jti": identifier, "nbf": int(now.timestamp())}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
