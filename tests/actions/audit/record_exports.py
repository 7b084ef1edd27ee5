"""Scenes of records taken out."""

from tests import builders
from tests.actions.audit.scene import PAGE, at_once
from tests.builders import NOW, TODAY
from volunteer_svc.actions import record_exports
from volunteer_svc.actions.record_exports import AskRecordExport


async def asked(s):
    request = AskRecordExport(from_on=TODAY, until_on=TODAY, reason="报县民政局")
    return await record_exports.ask_record_export(s.county.call(), request)


async def take_people(s):
    export = await asked(s)
    return lambda: record_exports._take_people(s.county.call(), export, None, 0)


async def lease(s):
    await asked(s)
    return lambda: record_exports._lease(builders.call())


async def finish(s):
    export = await asked(s)
    return lambda: record_exports._finish(s.county.call(), export.id, b"x")


async def read_export(s):
    export = await asked(s)
    return lambda: record_exports.read_record_export(s.county.call(), export.id)


async def read_workbook(s):
    export = await asked(s)
    assert await record_exports.work_on_next(lambda: NOW)
    return lambda: record_exports._read_workbook(s.county.call(), export.id)


CHANGES = {
    "record_exports.ask_record_export": at_once(asked),
    "record_exports._take_people": take_people,
    "record_exports._lease": lease,
    "record_exports._finish": finish,
}
READINGS = {
    "record_exports.record_exports": at_once(
        lambda s: record_exports.record_exports(s.county.call(), **PAGE)
    ),
    "record_exports.read_record_export": read_export,
    "record_exports._read_workbook": read_workbook,
}
