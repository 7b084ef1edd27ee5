"""What people write of people stays at the stations and with the volunteer himself (R12)."""

import re
from types import SimpleNamespace

import pytest

from tests import builders
from tests.actions.world import line, record
from tests.builders import TODAY
from volunteer_svc.actions import (
    awards,
    certificates,
    complaints,
    corrections,
    evaluations,
    objections,
    positions,
    rights,
    transfer_proposals,
    volunteers,
)
from volunteer_svc.actions.awards import Nominate, RecordAward, RevokeAward
from volunteer_svc.actions.certificates import IssueCertificate, RevokeCertificate
from volunteer_svc.actions.complaints import Complain
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.evaluations import Evaluate
from volunteer_svc.actions.objections import AnswerObjection, Object
from volunteer_svc.actions.positions import Appoint, EndPosition
from volunteer_svc.actions.rights import AskCorrection
from volunteer_svc.actions.transfer_proposals import ProposeTransfer
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.api.cookies import cookie_name
from volunteer_svc.config import Config
from volunteer_svc.identity.permissions import CLIENT_SCOPES

MARK = "她丈夫住院"
_PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")


@pytest.fixture
async def written_of(client):
    """Somebody of whom everybody has written what only the station should know."""
    home = await builders.station()
    head = await builders.staff("station_head", home.id)
    person = await builders.active(home.id)
    himself = await builders.signed_in(person.id)
    counted, other = await record(
        head, home.id, line(person, minutes=60, content=MARK, leader=MARK), line(person, minutes=30)
    )
    why = Correct(minutes=50, reason=MARK, requested_by=MARK)
    await corrections.correct_record(head.call(), counted.record_id, why)
    ask = AskCorrection(text=MARK)
    await rights.ask_correction(himself.call(), person.id, ask)
    for record_id in (counted.record_id, other.record_id):
        opened = await objections.open_objection(himself.call(), record_id, Object(text=MARK))
    answer = AnswerObjection(outcome="kept", reason=MARK)
    second = await builders.staff("station_head", home.id)
    await objections.close_objection(second.call(), opened.id, answer)
    await evaluations.evaluate_record(head.call(), counted.record_id, Evaluate(grade=2, words=MARK))
    for _ in range(2):
        held = await positions.appoint(
            head.call(), person.id, Appoint(position="backbone", reason=MARK)
        )
        await positions.end_position(head.call(), held.id, EndPosition(reason=MARK))
    honour = Nominate(honour="x", awarding_body="x", reason=MARK, evidence_reference=MARK)
    await awards.nominate(head.call(), person.id, honour)
    granted = RecordAward(name="x", granted_by="x", granted_on=TODAY, evidence_reference=MARK)
    award = await awards.record_award(head.call(), person.id, granted)
    await awards.revoke_award(head.call(), award.id, RevokeAward(reason=MARK))
    said = Complain(direction="by", text=MARK)
    await complaints.open_complaint(himself.call(), person.id, said)
    year = IssueCertificate(station_id=home.id, from_on=TODAY.replace(month=1), to_on=TODAY)
    issued = await certificates.issue_certificate(head.call(), person.id, year)
    wrong = RevokeCertificate(reason=MARK)
    await certificates.revoke_certificate(head.call(), issued.id, wrong)
    move = ProposeTransfer(to_station_id=(await builders.station()).id, reason=MARK)
    await transfer_proposals.propose_transfer(head.call(), person.id, move)
    await volunteers.suspend(head.call(), person.id, WithReason(reason=MARK), None)
    return SimpleNamespace(
        head=head, himself=himself, volunteer_id=person.id, record_id=counted.record_id
    )


async def shown(client, app, about, who):
    """Which routes that read answer `who` at all, and which of them with the mark."""
    answered, marked = set(), set()
    for route in app.routes:
        names = set(_PLACE.findall(route.path))
        if "GET" not in getattr(route, "methods", ()) or not names <= {"volunteer_id", "record_id"}:
            continue
        if route.path == "/v1/events/stream":
            continue
        path = _PLACE.sub(lambda m: str(getattr(about, m[1])), route.path)
        by_page = {"cookie": f"{cookie_name(Config())}={who.token}"}
        answer = await client.get(
            path, headers=who.auth if route.path.startswith("/v1/") else by_page
        )
        assert answer.status_code < 500
        if answer.status_code == 200:
            answered.add(route.path)
            if MARK in answer.text:
                marked.add(route.path)
    return answered, marked


@pytest.mark.rule("R12")
async def test_services_and_auditors_read_no_free_text(client, app_of_run, written_of):
    _, at_home = await shown(client, app_of_run, written_of, written_of.head)
    _, own = await shown(client, app_of_run, written_of, written_of.himself)
    assert len(at_home) > 8
    assert len(own) > 5
    strangers = [await builders.staff("auditor"), await builders.staff("bureau")]
    strangers.append(await builders.client_key(*CLIENT_SCOPES))
    for who in strangers:
        answered, marked = await shown(client, app_of_run, written_of, who)
        assert answered
        assert marked == set()
