"""How often a browser may ask for a challenge. A page of sign-in asks for one as it opens, so it is many."""

from typing import Final

from firsthand.platform.attempts import Limit

PER_ADDRESS: Final = Limit("passkey.address", attempts_max=300, window_seconds=600)
