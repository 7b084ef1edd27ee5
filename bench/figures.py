"""A figure as it is printed: ours beside its ceiling, and whether it meets its target."""

import msgspec


class Figure(msgspec.Struct, kw_only=True):
    """`at_least` is a target for the ratio; `at_most` and `ours_at_least` are for ours (`unit`
    says what of)."""

    name: str
    ours: float
    ceiling: float
    at_least: float | None = None
    at_most: float | None = None
    ours_at_least: float | None = None
    unit: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.ceiling

    @property
    def met(self) -> bool:
        if self.at_least is not None and self.ratio < self.at_least:
            return False
        if self.ours_at_least is not None and self.ours < self.ours_at_least:
            return False
        return self.at_most is None or self.ours <= self.at_most

    def line(self) -> str:
        parts = [f"bench: {self.name}", f"ours={_plain(self.ours)}",
                 f"ceiling={_plain(self.ceiling)}", f"ratio={self.ratio:.2f}"]  # fmt: skip
        if self.at_least is not None:
            parts.append(f"target>={self.at_least:g}")
        if self.at_most is not None:
            parts.append(f"target<={self.at_most:g}{self.unit}")
        if self.ours_at_least is not None:
            parts.append(f"target>={self.ours_at_least:g}{self.unit}")
        if {self.at_least, self.at_most, self.ours_at_least} != {None}:
            parts.append("pass" if self.met else "MISS")
        return " ".join(parts)


def _plain(number: float) -> str:
    """Whole when it is large, else with enough digits to tell."""
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"  # noqa: PLR2004 - as one reads it
