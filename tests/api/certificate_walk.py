"""The part of the walk through all routes that is about certificates, badges and batches."""

from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.actions.world import hours
from tests.builders import TODAY, active, call, signed_in, staff
from tests.printing.pdf import pages
from volunteer_svc import clock
from volunteer_svc.actions import badges, certificate_batches
from volunteer_svc.domain.badge import Issuer
from volunteer_svc.identity.signing import SigningKey

ORIGIN = "https://volunteers.example.org"
STAR = {"star": 1}
WRONG = {"reason": "张冠李戴"}


async def certificates_and_badges(walk, sign_in, station):
    """`desk`, a head, certifies a hundred hours; somebody whose star it is wears a badge of it."""
    person = await active(UUID(station))
    worker = await staff("social_worker", UUID(station))
    await hours(worker, UUID(station), person, 6_000)
    his = f"/v1/volunteers/{person.id}"
    await sign_in("desk")
    await _certificates(walk, station, his)
    await _batches(walk, station)
    walk.auth = (await signed_in(person.id)).auth
    await _badges(walk, his)


async def _certificates(walk, station, his):
    year = {"from_on": f"{TODAY:%Y}-01-01", "to_on": f"{TODAY}"}
    first = await walk("POST", f"{his}/certificates", 201, year | {"station_id": station})
    assert (first["number"], first["hours"]) == (f"T01-{TODAY:%Y}-000001", "100.00")
    star = await walk("POST", f"{his}/star-certificates", 201, STAR)
    assert (star["kind"], star["star"], star["state"]) == ("star", 1, "valid")
    assert await walk("GET", f"{his}/certificates", 200) == [star, first]
    again = await walk("POST", f"/v1/certificates/{first['id']}/reissue", 201)
    assert (again["replaces"], again["minutes"]) == (first["id"], 6_000)
    was = await walk("GET", f"/v1/certificates/{first['id']}", 200)
    assert (was["state"], was["because"]) == ("superseded", "re_issued")
    gone = await walk("POST", f"/v1/certificates/{star['id']}/revoke", 200, WRONG)
    assert gone["state"] == "revoked"
    valid = await walk("GET", f"/v1/certificates?station_id={station}&certificate_state=valid", 200)
    assert valid["items"] == [again]
    printed = await walk("GET", f"/v1/certificates/{again['id']}/pdf", 200)
    assert pages(printed.content) == 1
    asked = {"reason": "本人申请"}
    file = await walk("POST", f"{his}/member-file", 200, asked)
    assert pages(file.content) >= 1
    auth, walk.auth = walk.auth, {}  # whoever holds the paper
    for one, state in ((again, "valid"), (first, "superseded"), (gone, "revoked")):
        code = one["verify_path"].rpartition("/")[2]
        told = await walk("GET", f"/v1/verifications/{code}", 200)
        assert (told["number"], told["state"]) == (one["number"], state)
    walk.auth = auth


async def _batches(walk, station):
    """The worker's part is called here, as its job does."""
    wish = {"station_id": station, "from_on": f"{TODAY}", "to_on": f"{TODAY}"}
    asked = await walk("POST", "/v1/certificate-batches", 202, wish)
    assert asked["state"] == "issuing"
    while await certificate_batches.work_on_next(call(now=clock.now()), ORIGIN, clock.now):
        pass
    path = f"/v1/certificate-batches/{asked['id']}"
    done = await walk("GET", path, 200)
    assert (done["batch"]["state"], done["left_out"]) == ("done", [])
    listed = await walk("GET", f"/v1/certificate-batches?station_id={station}", 200)
    assert listed["items"] == [done["batch"]]
    paper = await walk("GET", f"{path}/file", 200)
    assert pages(paper.content) == done["batch"]["issued"] == asked["total"]


async def _badges(walk, his):
    made = await walk("POST", f"{his}/badges", 201, STAR)
    assert (made["star"], made["ready"], made["share_path"]) == (1, False, None)
    key = SigningKey(Ed25519PrivateKey.generate(), [])
    assert await badges.sign_badges(call(now=clock.now()), key, Issuer(ORIGIN)) == 2
    (ready,) = await walk("GET", f"{his}/badges", 200)
    assert ready == made | {"ready": True}
    path = f"{his}/badges/{made['id']}"
    token = (await walk("GET", f"{path}/credential", 200)).text
    shared = await walk("POST", f"{path}/share", 200)
    code = shared["share_path"].rpartition("/")[2]
    auth, walk.auth = walk.auth, {}
    seen = await walk("GET", f"/v1/badges/shared/{code}", 200)
    assert (seen["star"], seen["token"]) == (1, token)
    profile = await walk("GET", "/v1/badges/issuer", 200)
    assert "Profile" in profile["type"]
    (signer,) = (await walk("GET", "/v1/badges/keys", 200))["keys"]
    assert (signer["kty"], signer["crv"]) == ("OKP", "Ed25519")
    stands_for = await walk("GET", "/v1/badges/achievements/1", 200)
    assert "Achievement" in stands_for["type"]
    revoked = await walk("GET", "/v1/badges/status-lists/1", 200)
    assert revoked.text.count(".") == 2
    did = await walk("GET", "/.well-known/did.json", 200)
    assert len(did["verificationMethod"]) == 1
    walk.auth = auth
    assert await walk("DELETE", f"{path}/share", 200) == ready
