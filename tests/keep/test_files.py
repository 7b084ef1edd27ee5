"""Photos and copies of documents over the API, kept in a folder and in a real S3 server."""

import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import anyio.to_thread
import httpx
import msgspec
import pytest
from litestar import Litestar

from tests import builders
from tests.builders import SignedIn, form, serving
from tests.fuzz.served import served
from tests.fuzz.wire import answers, code_of, connection
from tests.keep.s3 import ACCESS_KEY, BUCKET, S3, SECRET_KEY, s3_server
from tests.keep.test_pictures import BAD, image, opened
from volunteer_svc import ids
from volunteer_svc.actions import files, registrations
from volunteer_svc.actions.registrations import Enrol, Tick
from volunteer_svc.app import create_app
from volunteer_svc.config import Config
from volunteer_svc.identity import files as object_store
from volunteer_svc.identity import person_keys, vault
from volunteer_svc.images.pictures import Picture
from volunteer_svc.store.database import execute, fetch

JPEG = {"Content-Type": "image/jpeg"}
_numbers = itertools.count()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    with s3_server() as running:
        yield running


@pytest.fixture(params=["folder", "s3"])
def config(
    request: pytest.FixtureRequest, database: Config, redis_url: str, tmp_path: Path
) -> Config:
    here = msgspec.structs.replace(database, redis_url=redis_url, data_dir=tmp_path)
    if request.param == "folder":
        return here
    server: S3 = request.getfixturevalue("s3")
    return msgspec.structs.replace(
        here,
        files_url=f"s3://{BUCKET}/test-{ids.uuid7()}",
        files_endpoint=server.endpoint,
        files_access_key=ACCESS_KEY,
        files_secret_key=SECRET_KEY,
    )


@pytest.fixture
async def http(
    config: Config, app_of_run: Litestar, pinned_clock: None
) -> AsyncIterator[httpx.AsyncClient]:
    """The application of the run with a store of this test's own."""
    async with serving(app_of_run) as client:
        object_store.load(config)
        yield client


def photo_of(volunteer_id: object, kind: str = "photo") -> str:
    return f"/v1/volunteers/{volunteer_id}/files/{kind}"


async def send(http: httpx.AsyncClient, who: SignedIn, url: str, content: bytes, **more: str):
    return await http.post(url, content=content, headers=who.auth | JPEG | more)


async def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def names() -> set[str]:
    return {name async for name, _ in object_store.stored()}


async def test_a_photo_is_kept_sealed_replaced_read_and_removed(http: httpx.AsyncClient) -> None:
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    person = await builders.active(home.id)
    url = photo_of(person.id)
    assert await code(await http.get(url, headers=worker.auth)) == (404, "not_found")

    first = await send(http, worker, url, image(size=(400, 300)))
    assert first.status_code == 201, first.text
    assert (first.json()["width"], first.json()["stored_by"]) == (400, str(worker.actor.id))
    himself = await builders.signed_in(person.id)
    second = await send(http, himself, url, image("PNG", size=(300, 300)))
    assert second.json()["stored_by"] is None

    for reader in (worker, himself):
        found = await http.get(url, headers=reader.auth)
        assert found.status_code == 200
        picture = Picture(300, 300, found.content)
        opened(picture)
        assert found.headers["content-type"] == "image/jpeg"
        assert found.headers["content-disposition"] == 'attachment; filename="photo.jpg"'
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["cache-control"] == "no-store"
        assert "sandbox" in found.headers["content-security-policy"]

    # Who looked is kept; his own look is his own business.
    looks = await fetch("SELECT actor_id, action, detail FROM audit_outbox WHERE trail = 'access'")
    [look] = [one for one in looks if one["action"] == "download_file"]
    assert look["actor_id"] == worker.actor.id
    assert '"photo"' in look["detail"]

    # Sealed: nothing of an image is in the store, and no object opens as another.
    assert await names() == {first.json()["id"], second.json()["id"]}
    for name in await names():
        assert b"JFIF" not in await object_store.get_sealed(name)
    exchanged = await object_store.get_sealed(first.json()["id"])
    await object_store.put_sealed(second.json()["id"], exchanged)
    key = (await person_keys.of([person.id]))[person.id]
    with pytest.raises(vault.VaultError):
        await object_store.get(key, second.json()["id"], "photo")

    assert (await http.delete(url, headers=himself.auth)).status_code == 204
    assert await code(await http.get(url, headers=worker.auth)) == (404, "not_found")
    assert await code(await http.delete(url, headers=worker.auth)) == (404, "not_found")


