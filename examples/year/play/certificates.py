"""Certificates and badges of a played year: asked for, verified by a stranger, ended."""

import base64
import gzip
import io
import json
import zipfile
from typing import Any

from play.stage import Stage


async def certify(stage: Stage, step: dict[str, Any]) -> Any:
    body = stage.at_station(step) | {"from_on": step["from_on"], "to_on": step["to_on"]}
    return await _issued(stage, step, f"{stage.of(step['person'])}/certificates", body)


async def certify_star(stage: Stage, step: dict[str, Any]) -> Any:
    path = f"{stage.of(step['person'])}/star-certificates"
    return await _issued(stage, step, path, {"star": step["star"]})


async def reissue(stage: Stage, step: dict[str, Any]) -> Any:
    path = f"/certificates/{stage.known['certificate'][step['of']]}/reissue"
    return await _issued(stage, step, path, None)


async def _issued(stage: Stage, step: dict[str, Any], path: str, body: Any) -> Any:
    """Its number and minutes, or what stood in the way."""
    who = step["person"] if step.get("himself") else stage.worker(step["station"])
    answer = await stage.send(who, "POST", path, body)
    if not answer.is_success:
        return answer.json()["code"]
    made = answer.json()
    stage.known["certificate"][step["certificate"]] = made["id"]
    return [made["number"], made["minutes"]]


async def revoke_certificate(stage: Stage, step: dict[str, Any]) -> None:
    path = f"/certificates/{stage.known['certificate'][step['certificate']]}/revoke"
    await stage.ask(stage.head(step["station"]), "POST", path, {"reason": "发给了别人"})


async def certify_all(stage: Stage, step: dict[str, Any]) -> list[str]:
    """Everybody who served: the numbers of the papers in the file that comes of it."""
    who = stage.worker(step["station"])
    period = {"from_on": step["from_on"], "to_on": step["to_on"]}
    body = stage.at_station(step) | period | {"format": "zip"}
    batch = (await stage.ask(who, "POST", "/certificate-batches", body))["id"]
    await stage.work()
    file = await stage.send(who, "GET", f"/certificate-batches/{batch}/file")
    with zipfile.ZipFile(io.BytesIO(file.content)) as papers:
        return sorted(name.removesuffix(".pdf") for name in papers.namelist())


async def wear(stage: Stage, step: dict[str, Any]) -> Any:
    """A badge of a star, asked for by its owner and signed by the worker; its place in the list."""
    own = f"{stage.of(step['person'])}/badges"
    answer = await stage.send(step["person"], "POST", own, {"star": step["star"]})
    if not answer.is_success:
        return answer.json()["code"]
    await stage.work()
    signed = await stage.send(step["person"], "GET", f"{own}/{answer.json()['id']}/credential")
    place = _claims(signed.text)["credentialStatus"]["statusListIndex"]
    stage.known["badge"][step["badge"]] = place
    return [answer.json()["star"], answer.json()["won_on"]]


async def register(stage: Stage) -> dict[str, Any]:
    """Every certificate of the county, as staff list it and as a stranger verifies it."""
    told = {}
    for one in await stage.pages("county2", "/certificates"):
        code = one["verify_path"].rpartition("/")[2]
        seen = (await stage.look(f"/v1/verifications/{code}")).json()
        told[one["number"]] = {
            "of": stage.names[one["volunteer_id"]], "state": one["state"],
            "because": one["because"], "ended_on": one["ended_on"], "star": one["star"],
            "seen": [seen["number"], seen["state"], seen["minutes"], seen["star"]],
        }  # fmt: skip
    return dict(sorted(told.items()))


async def badges(stage: Stage) -> dict[str, bool]:
    """Of each badge whether its bit is set in the signed list that everybody can read."""
    if not stage.known["badge"]:
        return {}
    signed = (await stage.look("/v1/badges/status-lists/1")).text
    packed = _claims(signed)["credentialSubject"]["encodedList"].removeprefix("u")
    bits = gzip.decompress(_unpadded(packed))
    return {
        name: bool(bits[int(place) // 8] & 0x80 >> int(place) % 8)
        for name, place in stage.known["badge"].items()
    }


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(_unpadded(token.split(".")[1]))
    return claims


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


VERBS = (certify, certify_star, reissue, revoke_certificate, certify_all, wear)
