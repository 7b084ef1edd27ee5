"""What an auditor sees of the proof: when all was recomputed, what was found, and signed heads."""

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.builders import NOW, active, call, staff, station
from volunteer_svc.actions import proofs
from volunteer_svc.actions.heads import sign_head
from volunteer_svc.domain.head import SignedHead
from volunteer_svc.domain.proof import Difference
from volunteer_svc.identity.signing import SigningKey, is_signed

PROOF = "/staff/proof"


async def test_what_was_found_is_told_and_the_heads_are_taken_away(browser):
    await active((await station()).id)
    browser.signed_in(await staff("auditor"))
    page = await browser.open(PROOF)
    assert "还没有核验过" in page.text
    assert "还没有签名摘要" in page.text
    key = SigningKey(Ed25519PrivateKey.generate(), [])
    await sign_head(call(), key)
    await proofs.note_verification(call(), NOW, {"volunteers": 1}, 0, None)
    page = await browser.open(PROOF)
    assert "没有发现差异" in page.text
    assert "有效" in page.text
    taken = await browser.open(f"{PROOF}/heads.json")
    (head,) = [msgspec.json.decode(one, type=SignedHead) for one in taken.content.splitlines()]
    assert is_signed(head.head, head.signature, key.public_key)
    first = Difference("ledger_entry", "volunteer x seq 5", "balance", "秘密一", "秘密二")
    await proofs.note_verification(call(), NOW, {"volunteers": 1}, 2, first)
    page = await browser.open(PROOF)
    assert "第一处：ledger_entry / volunteer x seq 5 / balance" in page.text
    assert "秘密" not in page.text
    for role in ("admin", "county"):
        browser.signed_in(await staff(role))
        assert (await browser.open(PROOF)).status_code == 403
