"""The decisions of release. No clock, database or randomness is read here."""

from datetime import datetime


def expected_at(starts_at: datetime, ends_at: datetime, *, capacity: int, number: int) -> datetime:
    """Return about when the patient with this number is seen: the session's time shared out evenly by its places.

    starts_at, ends_at: aware instants. number: from 1; a number above the capacity (which a hospital may have lowered
    since) counts as the last.
    """
    capacity = max(capacity, 1)
    # Divided last: a share that was rounded first could carry the last number past the session's end.
    return starts_at + (ends_at - starts_at) * (min(max(number, 1), capacity) - 1) / capacity
