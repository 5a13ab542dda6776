"""What a reason is, who may review what, and which of several people with one phone is meant."""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from firsthand.directory.emergency.model import Access, Reason, Refused
from firsthand.directory.person.model import PersonName

# A reason that a reviewer can weigh: a short sentence. Chinese says in 10 characters what English says in 20.
REASON_CHARACTERS_MIN: Final = 10
TEXT_CHARACTERS_MAX: Final = 500


def parse_words(raw: str) -> str | Refused:
    """Return a reason or a judgement in words, on one line: 10 to 500 characters, at least 5 of them different.

    Characters that are not seen, and those that turn the direction of writing, make it WORDS_INVALID.
    """
    text = unicodedata.normalize("NFC", " ".join(raw.split()))
    if any(unicodedata.category(character).startswith("C") for character in text):
        return Refused(Reason.WORDS_INVALID)
    if len(text) > TEXT_CHARACTERS_MAX:
        return Refused(Reason.WORDS_INVALID)
    different = {character.casefold() for character in text if character.isalnum()}
    if len(text) < REASON_CHARACTERS_MIN or len(different) < REASON_CHARACTERS_MIN // 2:
        return Refused(Reason.REASON_TOO_SHORT)
    return text


def choose(names: Mapping[UUID, PersonName], wanted: PersonName | None) -> UUID | Refused:
    """Return which of the people with one phone is meant: the only one, or the only one with the wanted name."""
    if not names:
        return Refused(Reason.PERSON_UNKNOWN)
    if wanted is None:
        return next(iter(names)) if len(names) == 1 else Refused(Reason.SEVERAL_PEOPLE)
    meant = [person_id for person_id, name in names.items() if _plain(name) == _plain(wanted)]
    if not meant:
        return Refused(Reason.PERSON_UNKNOWN)
    return meant[0] if len(meant) == 1 else Refused(Reason.SEVERAL_PEOPLE)


def same_access(open_now: Iterable[Access], person_id: UUID, words: str) -> Access | None:
    """Return the access, of one's own that are open, that was asked for in the same words: a form may be sent twice."""
    return next((one for one in open_now if (one.person_id, one.reason) == (person_id, words)), None)


def decide_show(access: Access | None, staff_id: UUID, hospital_id: UUID, *, now: datetime) -> Access | Refused:
    """Decide whether a member of staff may see the record that an access opened: his own alone, while it is open.

    hospital_id: of the duty in which he asks. Somebody else's access is as unknown as one that there is not.
    """
    if access is None or access.staff_id != staff_id or access.hospital_id != hospital_id:
        return Refused(Reason.ACCESS_UNKNOWN)
    return access if access.is_open(now) else Refused(Reason.ACCESS_OVER)


def decide_review(access: Access, reviewer_id: UUID) -> Access | Refused:
    """Decide whether somebody who may review may review this: never what he opened, nothing twice, nothing lapsed."""
    if access.staff_id == reviewer_id:
        return Refused(Reason.OWN_ACCESS)
    if access.lapsed_at is not None:
        return Refused(Reason.LAPSED)
    return Refused(Reason.ALREADY_REVIEWED) if access.reviewed_at is not None else access


def _plain(name: PersonName) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
