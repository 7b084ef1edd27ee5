"""The annual lists of a station or of the county."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter

from volunteer_svc.actions import name_consents, recognitions
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.name_consents import ConsentToName, Named
from volunteer_svc.actions.recognitions import Publish, RecognitionList
from volunteer_svc.api.documented import WRITES, documented

Year = Annotated[int, PathParameter(ge=1980, le=2199)]


@get(
    "/recognitions/{year:int}",
    **documented("readRecognition", "The list, provisional or published", 404),
)
async def read_recognition(
    year: Year, call: NamedDependency[Call], station_id: FromQuery[UUID | None] = None
) -> RecognitionList:
    return await recognitions.read_recognition(call, year, station_id)


@post(
    "/recognitions/{year:int}/publications",
    **documented("publishRecognition", "Freeze the list and tell everybody", 404, *WRITES),
)
async def publish_recognition(
    year: Year,
    data: JSONBody[Publish],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> RecognitionList:
    return await recognitions.publish_recognition.once(once, call, year, data)


@post(
    "/volunteers/{volunteer_id:uuid}/name-consent",
    status_code=200,
    **documented("setNameConsent", "May be named outside the station, or not", 404, *WRITES),
)
async def set_name_consent(
    volunteer_id: FromPath[UUID],
    data: JSONBody[ConsentToName],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Named:
    return await name_consents.set_name_consent.once(once, call, volunteer_id, data)


router = Router(
    "/",
    tags=["recognitions"],
    route_handlers=[read_recognition, publish_recognition, set_name_consent],
)
