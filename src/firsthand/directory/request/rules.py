"""What is a request in words, when it is due, who may answer it, and when a deletion may be carried out."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from firsthand.directory.request.model import (
    ABOUT,
    ANSWER_WITHIN,
    COOLING_DAYS_MIN,
    WORDS_CHARACTERS_MAX,
    WORDS_CHARACTERS_MIN,
    About,
    Kind,
    Reason,
    Refused,
    Request,
    Wish,
)
from firsthand.policy.model import Cap

# Joiners are part of how some scripts are spelled; other characters that are not seen could turn a line around.
_JOINERS = frozenset({"\u200c", "\u200d"})


def parse_words(raw: str) -> str | Refused:
    """Return what somebody wrote in NFC and on one line, 10 to 500 characters of it, or why it is not taken."""
    if len(raw) > 2 * WORDS_CHARACTERS_MAX:
        return Refused(Reason.WORDS_TOO_LONG)
    text = unicodedata.normalize("NFC", " ".join(raw.split()))
    if any(unicodedata.category(one).startswith("C") and one not in _JOINERS for one in text):
        return Refused(Reason.WORDS_INVALID)
    if len(text) > WORDS_CHARACTERS_MAX:
        return Refused(Reason.WORDS_TOO_LONG)
    return text if len(text) >= WORDS_CHARACTERS_MIN else Refused(Reason.WORDS_TOO_SHORT)


def parse_wish(kind: Kind, about: str, hospital_id: UUID | None, words: str) -> Wish | Refused:
    """Return a wish for a correction or an objection, or why it is none. A deletion is asked for in no words."""
    if kind is Kind.DELETION or about not in set(About) or About(about) not in ABOUT[kind]:
        return Refused(Reason.ABOUT_UNKNOWN)
    text = parse_words(words)
    return text if isinstance(text, Refused) else Wish(kind, About(about), hospital_id, text)


def is_asked_by(request: Request, wish: Wish) -> bool:
    """Say whether a request waits that asks the same of the same in the same words."""
    asked = Wish(request.kind, request.about, request.hospital_id, request.words)
    return request.is_open and asked == wish


def due_at(asked_at: datetime) -> datetime:
    """Return until when a request is to be answered that was asked at an aware instant."""
    return asked_at + ANSWER_WITHIN


def cooling(caps: Iterable[Cap]) -> timedelta:
    """Return how long a deletion waits at the least: a week, or the longest run of days that a cap counts over.

    So whoever has his account deleted to begin anew has waited as long as it would have taken him anyway.
    """
    return timedelta(days=max([COOLING_DAYS_MIN, *(cap.days for cap in caps)]))


def decide_deletion(runs_from: datetime, counted_until: datetime | None, *, now: datetime) -> datetime | None:
    """Decide whether a deletion is carried out now (None), or say until which instant it waits.

    counted_until: until when any booking of his counts against a cap, None where none does.
    """
    waits = max(runs_from, counted_until) if counted_until is not None else runs_from
    return waits if now < waits else None


def check_withdrawal(request: Request | None) -> Refused | None:
    """Say why a person cannot take his request back; None where he can."""
    if request is None:
        return Refused(Reason.REQUEST_UNKNOWN)
    return None if request.is_open else Refused(Reason.ALREADY_ENDED)


def check_answer(request: Request | None, *, own_doing: bool) -> Refused | None:
    """Say why a member of staff who may answer requests cannot answer this one; None where he can.

    own_doing: whether it objects to an emergency access of his own. A deletion is nobody's to answer.
    """
    if request is None or request.kind is Kind.DELETION:
        return Refused(Reason.REQUEST_UNKNOWN)
    if not request.is_open:
        return Refused(Reason.ALREADY_ENDED)
    return Refused(Reason.OWN_DOING) if own_doing else None
