"""How often a one-time code may be asked for, and entered wrongly.

A number is a document's or a phone's. Where the browser has signed that person in before, it has counts of its own
(`identity.browser`): a stranger who knows a number uses up the counts of strangers, never those of its owner's browser.
"""

from typing import Final

from firsthand.platform.attempts import Limit

# A person who gets no message tries again a few times; the day's limit is what bounds guessing and nuisance.
PER_NUMBER: Final = Limit("one_time_code.number", attempts_max=5, window_seconds=600)
PER_NUMBER_DAY: Final = Limit("one_time_code.number_day", attempts_max=20, window_seconds=86_400)
# Above what a family or a waiting room behind one address needs, below what working through a list of numbers needs.
PER_ADDRESS: Final = Limit("one_time_code.address", attempts_max=30, window_seconds=600)

# Across codes: slips of the pen stay far below; 40 guesses a day find one of a million codes in 70 years.
WRONG_PER_NUMBER_DAY: Final = Limit("one_time_code.wrong_number_day", attempts_max=40, window_seconds=86_400)
WRONG_PER_ADDRESS: Final = Limit("one_time_code.wrong_address", attempts_max=60, window_seconds=600)
