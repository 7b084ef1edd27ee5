"""Text as it may come in: bounded, without the NUL that PostgreSQL cannot store."""

from typing import Annotated

from msgspec import Meta

_NO_NUL = r"^[^\u0000]*$"

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=_NO_NUL)]
Code = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9._-]+$")]
Title = Annotated[str, Meta(min_length=1, max_length=128, pattern=_NO_NUL)]
Short = Annotated[str, Meta(max_length=128, pattern=_NO_NUL)]
Line = Annotated[str, Meta(max_length=256, pattern=_NO_NUL)]
Reason = Annotated[str, Meta(max_length=512, pattern=_NO_NUL)]
RequiredReason = Annotated[str, Meta(min_length=1, max_length=512, pattern=_NO_NUL)]
Long = Annotated[str, Meta(max_length=2000, pattern=_NO_NUL)]
Secret = Annotated[str, Meta(min_length=1, max_length=256, pattern=_NO_NUL)]
