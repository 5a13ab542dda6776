"""How often a one-time code may be asked for."""

from typing import Final

from firsthand.platform.attempts import Limit

# A person who gets no message tries again a few times; the day's limit is what bounds guessing and nuisance.
PER_DOCUMENT: Final = Limit("one_time_code.document", attempts_max=5, window_seconds=600)
PER_DOCUMENT_DAY: Final = Limit("one_time_code.document_day", attempts_max=20, window_seconds=86_400)
# Above what a family or a waiting room behind one address needs, below what working through a list of numbers needs.
PER_ADDRESS: Final = Limit("one_time_code.address", attempts_max=30, window_seconds=600)