async def test_somebody_enrolled_before_persons_had_keys_uploads_all_the_same(
    http: httpx.AsyncClient,
) -> None:
    home = await builders.station()
    worker, person = (
        await builders.staff("social_worker", home.id),
        await builders.active(home.id),
    )
    await execute("DELETE FROM person_key WHERE volunteer_id = $1", person.id)
    answer = await send(http, worker, photo_of(person.id), image())
    assert answer.status_code == 201, answer.text
    assert (await http.get(photo_of(person.id), headers=worker.auth)).status_code == 200


async def test_only_the_home_station_and_the_volunteer_himself_may(
    http: httpx.AsyncClient,
) -> None:
    home, other = await builders.station(), await builders.station()
    worker = await builders.staff("social_worker", home.id)
    person, stranger = await builders.active(home.id), await builders.active(other.id)
    url = photo_of(person.id)
    assert (await send(http, worker, url, image())).status_code == 201
    strangers = [
        await builders.staff("station_head", other.id),
        await builders.staff("auditor"),
        await builders.staff("bureau"),
        await builders.staff("admin"),
        await builders.signed_in(stranger.id),
        await builders.client_key("volunteers:read", "records:read"),
    ]
    for who in strangers:
        for answer in (
            await http.get(url, headers=who.auth),
            await http.delete(url, headers=who.auth),
            await send(http, who, url, image()),
        ):
            assert await code(answer) == (403, "forbidden")
    for answer in (await http.get(url), await http.post(url, content=image(), headers=JPEG)):
        assert await code(answer) == (401, "sign_in_required")
    county = await builders.staff("county")
    assert (await http.get(url, headers=county.auth)).status_code == 200
    unknown = photo_of(ids.uuid7())
    assert await code(await http.get(unknown, headers=worker.auth)) == (403, "forbidden")
    assert await code(await http.get(unknown, headers=county.auth)) == (404, "not_found")
    assert len(await names()) == 1


async def test_bad_input_is_refused_by_name_and_leaves_nothing(http: httpx.AsyncClient) -> None:
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    person = await builders.active(home.id)
    url = photo_of(person.id)
    for name, (content, expected) in BAD.items():
        assert await code(await send(http, worker, url, content)) == (422, expected), name
    huge = await send(http, worker, url, image() + b"\0" * 10_485_760)
    assert await code(huge) == (413, "body_too_large")
    for kind in ("image/svg+xml", "application/pdf", "text/html", "multipart/form-data", ""):
        answer = await http.post(url, content=image(), headers=worker.auth | {"Content-Type": kind})
        assert await code(answer) == (415, "media_type_unsupported"), kind
    for kind in ("passport", "..", "%2e%2e%2fkeys"):
        answer = await send(http, worker, photo_of(person.id, kind), image())
        assert answer.status_code in (400, 404, 405), kind
    assert await names() == set()
    assert await fetch("SELECT FROM file") == []


async def test_a_repeat_under_one_key_has_one_effect(http: httpx.AsyncClient) -> None:
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    person = await builders.active(home.id)
    key = {"Idempotency-Key": f"photo-{next(_numbers)}"}
    first = await send(http, worker, photo_of(person.id), image(), **key)
    again = await send(http, worker, photo_of(person.id), image(), **key)
    assert first.json() == again.json()
    assert len(await fetch("SELECT FROM file")) == 1
    other = await send(http, worker, photo_of(person.id), image("PNG"), **key)
    assert await code(other) == (422, "idempotency_key_reused")


async def applied(home, worker) -> tuple[object, object]:
    """An applicant who brought his document but no photo."""
    seen = [Tick(item="id_document", original_seen=True, copy_received=True)]
    enrolled = await registrations.enrol_volunteer(
        worker.call(), Enrol(station_id=home.id, form=form(), materials=seen)
    )
    assert enrolled.state == "applied"
    return enrolled.volunteer_id, enrolled.registration_id


async def test_a_photo_that_staff_take_in_completes_the_materials(
    http: httpx.AsyncClient,
) -> None:
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    volunteer_id, registration_id = await applied(home, worker)

    # His own upload is looked at by staff first.
    himself = await builders.signed_in(volunteer_id)
    assert (await send(http, himself, photo_of(volunteer_id), image())).status_code == 201
    read = await registrations.read_registration(worker.call(), registration_id)
    assert (read.state, read.missing) == ("applied", ["photo"])

    assert (await send(http, worker, photo_of(volunteer_id), image())).status_code == 201
    read = await registrations.read_registration(worker.call(), registration_id)
    assert (read.state, read.missing) == ("registered", [])
    assert read.member_no
    assert len(await fetch("SELECT FROM outbox WHERE name = 'volunteer.registered'")) == 1


