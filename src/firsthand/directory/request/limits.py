"""How much one person may ask, so that the requests of others are answered in time."""

from typing import Final

from firsthand.platform.attempts import Limit

# One for each thing that can be wrong, or was done. The answer to the first frees the place of the next.
OPEN_MAX: Final = 5
# Asking and taking back again costs others nothing but messages to oneself: each is a text message.
PER_PERSON_DAY: Final = Limit("request.person_day", attempts_max=10, window_seconds=86_400)
# The document's own number is asked for before an account is deleted. Nobody mistypes it so often.
WRONG_DOCUMENT_DAY: Final = Limit("request.wrong_document", attempts_max=5, window_seconds=86_400)
