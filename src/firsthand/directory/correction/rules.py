"""The decisions of corrections. No clock, database or randomness is read here."""

import unicodedata
from uuid import UUID

from firsthand.directory.correction.model import (
    NOTE_CHARACTERS_MAX,
    NOTE_CHARACTERS_MIN,
    Correction,
    Evidence,
    EvidenceKind,
    Reason,
    Refused,
    State,
)
from firsthand.directory.person.model import RecordState


def parse_evidence(kind: str, note: str) -> Evidence | Refused:
    """Return what a clerk saw and wrote of it, or why it is not enough."""
    if kind not in set(EvidenceKind):
        return Refused(Reason.EVIDENCE_UNKNOWN)
    if len(note) > 2 * NOTE_CHARACTERS_MAX:
        return Refused(Reason.NOTE_TOO_LONG)
    plain = " ".join(unicodedata.normalize("NFC", note).split())
    if any(unicodedata.category(character)[0] == "C" for character in plain):
        return Refused(Reason.NOTE_INVALID)
    if len(plain) < NOTE_CHARACTERS_MIN:
        return Refused(Reason.NOTE_TOO_SHORT)
    return Evidence(EvidenceKind(kind), plain) if len(plain) <= NOTE_CHARACTERS_MAX else Refused(Reason.NOTE_TOO_LONG)


def check_merger(kept: RecordState | None, other: RecordState | None) -> Refused | None:
    """Say why one record cannot be merged into another; None where it can.

    Merged records make no chains: a record that was merged is done with, and one that others were merged into is
    itself the one to keep. So no order of mergers can end in a circle.
    """
    if kept is None or other is None or not kept.active or not other.active:
        return Refused(Reason.NOT_FOUND)
    if kept.id == other.id:
        return Refused(Reason.SAME_PERSON)
    if kept.merged_into is not None or other.merged_into is not None:
        return Refused(Reason.ALREADY_MERGED)
    return Refused(Reason.KEEPS_OTHERS) if other.merged_count else None


def check_decision(correction: Correction | None, staff_id: UUID | None) -> Refused | None:
    """Say why a member of staff cannot decide on a correction; None where he can. Nobody decides on his own."""
    if correction is None:
        return Refused(Reason.NOT_FOUND)
    if staff_id is None or correction.asked_by == staff_id:
        return Refused(Reason.OWN_REQUEST)
    return None if correction.state is State.ASKED else Refused(Reason.ALREADY_DECIDED)


def check_undoing(correction: Correction | None) -> Refused | None:
    """Say why a correction cannot be undone; None where it can: once, and only what was approved."""
    if correction is None:
        return Refused(Reason.NOT_FOUND)
    return None if correction.state is State.APPROVED else Refused(Reason.NOT_APPROVED)
