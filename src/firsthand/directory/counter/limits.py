"""How often one clerk may look for people."""

from typing import Final

from firsthand.platform.attempts import Limit

# What a busy counter needs, and far below what going through a list of numbers needs.
PER_CLERK: Final = Limit("desk.find", attempts_max=40, window_seconds=600)
PER_CLERK_DAY: Final = Limit("desk.find_day", attempts_max=400, window_seconds=86_400)
