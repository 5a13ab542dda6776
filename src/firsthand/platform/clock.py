"""Where the time comes from.

Actions ask `World.clock`; rules are handed an instant. Only tests, the demo and the lab hold a `ManualClock`:
no setting of `firsthand serve` can put one in.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of the present instant."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved, and never moves back."""

    def __init__(self, start: datetime) -> None:
        """Start at `start`, an aware instant."""
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant that the clock was last moved to, in UTC."""
        return self._now

    def advance(self, step: timedelta) -> None:
        """Move on by `step`. Raises ValueError when it is negative."""
        self.move_to(self._now + step)

    def move_to(self, instant: datetime) -> None:
        """Move on to the aware `instant`. Raises ValueError when it lies before the present."""
        if instant < self._now:
            message = f"the clock stands at {self._now} and cannot go back to {instant}"
            raise ValueError(message)
        self._now = instant.astimezone(UTC)
