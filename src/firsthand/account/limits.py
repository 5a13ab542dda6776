"""How often a person may read and carry away what is held on him."""

from typing import Final

from firsthand.platform.attempts import Limit

# Each reading leaves a line, and costs a dozen statements.
READS: Final = Limit("account.read", 200, 3600)
NUMBERS: Final = Limit("account.numbers", 20, 3600)
# A file for oneself and each child on one day, and again when one was lost.
EXPORTS: Final = Limit("account.export", 10, 86_400)
