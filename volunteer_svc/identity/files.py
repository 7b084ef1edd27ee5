"""Sealed files in an object store: a folder by default, S3-compatible by setting.

A store holds sealed bytes under random ids: whoever reads it learns sizes and times.
"""

import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.file import KeptKind
from volunteer_svc.identity.person_keys import PersonKey

if TYPE_CHECKING:
    from obstore.store import LocalStore, S3Store

_CLIENT: Any = {"timeout": "10s", "connect_timeout": "3s", "allow_http": True}
_RETRIES: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=15)}
_config: Config | None = None
_store: "LocalStore | S3Store | None" = None


def load(config: Config) -> None:
    """Use the store of the settings from now on; makes and connects to nothing yet."""
    global _config, _store
    _config, _store = config, None


def _opened() -> "LocalStore | S3Store":
    """Made when it is first used: many processes never touch a file."""
    global _store  # noqa: PLW0603 - one store a process
    if _config is None:
        raise RuntimeError("no file store is loaded: call identity.files.load() at the start")
    if _store is None:
        _store = _s3(_config) if _config.files_url else _local(_config)
    return _store


def _local(config: Config) -> "LocalStore":
    from obstore.store import LocalStore  # noqa: PLC0415 - 4 MB that only who keeps files needs

    folder = config.data_dir / "files"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(folder, 0o700)  # noqa: PTH101 - LocalStore makes files for all to read
    return LocalStore(prefix=folder)


def _s3(config: Config) -> "S3Store":
    from obstore.store import S3Store  # noqa: PLC0415 - likewise

    bucket, _, prefix = config.files_url.removeprefix("s3://").partition("/")
    return S3Store(
        bucket,
        prefix=prefix or None,
        endpoint=config.files_endpoint or None,
        region=config.files_region,
        access_key_id=config.files_access_key,
        secret_access_key=config.files_secret_key,
        virtual_hosted_style_request=False,
        client_options=_CLIENT,
        retry_config=_RETRIES,
    )


def _errors() -> ModuleType:
    """The store's; asked for when there is one."""
    from obstore import exceptions  # noqa: PLC0415 - likewise

    return exceptions


async def put(key: PersonKey, file_id: UUID, kind: KeptKind, plain: bytes) -> None:
    """Seal with its person's key and store. Raises `files_unavailable` (503)."""
    await put_sealed(str(file_id), key.seal(plain, _field(file_id, kind)))


async def get(key: PersonKey, file_id: UUID, kind: KeptKind) -> bytes:
    """A file, opened. Raises `files_unavailable` (503), `not_found`, VaultError."""
    return key.open(await get_sealed(str(file_id)), _field(file_id, kind))


def _field(file_id: UUID, kind: KeptKind) -> str:
    """Another kind of file does not open in its place."""
    return f"file/{kind}/{file_id}"


async def put_sealed(name: str, sealed: bytes) -> None:
    """A file as it comes from a backup."""
    try:
        await _opened().put_async(name, sealed)
    except _errors().BaseError as error:
        raise _unavailable() from error


async def get_sealed(name: str) -> bytes:
    """A file as it goes into a backup."""
    try:
        return bytes(await (await _opened().get_async(name)).bytes_async())
    except (FileNotFoundError, _errors().NotFoundError):
        raise not_found("file") from None
    except _errors().BaseError as error:
        raise _unavailable() from error


async def delete(name: str) -> None:
    """Delete a file; one that is not there is no fault."""
    try:
        await _opened().delete_async(name)
    except (FileNotFoundError, _errors().NotFoundError):
        pass
    except _errors().BaseError as error:
        raise _unavailable() from error


async def stored() -> AsyncIterator[tuple[str, datetime]]:
    """Name and time of every file in the store."""
    try:
        async for batch in _opened().list():
            for one in batch:
                yield one["path"], one["last_modified"]
    except _errors().BaseError as error:
        raise _unavailable() from error


def _unavailable() -> Refusal:
    return refuse("files_unavailable", kind="busy")
