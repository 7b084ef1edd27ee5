"""Names as people type them without characters: what is searched when a clerk types `wxm`."""

import os
from collections.abc import Iterator, Sequence
from itertools import islice, product

# Its dictionary of phrases is no help with names and would cost every process 45 MB.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")

READINGS_MAX = 4
VARIANTS_MAX = 16
"""Of a name with many ambiguous characters those with one unlikely reading come first."""


def pinyin_of(name: str) -> str:
    """What 王小明 is found by: ` wangxiaoming wxm wangxm xiaoming`, each word behind a blank.

    A character with several readings (单: dan, chan, shan) stands with each of them; letters stay
    as they are, other signs are left out.
    """
    from pypinyin import Style, pinyin  # noqa: PLC0415 - 13 MB, for whoever has a name to spell

    syllables = [
        [plain for reading in readings if (plain := _letters(reading))][:READINGS_MAX]
        for readings in (one for sign in name for one in pinyin(sign, Style.NORMAL, heteronym=True))
    ]
    words: dict[str, None] = {}
    variants = dict.fromkeys(_variants([one for one in syllables if one]))
    for variant in islice(variants, VARIANTS_MAX):
        initials = "".join(one[0] for one in variant)
        for word in (
            "".join(variant), initials, "".join(variant[:1]) + initials[1:], "".join(variant[1:])
        ):  # fmt: skip
            if word:
                words[f" {word}"] = None
    return "".join(words)


def _variants(syllables: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    likely = tuple(one[0] for one in syllables)
    yield likely
    for at, readings in enumerate(syllables):
        for reading in readings[1:]:
            yield (*likely[:at], reading, *likely[at + 1 :])
    yield from islice(product(*syllables), VARIANTS_MAX * 2)


def typed_letters(text: str) -> str:
    """What somebody typed to find a name by: `Wang Xiaoming` → `wangxiaoming`; '' if no letters."""
    return _letters(text.replace(" ", "").replace("'", "").replace("ü", "v"))


def _letters(text: str) -> str:
    lower = text.lower()
    return lower if lower.isascii() and lower.isalpha() else ""
