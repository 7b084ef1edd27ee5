"""What is kept of a person as a file, and when a photo counts as handed in."""

from typing import Literal

from volunteer_svc.domain.volunteer import State

FileKind = Literal["photo", "id_document", "residence_permit"]
KeptKind = Literal["photo", "id_document", "residence_permit", "service_photo"]
"""`service_photo`: of what was done, with a report of hours; the others are the member file's."""
SIDE_MAX: dict[KeptKind, int] = {
    "photo": 1_280,
    "id_document": 2_400,
    "residence_permit": 2_400,
    "service_photo": 1_600,
}
"""Pixels of the longer side: a face for a member file, small print on a document."""


def ticks_photo(kind: FileKind, state: State, *, by_staff: bool) -> bool:
    """R2: a photo counts as received when staff take it in, while the application is open.

    What an applicant uploads himself is looked at and ticked by staff: who completes a
    registration signs for it. A document's copy is ticked with its original, which no file shows.
    """
    return kind == "photo" and by_staff and state == "applied"
