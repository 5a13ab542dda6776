"""Where passwords are hashed: in few threads of their own.

Each hash takes 19 MiB and some 50 ms of a processor. Whoever tries passwords from many addresses at once, each within
its limit, must not take all memory or all processors from those who book.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from firsthand.platform.gather import Overloaded

P = ParamSpec("P")
Result = TypeVar("Result")

AT_ONCE: Final = 2
# At 50 ms each, whoever waits behind all others waits less than two seconds.
ASKED_MAX: Final = 64


class Hashing:
    """Runs what is slow on purpose: `at_once` at a time, and no more than `asked_max` running and waiting."""

    def __init__(self, *, at_once: int, asked_max: int) -> None:
        """Prepare; threads begin when they are first needed."""
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="hashing")
        self._asked_max = asked_max
        self._asked = 0

    async def run(self, work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
        """Return what `work` returns. Raises Overloaded when too many wait already: nothing was looked at."""
        if self._asked >= self._asked_max:
            raise Overloaded
        self._asked += 1
        try:
            return await asyncio.wrap_future(self._threads.submit(work, *args, **kwargs))
        finally:
            self._asked -= 1


# One for the process, as its memory and its processors are.
hashing: Final = Hashing(at_once=AT_ONCE, asked_max=ASKED_MAX)
