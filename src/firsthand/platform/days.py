"""Days, which depend on where one is: caps, desks and pages go by the day at the hospital."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def local_day(instant: datetime, time_zone: str) -> date:
    """Return the calendar day on which the aware `instant` falls in an IANA `time_zone`."""
    return instant.astimezone(ZoneInfo(time_zone)).date()
