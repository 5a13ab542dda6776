"""Many requests, one transaction: order, sizes, shedding, ending, and what an error does to neighbours."""

import asyncio
from collections.abc import Sequence

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.platform.database import NoConnection
from firsthand.platform.gather import Gather, Overloaded


class Desk:
    """An action that notes its batches, answers once its gate is open, and fails on request."""

    def __init__(self, fails: dict[int, Exception] | None = None, *, open_gate: bool = True) -> None:
        self.batches: list[list[int]] = []
        self.together = self.together_max = 0
        self.fails = fails or {}
        self.gate = asyncio.Event()
        self.begun = asyncio.Event()
        if open_gate:
            self.gate.set()

    async def answer(self, requests: Sequence[int]) -> list[str]:
        self.batches.append(list(requests))
        self.together += 1
        self.together_max = max(self.together, self.together_max)
        self.begun.set()
        try:
            await self.gate.wait()
        finally:
            self.together -= 1
        for request in requests:
            if request in self.fails:
                raise self.fails[request]
        return [f"answer {request}" for request in requests]


@given(st.integers(0, 60), st.integers(1, 9), st.integers(1, 3))
def test_everyone_gets_his_own_answer_in_batches_of_bounded_size(asked: int, batch_max: int, in_flight: int) -> None:
    async def ask_all() -> tuple[Desk, list[str], Gather[int, str]]:
        desk = Desk()
        gather = Gather(desk.answer, batch_max=batch_max, in_flight_max=in_flight)
        return desk, await asyncio.gather(*(gather.ask(number) for number in range(asked))), gather

    desk, answers, gather = asyncio.run(ask_all())
    assert answers == [f"answer {number}" for number in range(asked)]
    assert [number for batch in desk.batches for number in batch] == list(range(asked))
    assert max(map(len, desk.batches), default=0) <= batch_max
    assert desk.together_max <= in_flight
    assert (gather.counts.requests, gather.counts.batches) == (asked, len(desk.batches))


async def test_what_arrives_while_batches_run_is_one_batch_afterwards() -> None:
    desk = Desk(open_gate=False)
    gather = Gather(desk.answer, in_flight_max=1)
    first = asyncio.create_task(gather.ask(0))
    await desk.begun.wait()
    others = [asyncio.create_task(gather.ask(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    desk.gate.set()
    await asyncio.gather(first, *others)
    assert desk.batches == [[0], [1, 2, 3, 4, 5]]


async def test_a_full_queue_sheds_without_looking_and_takes_again_when_it_has_room() -> None:
    desk = Desk(open_gate=False)
    gather = Gather(desk.answer, batch_max=1, in_flight_max=1, queue_max=2)
    asked = [asyncio.create_task(gather.ask(0))]
    await desk.begun.wait()
    asked += [asyncio.create_task(gather.ask(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await gather.ask(3)
    desk.gate.set()
    await asyncio.gather(*asked)
    assert await gather.ask(4) == "answer 4"
    assert gather.counts.shed == 1
    assert desk.batches == [[0], [1], [2], [4]]


async def test_closing_finishes_everything_that_was_asked() -> None:
    desk = Desk()
    gather = Gather(desk.answer, batch_max=2, in_flight_max=1, wait_seconds=3600)
    asked = [asyncio.create_task(gather.ask(number)) for number in range(5)]
    await asyncio.sleep(0)
    await gather.close()
    assert all(task.done() for task in asked) or await asyncio.gather(*asked)
    assert [task.result() for task in asked] == [f"answer {number}" for number in range(5)]
    await gather.close()


async def test_one_request_that_fails_does_not_spoil_its_neighbours() -> None:
    broken = ValueError("number 2 is broken")
    desk = Desk({2: broken})
    gather = Gather(desk.answer)
    answers = await asyncio.gather(*(gather.ask(number) for number in range(4)), return_exceptions=True)
    assert answers == ["answer 0", "answer 1", broken, "answer 3"]
    assert desk.batches == [[0, 1, 2, 3], [0], [1], [2], [3]]
    assert gather.counts.tried_singly == 4


@pytest.mark.parametrize(
    "ambiguous",
    [
        psycopg.OperationalError("the connection is lost"),
        psycopg.errors.ConnectionFailure("the connection is lost"),
        psycopg.errors.AdminShutdown("the server is shutting down"),
        psycopg.errors.QueryCanceled("perhaps while it committed"),
        psycopg.InterfaceError("the connection is closed"),
    ],
)
async def test_what_may_have_been_done_is_not_done_again(ambiguous: Exception) -> None:
    desk = Desk({2: ambiguous})
    gather = Gather(desk.answer)
    answers = await asyncio.gather(*(gather.ask(number) for number in range(4)), return_exceptions=True)
    assert answers == [ambiguous] * 4
    assert desk.batches == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    "undone",
    [
        psycopg.errors.UniqueViolation("a code that exists"),
        psycopg.errors.DeadlockDetected("undone by the server"),
        psycopg.DataError("text cannot contain NUL"),
        psycopg.ProgrammingError("cannot adapt"),
    ],
)
async def test_what_was_certainly_undone_is_tried_singly(undone: Exception) -> None:
    desk = Desk({2: undone})
    gather = Gather(desk.answer)
    answers = await asyncio.gather(*(gather.ask(number) for number in range(4)), return_exceptions=True)
    assert answers == ["answer 0", "answer 1", undone, "answer 3"]


async def test_where_there_is_no_connection_nobody_waits_behind_for_another_try() -> None:
    away = NoConnection("for as long as one may wait")
    desk = Desk({0: away}, open_gate=False)
    gather = Gather(desk.answer, batch_max=1, in_flight_max=1)
    asked = [asyncio.create_task(gather.ask(number)) for number in range(4)]
    await desk.begun.wait()
    desk.gate.set()
    assert await asyncio.gather(*asked, return_exceptions=True) == [away] * 4
    assert desk.batches == [[0]]
    assert await gather.ask(4) == "answer 4"


@pytest.mark.parametrize("fails", [{}, {1: ValueError("broken")}])
async def test_a_caller_who_goes_away_does_not_break_the_batch(fails: dict[int, Exception]) -> None:
    desk = Desk(fails, open_gate=False)
    gather = Gather(desk.answer)
    asked = [asyncio.create_task(gather.ask(number)) for number in range(3)]
    await desk.begun.wait()
    asked[0].cancel()
    asked[1].cancel()
    desk.gate.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [asyncio.CancelledError, asyncio.CancelledError, str]
    assert answers[2] == "answer 2"


async def test_an_action_that_forgets_an_answer_leaves_nobody_waiting() -> None:
    async def forgetful(requests: Sequence[int]) -> list[str]:
        return [str(request) for request in requests[1:]]

    gather = Gather(forgetful)
    answers = await asyncio.gather(*(gather.ask(number) for number in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [RuntimeError] * 3
    assert gather.counts.batches == 1, "what was committed must not be done again"
