"""How often a sign-in by password may be tried."""

from typing import Final

from firsthand.platform.attempts import Limit

# A clerk who mistypes is not shut out for long. It bounds guessing to 1,440 passwords a day for one name.
PER_USERNAME: Final = Limit("staff_sign_in.username", attempts_max=10, window_seconds=600)
# A whole hospital may come from one address when a shift begins.
PER_ADDRESS: Final = Limit("staff_sign_in.address", attempts_max=100, window_seconds=600)
