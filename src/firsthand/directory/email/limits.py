"""How often a code may be sent to a mailbox."""

from typing import Final

from firsthand.platform.attempts import Limit

PER_PERSON: Final = Limit("email_code.person", attempts_max=5, window_seconds=600)
PER_PERSON_DAY: Final = Limit("email_code.person_day", attempts_max=20, window_seconds=86_400)
# Whoever has several accounts must not fill somebody's mailbox by them.
PER_MAILBOX_DAY: Final = Limit("email_code.mailbox_day", attempts_max=10, window_seconds=86_400)
PER_ADDRESS: Final = Limit("email_code.address", attempts_max=30, window_seconds=600)
# Above what a city asks for on its busiest day. It bounds what all together can make this house send to strangers.
CITY: Final = Limit("email_code.city", attempts_max=5000, window_seconds=600)
