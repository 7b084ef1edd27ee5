"""What training topics are called in the reader's language."""

from collections.abc import Iterable

from volunteer_svc.i18n import Language
from volunteer_svc.store.trainings import Topic


def topic_names(topics: Iterable[Topic], language: Language) -> dict[str, str]:
    """By code."""
    return {one.code: one.name_en if language == "en" else one.name_zh for one in topics}