async def test_a_copy_of_a_document_is_kept_only_by_setting_and_for_staff(
    http: httpx.AsyncClient, config: Config
) -> None:
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    person = await builders.active(home.id)
    himself = await builders.signed_in(person.id)
    url = photo_of(person.id, "id_document")
    assert await code(await send(http, worker, url, image())) == (403, "document_copies_off")
    keeping = msgspec.structs.replace(config, document_copies=True, **builders.UNLIMITED)
    async with serving(create_app(keeping)) as on:
        assert await code(await send(on, himself, url, image())) == (403, "forbidden")
        assert (await send(on, worker, url, image(size=(3000, 2000)))).json()["width"] == 2400
        assert (await on.get(url, headers=worker.auth)).status_code == 200
        assert await code(await on.get(url, headers=himself.auth)) == (403, "forbidden")
        assert await code(await send(on, worker, url, b"%PDF-1.7 ")) == (
            422,
            "image_type_unsupported",
        )


async def test_the_sweep_leaves_no_orphan_and_nothing_that_is_wanted(
    http: httpx.AsyncClient,
) -> None:
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    kept, left = await builders.active(home.id), await builders.active(home.id)
    current = [(await send(http, worker, photo_of(kept.id), image())).json()["id"] for _ in "ab"]
    removed = (await send(http, worker, photo_of(left.id), image())).json()["id"]
    await http.delete(photo_of(left.id), headers=worker.auth)
    await object_store.put_sealed("not-ours", b"somebody else's")
    orphan = str(ids.uuid7())  # an upload whose command failed
    await object_store.put_sealed(orphan, b"x")
    everything = {*current, removed, orphan, "not-ours"}
    assert await names() == everything

    real = max([stored_at async for _, stored_at in object_store.stored()])
    assert await files.sweep(worker.call(real + timedelta(hours=23))) == 0
    assert await names() == everything
    # A day later the orphan goes; what was removed stays for the backups of a week.
    await execute(
        "UPDATE file SET stored_at = $1,"
        " removed_at = CASE WHEN removed_at IS NOT NULL THEN $1::timestamptz END",
        real,
    )
    assert await files.sweep(worker.call(real + timedelta(hours=25))) == 1
    assert await names() == everything - {orphan}
    assert await files.sweep(worker.call(real + timedelta(days=8))) == 2
    assert await names() == {current[1], "not-ours"}
    assert (await http.get(photo_of(kept.id), headers=worker.auth)).status_code == 200


async def test_a_store_that_is_away_is_a_503_and_nothing_is_written(
    config: Config, database: Config, pinned_clock: None, tmp_path: Path
) -> None:
    (tmp_path / "closed").write_text("a file where the folder should be")
    away = msgspec.structs.replace(
        config,
        data_dir=tmp_path / "closed" if not config.files_url else tmp_path,
        files_secret_key="wrong",
    )
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    person = await builders.active(home.id)
    async with serving(create_app(away)) as http:
        answer = await send(http, worker, photo_of(person.id), image())
        assert answer.status_code == 503, answer.text
    assert await fetch("SELECT FROM file") == []


async def test_a_body_of_another_length_than_it_says_leaves_nothing(
    database: Config, redis_url: str, tmp_path: Path
) -> None:
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    person = await builders.active(home.id)
    whole = image()

    def head(length: object) -> bytes:
        lines = [
            f"POST {photo_of(person.id)} HTTP/1.1", "Host: x", "Content-Type: image/jpeg",
            f"Authorization: Bearer {worker.token}", f"Content-Length: {length}",
        ]  # fmt: skip
        return "\r\n".join([*lines, "", ""]).encode()

    def work() -> None:
        config = msgspec.structs.replace(database, data_dir=tmp_path)
        with served(config, redis_url) as (url, _):
            assert code_of(answers(url, head(0))) == "image_type_unsupported"
            assert code_of(answers(url, head(len(whole) // 2), whole)) == "image_unreadable"
            assert answers(url, head("-1"), whole)[0] == 400
            assert answers(url, head("1e3"), whole)[0] == 400
            assert code_of(answers(url, head(10**12), whole[:10])) == "body_too_large"
            with connection(url) as open_:  # the client leaves before all is sent
                open_.sendall(head(len(whole)) + whole[:-10])

    await anyio.to_thread.run_sync(work)
    assert await fetch("SELECT FROM file") == []
    assert list(tmp_path.glob("files/*")) == []
