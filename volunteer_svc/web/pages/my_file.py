"""My file: what is kept about me, who read it, my say in it, and leaving."""

from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from volunteer_svc.actions import (
    accesses,
    exports,
    files,
    name_consents,
    rights,
    stations,
    volunteers,
)
from volunteer_svc.actions.accesses import Reveal
from volunteer_svc.actions.export_tables import tables_of
from volunteer_svc.actions.exports import AskExport, PersonExport
from volunteer_svc.actions.name_consents import ConsentToName
from volunteer_svc.actions.rights import AskCorrection, WithdrawConsent
from volunteer_svc.actions.volunteer_view import VolunteerView
from volunteer_svc.actions.volunteers import EditVolunteer, WithReason
from volunteer_svc.api.attached import attached
from volunteer_svc.config import Config
from volunteer_svc.domain.calendar import is_minor, local_date
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.pages.me import own_id
from volunteer_svc.web.pages.rules import RULES_VERSION
from volunteer_svc.web.visit import Visit, page

link(
    Entry(frame="volunteer", path="/me/file", word="my_file.nav", icon="person",
          operation="readVolunteer", order=40),
)  # fmt: skip
HOME = "/me/file"
OWN_REASON = "本人查看 own request"
PAGE_LENGTH = 20


@get("/", **page("readVolunteer"))
async def my_file(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _file(visit)


@post("/reveal", **page("revealVolunteer"))
async def reveal(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The same page with nothing masked, this once."""
    asked = Reveal(fields=["document_number", "phone", "address", "guardian"],
                   purpose="own_request", reason=OWN_REASON)  # fmt: skip
    revealed = await accesses.reveal(visit.call, own_id(visit), asked)
    return await _file(visit, revealed)


@get("/reveal", **page("readVolunteer"))
async def masked_again(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.done(HOME)


async def _file(visit: Visit, revealed: accesses.Revealed | None = None) -> Response[bytes]:
    view = await volunteers.read_volunteer(visit.call, own_id(visit))
    station = await stations.read_station(view.station_id)
    return visit.page("my_file/home.html", me=view, station=station, revealed=revealed)


@get("/contact", **page("editVolunteer"))
async def show_contact(visit: NamedDependency[Visit]) -> Response[bytes]:
    own = await volunteers.read_volunteer(visit.call, own_id(visit))
    return visit.page("my_file/contact.html", form=Form.showing(language=own.language))


@post("/contact", **page("editVolunteer"))
async def edit_contact(visit: NamedDependency[Visit]) -> Response[bytes]:
    """What is left empty stays as it is."""
    try:
        edit = visit.form.into(EditVolunteer)
        await volunteers.edit_volunteer(visit.call, own_id(visit), edit, None)
    except Refusal as refusal:
        return visit.again("my_file/contact.html", refusal)
    return visit.done(HOME, "my_file.changed")


@get("/photo", **page("uploadFile"))
async def show_photo(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("my_file/photo.html", has_photo=await _photo(visit) is not None)


@post("/photo", **page("uploadFile"))
async def change_photo(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        sent = visit.form.files.get("photo")
        content = await sent.read() if sent else b""
        await files.upload(visit.call, own_id(visit), "photo", content, copies=False)
    except Refusal as refusal:
        # The action knows only a body; here it is a field.
        at_field = (msgspec.structs.replace(one, field="photo") for one in refusal.faults)
        refusal = Refusal(*at_field, kind=refusal.kind)
        has_photo = await _photo(visit) is not None
        return visit.again("my_file/photo.html", refusal, has_photo=has_photo)
    return visit.done(f"{HOME}/photo", "my_file.photo_changed")


@get("/photo/image", **page("downloadFile"))
async def photo_image(visit: NamedDependency[Visit]) -> Response[bytes]:
    content = await files.download(visit.call, own_id(visit), "photo")
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def _photo(visit: Visit) -> bytes | None:
    try:
        return await files.download(visit.call, own_id(visit), "photo")
    except Refusal as refusal:
        if refusal.code != "not_found":
            raise
        return None


@get("/corrections", **page("readCorrectionRequests"))
async def show_corrections(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("my_file/corrections.html", requests=await _requests(visit))


@post("/corrections", **page("askCorrection"))
async def ask_correction(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        request = visit.form.into(AskCorrection)
        await rights.ask_correction.once(visit.once(), visit.call, own_id(visit), request)
    except Refusal as refusal:
        return visit.again("my_file/corrections.html", refusal, requests=await _requests(visit))
    return visit.done(f"{HOME}/corrections", "my_file.asked")


async def _requests(visit: Visit) -> list[rights.CorrectionRequestView]:
    return await rights.correction_requests_of(visit.call, own_id(visit))


@get("/accesses", **page("listAccesses"))
async def show_accesses(visit: NamedDependency[Visit]) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await accesses.accesses(
        visit.call, own_id(visit), after=asked.after_number(), limit=asked.fetch, newest_first=True
    )
    return visit.page("my_file/accesses.html", listed=asked.page(rows, lambda row: row.seq))


@get("/export", **page("exportPerson"))
async def show_export(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("my_file/export.html")


@post("/export", **page("exportPerson"))
async def export(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Everything, as a page to read and print."""
    found = await _export(visit)
    return visit.page("my_file/everything.html", sections=tables_of(found, visit.language))


@post("/export/json", **page("exportPerson"))
async def export_json(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The same for programs."""
    body = msgspec.json.format(msgspec.json.encode(await _export(visit)))
    return attached(body, "volunteer.json", "application/json")


@get("/export/json", **page("exportPerson"))
async def export_again(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.done(f"{HOME}/export")


async def _export(visit: Visit) -> PersonExport:
    asked = AskExport(reason=OWN_REASON)
    return await exports.export_person(visit.call, own_id(visit), asked)


@get("/leave", **page("exitVolunteer"))
async def show_leave(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _leave_page(visit)


@post("/leave", **page("exitVolunteer"))
async def leave(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        _sure(visit)
        request = visit.form.into(WithReason)
        await volunteers.exit_volunteer.once(visit.once(), visit.call, own_id(visit), request, None)
    except Refusal as refusal:
        return visit.again("my_file/leave.html", refusal, me=await _me(visit))
    return visit.done("/me", "my_file.left")


@get("/consent", **page("withdrawConsent"))
async def show_consent(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("my_file/consent.html", **await _consents(visit))


@post("/consent", **page("withdrawConsent"))
async def withdraw_consent(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        _sure(visit)
        request = visit.form.into(WithdrawConsent, kind="rules")
        await rights.withdraw_consent.once(visit.once(), visit.call, own_id(visit), request)
    except Refusal as refusal:
        return visit.again("my_file/consent.html", refusal, **await _consents(visit, "rules"))
    return visit.done("/me", "my_file.withdrawn")


@post("/consent/naming", **page("setNameConsent"))
async def set_naming(visit: NamedDependency[Visit]) -> Response[bytes]:
    """To be named outside the station, or no more."""
    try:
        request = visit.form.into(ConsentToName, text_version=RULES_VERSION)
        await name_consents.set_name_consent.once(visit.once(), visit.call, own_id(visit), request)
    except Refusal as refusal:
        return visit.again("my_file/consent.html", refusal, **await _consents(visit, "naming"))
    said = "my_file.naming_said_given" if request.named else "my_file.naming_said_taken"
    return visit.done(f"{HOME}/consent", said)


@get("/consent/naming", **page("setNameConsent"))
async def show_naming(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.done(f"{HOME}/consent")


async def _consents(visit: Visit, at: str | None = None) -> dict[str, Any]:
    """`at`: the form that was refused."""
    me = await _me(visit)
    young = me.birth_date is not None and is_minor(me.birth_date, local_date(visit.call.now))
    naming = await name_consents.read_name_consent(visit.call, me.id)
    return {"at": at, "me": me, "young": young, "naming": naming}


async def _leave_page(visit: Visit) -> Response[bytes]:
    return visit.page("my_file/leave.html", me=await _me(visit))


async def _me(visit: Visit) -> VolunteerView:
    return await volunteers.read_volunteer(visit.call, own_id(visit))


def _sure(visit: Visit) -> None:
    """What cannot be taken back wants a tick besides the button."""
    if not visit.form.has("sure", "true"):
        raise Refusal(Fault("not_confirmed", "sure"))


def router(config: Config) -> Router:
    """A photo may be larger than most forms."""
    return Router(
        HOME,
        request_max_body_size=config.photo_max_bytes,
        route_handlers=[
            my_file, reveal, masked_again, show_contact, edit_contact, show_photo, change_photo,
            photo_image, show_corrections, ask_correction, show_accesses, show_export, export,
            export_json, export_again, show_leave, leave, show_consent, withdraw_consent,
            set_naming, show_naming,
        ],
    )  # fmt: skip
