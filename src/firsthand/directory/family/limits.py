"""How often a tie may be asked for, and a code sent for one."""

from typing import Final

from firsthand.platform.attempts import Limit

# Above what a family behind one address needs, below what working through a list of numbers needs.
PER_ADDRESS: Final = Limit("tie.address", attempts_max=30, window_seconds=600)
# How often one person is written to about ties in a day, whoever asks. Over it nobody is told that he is not.
PER_DOCUMENT: Final = Limit("tie.document", attempts_max=6, window_seconds=86_400)
# With five tries for each code and 14 days, one asking is guessed right once in some 4,000.
PER_TIE: Final = Limit("tie.code", attempts_max=3, window_seconds=86_400)
