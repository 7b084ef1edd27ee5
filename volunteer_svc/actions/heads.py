"""The signed head of each day: where ledger and trails stood, for copies held elsewhere."""

import base64

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.events import ChainSealed
from volunteer_svc.domain.head import NO_HEAD, Head, LedgerDigest, SignedHead
from volunteer_svc.identity.signing import SigningKey
from volunteer_svc.store.outbox import Raised


@command
async def sign_head(call: Call, key: SigningKey) -> SignedHead | None:
    """Sign the head of today, unless there is one already; None: there is.

    What is committed meanwhile is in this head or in the next one.
    """
    await store.heads.hold()
    before = await store.heads.last()
    if before is not None and local_date(before[1]) >= local_date(call.now):
        call.notes.unchanged = True
        return None
    number = before[0] + 1 if before else 1
    await store.heads.mark(number)
    ledger = LedgerDigest()
    async for volunteer_id, seq, last_hash in store.heads.marks(number):
        ledger.add(volunteer_id, seq, last_hash)
    trails = await store.heads.trails()
    head = Head(
        number=number,
        signed_at=call.now,
        previous=before[2].digest if before else NO_HEAD,
        ledger=ledger.at(),
        audit=trails["audit"],
        access=trails["access"],
    )
    text = head.text()
    signed = SignedHead(head=text, signature=key.sign(text), public_key=key.public_key)
    await store.heads.insert(number, call.now, signed)
    event = ChainSealed(
        chain="books",
        number=number,
        volunteers=head.ledger.volunteers,
        audit_seq=head.audit.seq,
        access_seq=head.access.seq,
        head=text,
        signature=base64.b64encode(signed.signature).decode(),
        public_key=base64.b64encode(signed.public_key).decode(),
    )
    await store.outbox.append(
        [
            Raised(
                event=event,
                version=number,
                station_id=None,
                happened_at=call.now,
                trace=call.trace,
            )
        ]
    )
    call.notes.changed(f"head/{number}", volunteers=head.ledger.volunteers)
    return signed
