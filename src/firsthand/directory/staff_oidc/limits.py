"""How often a browser may be sent to a hospital's own sign-in, and come back."""

from typing import Final

from firsthand.platform.attempts import Limit

# A whole hospital may come from one address when a shift begins.
PER_ADDRESS: Final = Limit("staff_oidc.address", attempts_max=100, window_seconds=600)
BACK_PER_ADDRESS: Final = Limit("staff_oidc.back", attempts_max=200, window_seconds=600)
# Each leaves a row for ten minutes, and asks the provider for something.
PER_PROVIDER: Final = Limit("staff_oidc.provider", attempts_max=3000, window_seconds=600)
# An administrator who tries a provider lets this house ask an address that he names.
TESTS: Final = Limit("staff_oidc.test", attempts_max=20, window_seconds=600)
