"""会员档案 as paper: all that is kept of a person, to read and to file (R5)."""

from uuid import UUID

from volunteer_svc.actions.command import Call
from volunteer_svc.actions.export_tables import tables_of
from volunteer_svc.actions.exports import AskExport, export_person
from volunteer_svc.i18n import Language, term
from volunteer_svc.printing import paper, press
from volunteer_svc.printing.paper import Section


async def print_member_file(
    call: Call, volunteer_id: UUID, request: AskExport, language: Language
) -> bytes:
    """A PDF of what the export holds, nothing masked; the access log says who asked.

    Raises `busy` and what the export raises.
    """
    found = await export_person(call, volunteer_id, request)
    shown = tables_of(found, language)
    sections = [Section(one.title, one.columns, one.rows) for one in shown.tables]
    note = term("export", "printed_note", language)
    subtitle = f"{found.member_no or ''}  {found.identity.name}".strip()
    data = paper.file(
        term("export", "member_file", language), subtitle, shown.facts, sections, note
    )
    return await press.drawn("file", data, stamp=int(found.exported_at.timestamp()))
