"""Who is there when a command is tried.

The files beside this one hold the scenes, by area: `CHANGES` of the commands that change something,
`READINGS` of the others. A scene prepares what its command needs and returns the act itself.
"""

from pathlib import Path

from tests import builders
from tests.actions.world import line, record
from tests.builders import NOW
from volunteer_svc.actions import county_import, disclosures, imports, registrations, sessions
from volunteer_svc.actions.disclosures import AskDisclosure
from volunteer_svc.actions.intake import Register

COUNTY = Path(__file__).parents[3] / "examples/county/county.xlsx"


class Scene:
    """A station with somebody of each kind in it."""

    async def set(self):
        self.station = await builders.station()
        self.worker = await builders.staff("social_worker", self.station.id)
        self.second = await builders.staff("deputy_head", self.station.id)
        self.county = await builders.staff("county")
        self.other_county = await builders.staff("county")
        self.admin = await builders.staff("admin")
        self.auditor = await builders.staff("auditor")
        self.person = await builders.active(self.station.id)
        self.himself = await builders.signed_in(self.person.id)
        return self

    async def applied(self):
        request = Register(station_id=self.station.id, form=builders.form())
        await builders.handed_in(builders.call(), request)
        rows = await registrations.registrations(
            self.worker.call(), station_id=None, open_only=True, after=None, limit=1
        )
        return rows[0]

    async def recorded(self, **fields):
        outcomes = await record(self.worker, self.station.id, line(self.person, **fields))
        return outcomes[0].record_id

    async def slip(self):
        return await sessions.give_slip(self.worker.call(), self.person.id)

    async def asked(self):
        request = AskDisclosure(
            recipient="公安局", letter_reference="公2026-7", fields=["phone"], reason="核实"
        )
        return await disclosures.ask_disclosure(self.worker.call(), self.person.id, request)

    async def uploaded(self):
        return await imports.upload(
            self.county.call(), filename="a.xlsx", content=COUNTY.read_bytes(), reason="补录"
        )

    async def committing(self):
        run = await self.uploaded()
        assert await county_import.work_on_next(lambda: NOW)
        return await imports.start_commit(self.other_county.call(), run.id)


def at_once(act):
    async def prepare(s):
        return lambda: act(s)

    return prepare


PAGE = {"after": None, "limit": 5}
