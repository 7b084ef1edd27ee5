"""Scenes of volunteers' files, groups and positions."""

from tests import builders
from tests.actions.audit.scene import PAGE, at_once
from tests.builders import TODAY
from volunteer_svc import ids
from volunteer_svc.actions import (
    files,
    groups,
    identities,
    merging,
    name_consents,
    named,
    positions,
    transfers,
    volunteers,
)
from volunteer_svc.actions.groups import JoinGroup, NewGroup
from volunteer_svc.actions.identities import CorrectIdentity
from volunteer_svc.actions.merging import MergeVolunteer
from volunteer_svc.actions.name_consents import ConsentToName
from volunteer_svc.actions.positions import Appoint, EndPosition
from volunteer_svc.actions.transfers import ConsentToMove, TransferVolunteer
from volunteer_svc.actions.volunteers import EditVolunteer, Search, WithReason
from volunteer_svc.images.pictures import Picture


async def reinstate(s):
    await volunteers.suspend(s.worker.call(), s.person.id, WithReason(reason="病"), None)
    return lambda: volunteers.reinstate(s.worker.call(), s.person.id, None)


async def transfer(s):
    away = await builders.station()
    request = TransferVolunteer(
        to_station_id=away.id, reason="搬家", consent=ConsentToMove(given="signed", on=TODAY)
    )
    return lambda: transfers.transfer_volunteer(s.worker.call(), s.person.id, request, None)


async def remove_file(s):
    await upload_file(s)
    return lambda: files.remove_file(s.worker.call(), s.person.id, "photo")


def upload_file(s):
    picture = Picture(100, 100, b"x")
    return files._upload_file(s.worker.call(), ids.uuid7(), s.person.id, "photo", picture)


def appoint(s):
    request = Appoint(position="backbone", reason="认真负责")
    return positions.appoint(s.second.call(), s.person.id, request)


async def end_position(s):
    held = await appoint(s)
    return lambda: positions.end_position(s.second.call(), held.id, EndPosition(reason="改任"))


def a_group(s):
    return groups.add_group(s.worker.call(), NewGroup(station_id=s.station.id, name="老年组"))


async def join_group(s):
    made, request = await a_group(s), JoinGroup(volunteer_ids=[s.person.id])
    s.group = made.id
    return lambda: groups.join_group(s.worker.call(), made.id, request)


async def leave_group(s):
    await (await join_group(s))()
    return lambda: groups.leave_group(s.worker.call(), s.group, s.person.id)


async def close_group(s):
    made = await a_group(s)
    return lambda: groups.close_group(s.worker.call(), made.id)


async def merge(s):
    twin = await builders.active(s.station.id)
    request = MergeVolunteer(duplicate_id=twin.id, reason="同一个人")
    return lambda: merging.merge_volunteers(s.county.call(), s.person.id, request)


async def download_file(s):
    await upload_file(s)
    return lambda: files._download_file(s.worker.call(), s.person.id, "photo")


CHANGES = {
    "files._upload_file": at_once(upload_file),
    "files.remove_file": remove_file,
    "identities.correct_identity": at_once(
        lambda s: identities.correct_identity(
            s.county.call(), s.person.id, CorrectIdentity(name="新名", reason="身份证"), None
        )
    ),
    "merging.merge_volunteers": merge,
    "positions.appoint": at_once(appoint),
    "positions.end_position": end_position,
    "groups.add_group": at_once(a_group),
    "groups.join_group": join_group,
    "groups.leave_group": leave_group,
    "groups.close_group": close_group,
    "name_consents.set_name_consent": at_once(
        lambda s: name_consents.set_name_consent(
            s.himself.call(), s.person.id, ConsentToName(named=True)
        )
    ),
    "transfers.transfer_volunteer": transfer,
    "volunteers.edit_volunteer": at_once(
        lambda s: volunteers.edit_volunteer(
            s.worker.call(), s.person.id, EditVolunteer(phone="10000000077"), None
        )
    ),
    "volunteers.suspend": at_once(
        lambda s: volunteers.suspend(s.worker.call(), s.person.id, WithReason(reason="病"), None)
    ),
    "volunteers.reinstate": reinstate,
    "volunteers.exit_volunteer": at_once(
        lambda s: volunteers.exit_volunteer(
            s.worker.call(), s.person.id, WithReason(reason="搬家"), None
        )
    ),
}


READINGS = {
    "name_consents.read_name_consent": at_once(
        lambda s: name_consents.read_name_consent(s.himself.call(), s.person.id)
    ),
    "named.volunteers_named": at_once(
        lambda s: named.volunteers_named(s.worker.call(), [s.person.id])
    ),
    "volunteers.read_story": at_once(lambda s: volunteers.read_story(s.worker.call(), s.person.id)),
    "files._download_file": download_file,
    "files._key": at_once(lambda s: files._key(s.worker.call(), s.person.id)),
    "positions.positions_of": at_once(
        lambda s: positions.positions_of(s.worker.call(), s.person.id)
    ),
    "positions.holders": at_once(
        lambda s: positions.holders(s.worker.call(), station_id=None, **PAGE)
    ),
    "groups.groups": at_once(lambda s: groups.groups(s.worker.call(), station_id=None, **PAGE)),
    "volunteers.find_volunteers": at_once(
        lambda s: volunteers.find_volunteers(s.worker.call(), Search(), **PAGE)
    ),
    "volunteers.read_volunteer": at_once(
        lambda s: volunteers.read_volunteer(s.worker.call(), s.person.id)
    ),
    "volunteers.read_ledger": at_once(
        lambda s: volunteers.read_ledger(s.worker.call(), s.person.id, after=0, limit=5)
    ),
    "volunteers.read_stars": at_once(lambda s: volunteers.read_stars(s.worker.call(), s.person.id)),
}
