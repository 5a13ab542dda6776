"""However many passwords are tried at once, few are hashed at a time and few wait."""

import asyncio
import threading

import pytest

from firsthand.identity.password.hashing import Hashing
from firsthand.platform.gather import Overloaded


class Work:
    """Something slow: each piece of it begins, and ends when it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Event()
        self.count = 0
        self.count_max = 0
        self._lock = threading.Lock()

    def do(self, number: int) -> int:
        with self._lock:
            self.count += 1
            self.count_max = max(self.count_max, self.count)
        self.begun.release()
        self.let_go.wait()
        with self._lock:
            self.count -= 1
        return number


async def test_few_are_hashed_at_a_time_and_those_beyond_the_waiting_are_turned_away() -> None:
    hashing, work = Hashing(at_once=2, asked_max=5), Work()
    asked = [asyncio.create_task(hashing.run(work.do, number)) for number in range(5)]
    for _ in range(2):
        await asyncio.to_thread(work.begun.acquire)
    with pytest.raises(Overloaded):
        await hashing.run(work.do, 5)
    work.let_go.set()
    assert await asyncio.gather(*asked) == [0, 1, 2, 3, 4]
    assert work.count_max == 2
    assert await hashing.run(work.do, 6) == 6


async def test_what_fails_makes_room_for_others() -> None:
    hashing = Hashing(at_once=1, asked_max=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await hashing.run(divmod, 1, 0)
