"""The decisions of release. No clock, database or randomness is read here."""

from datetime import datetime


def expected_at(starts_at: datetime, ends_at: datetime, *, capacity: int, number: int) -> datetime:
    """Return about when the patient with this number is seen: the session's time shared out evenly by its places.

    starts_at, ends_at: aware instants. number: from 1; a number above the capacity (which a hospital may have lowered
    since) counts as the last.
    """
    share = (ends_at - starts_at) / max(capacity, 1)
    return starts_at + share * (min(max(number, 1), max(capacity, 1)) - 1)
