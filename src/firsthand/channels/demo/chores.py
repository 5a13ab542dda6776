"""What the worker would do meanwhile: messages, holds that run out, who did not come, and the sealing of the record.

The play does it on its own clock, through the worker's own actions; a real worker would do it on the machine's.
"""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from firsthand.arrival.actions import mark_no_shows
from firsthand.audit.actions import NotSealed, seal_lines
from firsthand.audit.checkpoint import Signer
from firsthand.audit.checkpoint_file import CheckpointFile
from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.actions import TELL_TASK, expire_holds
from firsthand.booking.telling import tell_patients
from firsthand.channels.demo.cast import DemoError
from firsthand.channels.demo.model import Tally
from firsthand.messages.actions import DEMO_SENDERS, send_message, wake_messages
from firsthand.messages.model import SEND_TASK, State, Template
from firsthand.platform.clock import ManualClock
from firsthand.platform.database import Database
from firsthand.platform.outbox import Task, drain
from firsthand.platform.world import World

# As many as find a connection at once: more would only wait for one.
AT_ONCE: Final = 8

_ROWS_MAX: Final = 1_000
_WORKER: Final = Caller(ActorKind.SYSTEM, None, Channel.WORKER, "demo")


@dataclass(frozen=True, slots=True)
class Stage:
    """What the play is played on. world: with `clock` in it. audit: the database as the sealer sees it."""

    world: World
    clock: ManualClock
    audit: Database
    signer: Signer
    checkpoints: CheckpointFile


class Chores:
    """Does what falls due at the instant where the clock stands, and counts it."""

    def __init__(self, stage: Stage, tally: Tally) -> None:
        """Work on `stage`, and count in `tally`."""
        self.tally = tally
        self._stage = stage
        self._world = stage.world

    async def end_holds(self) -> None:
        """End the holds whose time is over."""
        while ended := await expire_holds(self._world, _WORKER, limit=_ROWS_MAX):
            self.tally.held_expired += ended

    async def settle_no_shows(self) -> None:
        """Settle who did not come."""
        while settled := await mark_no_shows(self._world, _WORKER, limit=_ROWS_MAX):
            self.tally.no_show += settled

    async def work_off_outbox(self) -> None:
        """Do the jobs that actions left behind, and those that these leave behind, until none is left."""
        at_once = asyncio.Semaphore(AT_ONCE)
        while await wake_messages(self._world, limit=_ROWS_MAX) >= _ROWS_MAX:
            pass

        async def send(message_id: UUID) -> None:
            async with at_once:
                state = await send_message(self._world, _WORKER, message_id, DEMO_SENDERS)
            self.tally.messages += state is State.SENT

        while tasks := await self._drained():
            news = [_news_of(task) for task in tasks if task.name == TELL_TASK]
            message_ids = [UUID(str(task.arguments["message_id"])) for task in tasks if task.name == SEND_TASK]
            if len(news) + len(message_ids) != len(tasks):
                raise DemoError("An action left a job behind that the demo does not know.")
            if news:
                await tell_patients(self._world, _WORKER, news)
            await asyncio.gather(*(send(message_id) for message_id in message_ids))

    async def seal(self) -> int:
        """Seal what can be sealed, and return how many lines the record has. Raises DemoError."""
        stage = self._stage
        sealed = await seal_lines(stage.audit, clock=stage.clock, signer=stage.signer, checkpoints=stage.checkpoints)
        if isinstance(sealed, NotSealed):
            raise DemoError(f"The record was not sealed: {sealed.explanation}.")
        return sealed.size

    async def _drained(self) -> list[Task]:
        async with self._world.database.transaction() as conn:
            return await drain(conn, limit=_ROWS_MAX)


def _news_of(task: Task) -> tuple[UUID, Template]:
    return UUID(str(task.arguments["booking_id"])), Template(str(task.arguments["event"]))
