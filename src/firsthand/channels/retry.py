"""In how many seconds it is worth asking again: what `Retry-After` says on every channel."""

from typing import Final

# A first request under the same idempotency key ends within moments.
IN_FLIGHT_SECONDS: Final = 1
# The longest window, besides the day's, in which attempts are counted.
LIMIT_SECONDS: Final = 600
# The queue was full, or the database away.
BUSY_SECONDS: Final = 2
