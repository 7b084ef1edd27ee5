"""Lists: pages that look alike everywhere, continued by an opaque cursor."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.service_record import RecordState

LIMIT_MAX = 100
T = TypeVar("T")
K = TypeVar("K")


RecordStateFilter = Annotated[RecordState | None, QueryParameter(name="state")]
"""`state` itself is a name that Litestar keeps for its own."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """`next` is the cursor of the page that follows; null on the last one."""

    items: list[T]
    next: str | None


class Asked(msgspec.Struct, frozen=True):
    """What a caller asks of a list."""

    cursor: str | None
    limit: int

    @property
    def fetch(self) -> int:
        """One row more than is shown tells whether there is a next page."""
        return self.limit + 1

    def after_id(self) -> UUID | None:
        """The id to continue behind. Raises EdgeRefusal (400) for a cursor we did not give."""
        found: UUID | None = self._after(UUID)
        return found

    def after_number(self) -> int:
        return self._after(Annotated[int, Meta(ge=0, le=2**31 - 1)]) or 0

    def before_number(self) -> int | None:
        """The number of a list whose newest come first. Raises EdgeRefusal (400) likewise."""
        found: int | None = self._after(Annotated[int, Meta(ge=0, le=2**63 - 1)])
        return found

    def after_code(self) -> str:
        return self._after(Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,32}$")]) or ""

    def _after(self, kind: Any) -> Any:
        if self.cursor is None:
            return None
        try:
            text = base64.b64decode(
                self.cursor + "=" * (-len(self.cursor) % 4), b"-_", validate=True
            )
            return msgspec.convert(text.decode(), kind, strict=False)
        except (ValueError, binascii.Error, msgspec.ValidationError):
            raise EdgeRefusal(400, Fault("cursor_malformed", "cursor")) from None

    def page(self, rows: Sequence[T], key: Callable[[T], object]) -> Page[T]:
        """The page of the rows fetched (`fetch` of them were asked for)."""
        items = list(rows[: self.limit])
        if len(rows) <= self.limit:
            return Page(items, None)
        last = base64.urlsafe_b64encode(str(key(items[-1])).encode()).decode()
        return Page(items, last.rstrip("="))


async def asked(
    cursor: Annotated[
        str | None,
        QueryParameter(max_length=128, description="`next` of the page before"),
    ] = None,
    limit: Annotated[
        int, QueryParameter(ge=1, le=LIMIT_MAX, description="how many items at most")
    ] = 20,
) -> Asked:
    return Asked(cursor, limit)
