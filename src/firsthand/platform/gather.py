"""Many requests, one transaction: what arrives together is answered together.

A durable commit costs about the same for one booking as for a hundred. `Gather` collects what arrives within a few
milliseconds, in order, and hands it to an action that takes a sequence. While one batch is with the database the next
one gathers, so a lone request hardly waits and a rush shares its commits. Source: docs/decisions/0006-gather.md.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from firsthand.platform.database import NoConnection, certainly_undone

Request = TypeVar("Request")
Answer = TypeVar("Answer")


class Overloaded(Exception):  # noqa: N818 - a state of the house, said to the caller as "try again"
    """The queue is full: the request was not looked at, and may be sent again."""


@dataclass(slots=True)
class GatherCounts:
    """What a `Gather` has done since it began, for the metrics page."""

    requests: int = 0
    batches: int = 0
    shed: int = 0
    tried_singly: int = 0


class Gather(Generic[Request, Answer]):
    """Collects requests for an action that answers many at once."""

    def __init__(
        self,
        action: Callable[[Sequence[Request]], Awaitable[Sequence[Answer]]],
        *,
        batch_max: int = 128,
        wait_seconds: float = 0.001,
        in_flight_max: int = 2,
        queue_max: int = 4096,
    ) -> None:
        """Gather for `action`, which returns one answer for each request, in order.

        wait_seconds: how long the first request of a batch waits for others. in_flight_max: batches with the
        database at a time. queue_max: requests that may wait; further ones are shed with `Overloaded`.
        """
        self._action = action
        self._batch_max = batch_max
        self._wait_seconds = wait_seconds
        self._in_flight_max = in_flight_max
        self._queue_max = queue_max
        self._waiting: deque[tuple[Request, asyncio.Future[Answer]]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.counts = GatherCounts()

    async def ask(self, request: Request) -> Answer:
        """Return the answer to `request` once its batch is committed.

        Raises Overloaded when the queue is full, what the action raised when it fails for this request alone, and
        NoConnection when the database was away for a batch before it.
        """
        if len(self._waiting) >= self._queue_max:
            self.counts.shed += 1
            raise Overloaded
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((request, future))
        self.counts.requests += 1
        if len(self._waiting) >= self._batch_max:
            self._start_batches()
        elif self._timer is None and len(self._running) < self._in_flight_max:
            self._timer = loop.call_later(self._wait_seconds, self._start_batches)
        return await future

    async def close(self) -> None:
        """Finish everything that was asked."""
        while self._waiting or self._running:
            self._start_batches()
            await asyncio.wait(self._running)

    def _start_batches(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting and len(self._running) < self._in_flight_max:
            size = min(self._batch_max, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(size)]
            task = asyncio.create_task(self._answer(batch))
            self._running.add(task)
            task.add_done_callback(self._batch_ended)

    def _batch_ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._start_batches()

    async def _answer(self, batch: list[tuple[Request, asyncio.Future[Answer]]]) -> None:
        self.counts.batches += 1
        try:
            answers = await self._action([request for request, _ in batch])
        except NoConnection as error:
            # Each batch behind would wait for its own connection in vain, and whoever is last for minutes.
            self._fail([*batch, *self._waiting], error)
            self._waiting.clear()
            return
        except Exception as error:  # noqa: BLE001 - whatever it is goes to the callers, never into the loop
            if len(batch) > 1 and certainly_undone(error):
                # One request spoiled the transaction: tried singly, it fails alone.
                for entry in batch:
                    self.counts.tried_singly += 1
                    await self._answer([entry])
                return
            self._fail(batch, error)
            return
        if len(answers) != len(batch):
            # The batch is committed, so it is not tried again; but nobody may wait for ever for an answer.
            missing = RuntimeError(f"{len(answers)} answers were given to {len(batch)} requests")
            self._fail(batch, missing)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)

    @staticmethod
    def _fail(batch: list[tuple[Request, asyncio.Future[Answer]]], error: Exception) -> None:
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
