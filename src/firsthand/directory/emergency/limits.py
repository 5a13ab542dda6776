"""How often a record may be opened in an emergency."""

from typing import Final

from firsthand.platform.attempts import Limit

# Tries count, found or not: it is no way of asking whose a phone is. Two shifts of a bad day are within it.
PER_STAFF: Final = Limit("break_glass.staff", attempts_max=5, window_seconds=12 * 3600)
