"""How often a sign-in of staff may be tried."""

from typing import Final

from firsthand.platform.attempts import Limit

# A whole hospital may come from one address when a shift begins.
PER_ADDRESS: Final = Limit("staff_sign_in.address", attempts_max=100, window_seconds=600)
# A clerk who mistypes is not shut out for long, and whoever guesses his password elsewhere does not shut him out.
PER_NAME_AND_ADDRESS: Final = Limit("staff_sign_in.name_address", attempts_max=10, window_seconds=600)
PER_NAME_AND_DEVICE: Final = Limit("staff_sign_in.name_device", attempts_max=10, window_seconds=600)
# Challenges for passkeys: one for each press of the button. Counted apart from patients' in the same building.
PASSKEYS_PER_ADDRESS: Final = Limit("staff_sign_in.passkey_address", attempts_max=300, window_seconds=600)
# From everywhere but the browsers in which he signed in before: above what a few addresses can use up.
PER_NAME: Final = Limit("staff_sign_in.name", attempts_max=200, window_seconds=3600)
# Of somebody who is signed in, before he changes how he signs in.
OWN_PASSWORD: Final = Limit("staff_sign_in.own_password", attempts_max=10, window_seconds=600)
# Only whoever knows the password comes this far. Three codes of a million are right at a moment: 60 tries a day are
# right once in 15 years. Source: NIST SP 800-63B-4, section 3.2.2.
CODES: Final = Limit("staff_sign_in.code", attempts_max=10, window_seconds=600)
CODES_DAY: Final = Limit("staff_sign_in.code_day", attempts_max=60, window_seconds=86_400)
